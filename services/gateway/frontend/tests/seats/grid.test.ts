import { describe, expect, it } from "vitest";
import { SeatGrid, seatTowards } from "../../src/features/seats/grid.ts";
import { seatModel } from "../../src/features/seats/model.ts";
import { EVENT, hall, model } from "./samples.ts";

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

  it("finds the nearer of two, on either side, within its reach and no further", () => {
    const [x, y] = [seats.x[35] as number, seats.y[35] as number];
    const [next, down] = [seats.x[36] as number, seats.y[65] as number];
    expect(grid.nearest(x + (next - x) * 0.4, y, 1)).toBe(35);
    expect(grid.nearest(x + (next - x) * 0.6, y, 1)).toBe(36);
    expect(grid.nearest(x, y + (down - y) * 0.45, 1)).toBe(35);
    expect(grid.nearest(x, y + (down - y) * 0.55, 1)).toBe(65);
    const edge = seats.x[0] as number;
    expect(grid.nearest(edge - 3, seats.y[0] as number, 3)).toBe(0);
    expect(grid.nearest(edge - 3.01, seats.y[0] as number, 3)).toBe(-1);
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

  it("rather go straight on over a gap than aside to a near one", () => {
    const layout = hall({ name: "A", rows: 3, width: 3, type: "t1" });
    const [middle, ahead, aside] = [4, 1, 0];
    const seats = layout.seats.filter((_, i) => [middle, ahead, aside].includes(i));
    for (const seat of seats) if (seat.id === "s1") seat.y -= 1.5;
    // In the order of the layout: s0 aside, s1 ahead, s4 from where it goes.
    const made = seatModel({ seats }, EVENT);
    expect(seatTowards(made, 2, "up")).toBe(1);
    expect(seatTowards(made, 2, "left")).toBe(0);
    expect(seatTowards(made, 2, "right")).toBe(2);
  });

  it("do not go to what is more aside than ahead by two to one", () => {
    const layout = hall({ name: "A", rows: 1, width: 2, type: "t1" });
    const seatsAt = (x: number, y: number) =>
      seatModel(
        {
          seats: layout.seats.map((seat, i) => ({
            ...seat,
            row: String(i),
            x: i * x,
            y: i * y,
          })),
        },
        EVENT,
      );
    const made = seatsAt(3, 1.4);
    const bend = (made.y[1] as number) - (made.y[0] as number);
    expect(seatTowards(made, 0, "down")).toBe(3 > bend * 2 ? 0 : 1);
    expect(seatTowards(made, 0, "right")).toBe(1);
    expect(seatTowards(seatsAt(1, 6), 0, "down")).toBe(1);
    expect(seatTowards(seatsAt(1, 6), 0, "right")).toBe(0);
  });

  it("stay where there is nothing further", () => {
    expect(seatTowards(seats, 0, "left")).toBe(0);
  });
});
