import { describe, expect, it } from "vitest";
import { Touches } from "../../src/features/seats/touches.ts";

describe("fingers", () => {
  it("press where they do not move", () => {
    const touches = new Touches();
    touches.down(1, { x: 10, y: 10 });
    expect(touches.move(1, { x: 13, y: 12 })).toBeNull();
    expect(touches.up(1)).toBe(true);
  });

  it("drag where they do", () => {
    const touches = new Touches();
    touches.down(1, { x: 10, y: 10 });
    expect(touches.move(1, { x: 40, y: 15 })).toMatchObject({ dx: 30, dy: 5, scale: 1 });
    expect(touches.up(1)).toBe(false);
  });

  it("pinch with two", () => {
    const touches = new Touches();
    touches.down(1, { x: 0, y: 0 });
    touches.down(2, { x: 100, y: 0 });
    const moved = touches.move(2, { x: 200, y: 0 });
    expect(moved?.scale).toBe(2);
    expect(moved?.middle).toEqual({ x: 100, y: 0 });
    expect(touches.up(1)).toBe(false);
    expect(touches.up(2)).toBe(false);
  });
});
