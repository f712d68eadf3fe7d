import { describe, expect, it } from "vitest";
import { bestAvailable } from "../../src/features/seats/best.ts";
import { seatModel } from "../../src/features/seats/model.ts";
import { EVENT, hall, model } from "./samples.ts";

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

  it("are as many as were asked for, also where exactly as many are free", () => {
    for (const quantity of [1, 2, 3, 4, 5, 6]) {
      const free = new Set(Array.from({ length: quantity }, (_, i) => 6 + i));
      expect(bestAvailable(seats, quantity, (seat) => free.has(seat))).toEqual([...free]);
    }
    expect(bestAvailable(seats, 7, () => true)).toBeNull();
    expect(bestAvailable(seats, 1, () => false)).toBeNull();
  });

  it("are found at the end of a row, and behind one that is taken", () => {
    const free = new Set([0, 1, 4, 5]);
    const taken = (seat: number) => free.has(seat) && seat > 1;
    expect(bestAvailable(seats, 2, taken)).toEqual([4, 5]);
  });

  it("are nearer rather than further back, and in the middle rather than aside", () => {
    expect(bestAvailable(seats, 1, (seat) => seat >= 6)).toEqual([8]);
    expect(bestAvailable(seats, 2, (seat) => seat !== 2 && seat !== 3)).toEqual([8, 9]);
    const [behind, aside] = [9, 0];
    expect(bestAvailable(seats, 1, (seat) => seat === behind || seat === aside)).toEqual([behind]);
  });

  it("leave no single seat at the right either", () => {
    const free = new Set([3, 4, 5]);
    expect(bestAvailable(seats, 2, (seat) => free.has(seat))).toEqual([3, 4]);
    const wide = new Set([2, 3, 4, 5]);
    expect(bestAvailable(seats, 2, (seat) => wide.has(seat))).toEqual([2, 3]);
  });

  it.each([
    [1.5, [0, 1, 2, 3]],
    [1.7, null],
    [2, null],
  ])("do not lie on both sides of an aisle (%d seats wide)", (aisle, best) => {
    const layout = hall({ name: "A", rows: 1, width: 8, type: "t1" });
    for (const seat of layout.seats.slice(2)) seat.x += aisle - 1;
    const made = seatModel(layout, EVENT);
    expect(bestAvailable(made, 4, (seat) => seat < 4)).toEqual(best);
  });

  it.each([
    [0, 0],
    [100, 70],
  ])("are the nearer of any two, a row counting 1.4 seats, wherever the origin is", (x, y) => {
    const layout = hall({ name: "A", rows: 3, width: 8, type: "t1" });
    for (const seat of layout.seats) [seat.x, seat.y] = [seat.x + x, seat.y + y];
    const made = seatModel(layout, EVENT);
    const first = Math.min(...made.y);
    const way = (seat: number) =>
      Math.hypot((made.x[seat] as number) - x, ((made.y[seat] as number) - first) * 1.4);
    for (let one = 0; one < 24; one++) {
      for (let two = one + 1; two < 24; two++) {
        if (Math.abs(way(one) - way(two)) < 0.001) continue;
        const nearer = way(one) < way(two) ? one : two;
        expect(bestAvailable(made, 1, (seat) => seat === one || seat === two)).toEqual([nearer]);
      }
    }
  });

  it("begin right behind an aisle", () => {
    const layout = hall({ name: "A", rows: 1, width: 8, type: "t1" });
    for (const seat of layout.seats.slice(2)) seat.x += 1;
    const made = seatModel(layout, EVENT);
    expect(bestAvailable(made, 6, () => true)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it("are of one section, though another one's row goes on beside it", () => {
    const layout = hall({ name: "A", rows: 1, width: 6, type: "t1" });
    for (const seat of layout.seats.slice(3)) seat.section = "B";
    const made = seatModel(layout, EVENT);
    expect(bestAvailable(made, 4, () => true)).toBeNull();
    expect(bestAvailable(made, 3, () => true)).not.toBeNull();
  });
});
