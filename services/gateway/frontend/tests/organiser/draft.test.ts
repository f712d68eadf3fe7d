import { describe, expect, it } from "vitest";
import { previewOf, section } from "../../src/features/organiser/draft.ts";
import { seatModel } from "../../src/features/seats/model.ts";

describe("the preview of a layout", () => {
  it("lays straight rows out behind each other", () => {
    const { layout } = previewOf([section("A", 2, 3, "VIP"), section("B", 1, 4, "R")], ["VIP"]);
    const places = [0, 1, 3, 6].map((i) => [layout.seats[i]?.x, layout.seats[i]?.y]);
    expect(places).toEqual([
      [-1, 0],
      [0, 0],
      [-1, 1],
      [-1.5, 4],
    ]);
  });

  it("lays curved rows out as booking does", () => {
    // From tiketi_booking.domain.layout, for the same sections.
    const curved = { ...section("B", 3, 21, "R"), curve: 90 };
    const { layout } = previewOf([section("A", 2, 3, "VIP"), curved], ["VIP", "R"]);
    const [first, middle, last] = [6, 16, 68].map((i) => layout.seats[i]);
    expect(first?.x).toBeCloseTo(-9.003, 2);
    expect(first?.y).toBeCloseTo(4.0, 2);
    expect(middle?.x).toBeCloseTo(0, 2);
    expect(middle?.y).toBeCloseTo(7.729, 2);
    expect(last?.x).toBeCloseTo(9.25, 2);
    expect(last?.y).toBeCloseTo(6.463, 2);
  });

  it("is drawn as it is once there is a curve", () => {
    const curved = { ...section("A", 3, 21, "R"), curve: 60 };
    const { layout, event } = previewOf([curved], ["R"]);
    const model = seatModel(layout, event);
    expect(model.y[0]).toBeCloseTo(layout.seats[0]?.y ?? 0, 4);
  });

  it("is bent to the stage while all rows are straight", () => {
    const { layout, event } = previewOf([section("A", 3, 21, "R")], ["R"]);
    const model = seatModel(layout, event);
    expect(model.y[0]).toBeLessThan(model.y[10] as number);
  });
});
