import { describe, expect, it } from "vitest";
import {
  area,
  between,
  keepInSight,
  stageHeight,
  wholeView,
  zoomAt,
  zoomLimits,
} from "../../src/features/seats/view.ts";

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

/** Where a point of the layout is on the screen. */
const at = (view: { scale: number; x: number; y: number }, x: number, y: number) => [
  x * view.scale + view.x,
  y * view.scale + view.y,
];

describe("the whole hall on a screen", () => {
  it.each([
    ["wide", { left: -50, right: 50, top: 10, bottom: 30 }, { width: 400, height: 900 }],
    ["deep", { left: -10, right: 30, top: -20, bottom: 180 }, { width: 900, height: 500 }],
    ["small", { left: 2, right: 12, top: 3, bottom: 9 }, { width: 800, height: 600 }],
  ])("is in sight with the stage above and room for the buttons: %s", (_, hall, screen) => {
    const pitch = 1;
    const view = wholeView(hall, pitch, screen);
    const margin = Math.max(pitch * 2, (hall.bottom - hall.top) * 0.03);
    const stage = stageHeight(hall, pitch);
    const free = screen.height - 56;
    const [left, top] = at(view, hall.left - margin, hall.top - stage - margin) as [number, number];
    const [right, bottom] = at(view, hall.right + margin, hall.bottom + margin) as [number, number];
    // In the middle, and as large as it can be: it touches two opposite edges.
    expect(left).toBeCloseTo(screen.width - right, 6);
    expect(top).toBeCloseTo(free - bottom, 6);
    expect(Math.min(left, top)).toBeCloseTo(0, 6);
    expect(Math.max(left, top)).toBeGreaterThanOrEqual(-1e-6);
  });

  it("leaves the seats half of a very low screen", () => {
    const screen = { width: 5000, height: 80 };
    const view = wholeView(bounds, 1, screen);
    const needed = 60 + 2 * 2 + stageHeight(bounds, 1);
    expect(view.scale).toBeCloseTo(40 / needed, 6);
  });

  it("gives the stage three rows, or a tenth of a deep hall", () => {
    expect(stageHeight({ left: 0, right: 1, top: 5, bottom: 15 }, 1.5)).toBeCloseTo(4.5);
    expect(stageHeight({ left: 0, right: 1, top: 5, bottom: 105 }, 1.5)).toBeCloseTo(10);
  });
});

it("zooms from a bit less than everything to seats of a fingertip's size", () => {
  expect(zoomLimits({ scale: 5, x: 0, y: 0 }, 2)).toEqual({ least: 4, most: 28 });
  expect(zoomLimits({ scale: 50, x: 0, y: 0 }, 2)).toEqual({ least: 40, most: 50 });
});

it.each([0, 30])("knows which part of the layout a screen shows, with a margin of %d", (margin) => {
  const view = { scale: 4, x: 100, y: -50 };
  const shown = area(view, size, margin);
  const [left, top] = at(view, shown.left, shown.top);
  const [right, bottom] = at(view, shown.right, shown.bottom);
  expect([left, top, right, bottom]).toEqual([0 - margin, 0 - margin, 800 + margin, 600 + margin]);
  if (margin === 0) expect(area(view, size)).toEqual(shown);
});

it.each([
  ["left", { x: -9000, y: 0 }, { x: 60 - 50 * 4, y: 0 }],
  ["right", { x: 9000, y: 0 }, { x: 800 - 60 + 50 * 4, y: 0 }],
  ["up", { x: 0, y: -9000 }, { x: 0, y: 60 - 60 * 4 }],
  ["down", { x: 0, y: 9000 }, { x: 0, y: 600 - 60 }],
  ["nowhere", { x: 12, y: 34 }, { x: 12, y: 34 }],
])("keeps 60 pixels of the hall in sight, moved %s", (_, from, to) => {
  expect(keepInSight({ scale: 4, ...from }, bounds, size)).toEqual({ scale: 4, ...to });
});

it("glides at one scale at an even pace, and keeps the point between two scales", () => {
  const [a, b] = [
    { scale: 2, x: 10, y: 40 },
    { scale: 2, x: 110, y: -60 },
  ];
  expect(between(a, b, 0.25)).toEqual({ scale: 2, x: 35, y: 15 });
  // From 2 to 8, half way at 4, which is a third of the way in scale.
  const zoomed = between({ scale: 2, x: 0, y: 30 }, { scale: 8, x: 300, y: -30 }, 0.5);
  expect(zoomed.scale).toBeCloseTo(4);
  expect(zoomed.x).toBeCloseTo(100);
  expect(zoomed.y).toBeCloseTo(10);
});
