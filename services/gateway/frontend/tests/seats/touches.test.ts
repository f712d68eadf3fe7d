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

  it("move by half of what one of two moves, around the middle of both", () => {
    const touches = new Touches();
    touches.down(1, { x: 20, y: 30 });
    touches.down(2, { x: 120, y: 70 });
    const moved = touches.move(1, { x: 10, y: 50 });
    expect(moved).toEqual({
      dx: -5,
      dy: 10,
      scale: Math.hypot(110, 20) / Math.hypot(100, 40),
      middle: { x: 65, y: 60 },
    });
  });

  it("pinch without a leap where both are at one point", () => {
    const touches = new Touches();
    touches.down(1, { x: 20, y: 30 });
    touches.down(2, { x: 20, y: 30 });
    expect(touches.move(2, { x: 23, y: 34 })?.scale).toBe(5);
  });

  it.each([
    [7.9, false],
    [8, true],
  ])("leave the spot at eight pixels: %d", (way, moves) => {
    const touches = new Touches();
    touches.down(1, { x: 10, y: 10 });
    expect(touches.move(1, { x: 10 + way, y: 10 }) !== null).toBe(moves);
    expect(touches.up(1)).toBe(!moves);
  });

  it("go on dragging back at the spot, and drag from where they were", () => {
    const touches = new Touches();
    touches.down(1, { x: 10, y: 10 });
    touches.move(1, { x: 40, y: 10 });
    expect(touches.move(1, { x: 11, y: 12 })).toEqual({
      dx: -29,
      dy: 2,
      scale: 1,
      middle: { x: 11, y: 12 },
    });
    expect(touches.up(1)).toBe(false);
  });

  it("press anew after a drag, and are measured from the new spot", () => {
    const touches = new Touches();
    touches.down(1, { x: 10, y: 10 });
    touches.move(1, { x: 40, y: 10 });
    touches.up(1);
    touches.down(1, { x: 200, y: 200 });
    expect(touches.move(1, { x: 203, y: 203 })).toBeNull();
    expect(touches.up(1)).toBe(true);
  });

  it("do not press while another one is down, nor where none was", () => {
    const touches = new Touches();
    expect(touches.up(1)).toBe(false);
    expect(touches.move(1, { x: 50, y: 50 })).toBeNull();
    touches.down(1, { x: 10, y: 10 });
    touches.down(2, { x: 12, y: 10 });
    expect(touches.up(2)).toBe(false);
    expect(touches.up(1)).toBe(false);
  });
});
