import { describe, expect, it } from "vitest";
import { SeatGrid, seatTowards } from "../../src/features/seats/grid.ts";
import { model } from "./samples.ts";

describe("seats by place", () => {
  const seats = model(
    { name: "A", rows: 20, width: 30, type: "t1" },
    { name: "B", rows: 10, width: 10, type: "t2" },
  );
  const grid = new SeatGrid(seats);

  it("finds the seat under every point where one is", () => {
    for (let i = 0; i < seats.count; i++) {
      expect(grid.nearest(seats.x[i] as number, seats.y[i] as number, 0.4)).toBe(i);
    }
  });

  it("finds none where there is none", () => {
    expect(grid.nearest(500, 500, 1)).toBe(-1);
  });

  it("visits every seat of an area, each once", () => {
    const seen: number[] = [];
    grid.within({ left: -100, right: 100, top: -100, bottom: 100 }, (seat) => seen.push(seat));
    expect(new Set(seen).size).toBe(seats.count);
    expect(seen).toHaveLength(seats.count);
  });

  it("holds 50,000 seats and answers at once", () => {
    const large = model({ name: "A", rows: 250, width: 200, type: "t1" });
    const index = new SeatGrid(large);
    let visited = 0;
    index.within({ left: -5, right: 5, top: 100, bottom: 105 }, () => {
      visited += 1;
    });
    expect(visited).toBeLessThan(1000);
  });
});

describe("arrow keys", () => {
  const seats = model(
    { name: "A", rows: 3, width: 5, type: "t1" },
    { name: "B", rows: 2, width: 5, type: "t2" },
  );

  it("go to the neighbour", () => {
    expect(seatTowards(seats, 7, "left")).toBe(6);
    expect(seatTowards(seats, 7, "right")).toBe(8);
    expect(seatTowards(seats, 7, "up")).toBe(2);
    expect(seatTowards(seats, 7, "down")).toBe(12);
  });

  it("cross from one section to the next", () => {
    expect(seatTowards(seats, 12, "down")).toBe(17);
  });

  it("stay where there is nothing further", () => {
    expect(seatTowards(seats, 0, "left")).toBe(0);
  });
});
