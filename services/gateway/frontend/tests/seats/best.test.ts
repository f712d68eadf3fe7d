import { describe, expect, it } from "vitest";
import { bestAvailable } from "../../src/features/seats/best.ts";
import { model } from "./samples.ts";

const seats = model({ name: "A", rows: 2, width: 6, type: "t1" });

describe("the best seats available", () => {
  it("are in the middle of the first row", () => {
    expect(bestAvailable(seats, 2, () => true)).toEqual([2, 3]);
  });

  it("are next to each other, or there are none", () => {
    const free = new Set([0, 2, 4, 6, 8, 10]);
    expect(bestAvailable(seats, 2, (seat) => free.has(seat))).toBeNull();
  });

  it("leave no single seat behind where it can be helped", () => {
    const free = new Set([1, 2, 3, 4]);
    expect(bestAvailable(seats, 3, (seat) => free.has(seat))).toHaveLength(3);
    const wide = new Set([0, 1, 2, 6, 7]);
    expect(bestAvailable(seats, 2, (seat) => wide.has(seat))).toEqual([6, 7]);
  });

  it("do not span rows", () => {
    const free = new Set([5, 6]);
    expect(bestAvailable(seats, 2, (seat) => free.has(seat))).toBeNull();
  });
});
