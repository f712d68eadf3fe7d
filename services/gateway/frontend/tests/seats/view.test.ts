import { describe, expect, it } from "vitest";
import { between, keepInSight, wholeView, zoomAt } from "../../src/features/seats/view.ts";

const bounds = { left: -50, right: 50, top: 0, bottom: 60 };
const size = { width: 800, height: 600 };

describe("looking at the map", () => {
  it("begins with everything in sight", () => {
    const view = wholeView(bounds, 1, size);
    expect(bounds.left * view.scale + view.x).toBeGreaterThanOrEqual(0);
    expect(bounds.right * view.scale + view.x).toBeLessThanOrEqual(size.width);
    expect(bounds.bottom * view.scale + view.y).toBeLessThanOrEqual(size.height);
  });

  it("keeps the point under the pointer while zooming", () => {
    const before = { scale: 4, x: 100, y: 50 };
    const after = zoomAt(before, 2, 300, 200, { least: 1, most: 100 });
    expect((300 - after.x) / after.scale).toBeCloseTo((300 - before.x) / before.scale);
    expect((200 - after.y) / after.scale).toBeCloseTo((200 - before.y) / before.scale);
  });

  it("stays within the limits", () => {
    const view = { scale: 4, x: 0, y: 0 };
    expect(zoomAt(view, 1000, 0, 0, { least: 1, most: 50 }).scale).toBe(50);
    expect(zoomAt(view, 0.001, 0, 0, { least: 1, most: 50 }).scale).toBe(1);
  });

  it("cannot be lost", () => {
    const view = keepInSight({ scale: 4, x: 90_000, y: -90_000 }, bounds, size);
    expect(bounds.left * 4 + view.x).toBeLessThan(size.width);
    expect(bounds.bottom * 4 + view.y).toBeGreaterThan(0);
  });

  it("glides from one view to the other", () => {
    const [a, b] = [
      { scale: 2, x: 0, y: 0 },
      { scale: 8, x: 100, y: -40 },
    ];
    expect(between(a, b, 0)).toEqual(a);
    expect(between(a, b, 1)).toEqual(b);
    expect(between(a, b, 0.5).scale).toBeCloseTo(4);
  });
});
