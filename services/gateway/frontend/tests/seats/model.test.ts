import { describe, expect, it } from "vitest";
import { seatModel } from "../../src/features/seats/model.ts";
import { EVENT, hall } from "./samples.ts";

describe("a seat map made ready", () => {
  it("keeps each seat's own data, by its index", () => {
    const layout = hall(
      { name: "A", rows: 2, width: 3, type: "t1" },
      { name: "B", rows: 1, width: 2, type: "t2" },
    );
    if (layout.seats[4]) layout.seats[4].accessible = true;
    if (layout.seats[7]) layout.seats[7].ticket_type_id = "unknown";
    const model = seatModel(layout, EVENT);
    expect(model.count).toBe(8);
    expect(model.ids).toEqual(["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"]);
    expect([...model.type]).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    expect([...model.accessible]).toEqual([0, 0, 0, 0, 1, 0, 0, 0]);
    expect([...model.x]).toEqual([-1, 0, 1, -1, 0, 1, -0.5, 0.5]);
    expect(model.labels[4]).toEqual({ section: "A", row: "2", number: "2" });
    expect(model.indexOf.get("s6")).toBe(6);
    expect(model.types).toBe(EVENT.ticket_types);
  });

  it("finds the rows of each section, its middle and its first row", () => {
    const layout = hall(
      { name: "A", rows: 2, width: 3, type: "t1" },
      { name: "B", rows: 3, width: 5, type: "t2" },
    );
    // A layout with a curve is taken as it is: the numbers below are the layout's own.
    if (layout.seats[0]) layout.seats[0].y = 0.25;
    for (const seat of layout.seats) seat.x += seat.section === "B" ? 10 : 0;
    const { sections } = seatModel(layout, EVENT);
    expect(sections.map(({ name, rows }) => [name, rows])).toEqual([
      [
        "A",
        [
          { name: "1", seats: [0, 1, 2] },
          { name: "2", seats: [3, 4, 5] },
        ],
      ],
      [
        "B",
        [
          { name: "1", seats: [6, 7, 8, 9, 10] },
          { name: "2", seats: [11, 12, 13, 14, 15] },
          { name: "3", seats: [16, 17, 18, 19, 20] },
        ],
      ],
    ]);
    expect(sections.map(({ x, y, top }) => [x, y, top])).toEqual([
      [0, 3.25 / 6, 0],
      [10, 5, 4],
    ]);
  });

  it("knows its bounds, and those of a hall without seats", () => {
    const layout = hall({ name: "A", rows: 4, width: 3, type: "t1" });
    if (layout.seats[0]) layout.seats[0].y = -0.5;
    for (const seat of layout.seats) seat.x += 7;
    expect(seatModel(layout, EVENT).bounds).toEqual({ left: 6, right: 8, top: -0.5, bottom: 3 });
    const empty = { left: 0, right: 0, top: 0, bottom: 0 };
    expect(seatModel({ seats: [] }, EVENT).bounds).toEqual(empty);
    expect(seatModel({ seats: [] }, EVENT).sections).toEqual([]);
  });

  it.each([
    ["a seat's width", 1, 1],
    ["another unit", 25, 25],
  ])("takes for pitch the usual distance of neighbours: %s", (_, unit, pitch) => {
    const layout = hall(
      { name: "A", rows: 5, width: 4, type: "t1" },
      { name: "B", rows: 1, width: 2, type: "t1" },
    );
    for (const seat of layout.seats) [seat.x, seat.y] = [seat.x * unit, seat.y * unit];
    // One aisle a row is no usual distance.
    for (const seat of layout.seats) if (seat.number >= "3") seat.x += 9 * unit;
    expect(seatModel(layout, EVENT).pitch).toBe(pitch);
  });

  it("does not take the way to the next row or section for the distance of neighbours", () => {
    const layout = hall({ name: "A", rows: 1, width: 2, type: "t1" });
    const [a, b] = layout.seats;
    const seats = [
      { ...a, x: 0, y: 0, row: "1", section: "A" },
      { ...b, x: 0, y: 50, row: "2", section: "A" },
      { ...a, x: 0, y: 90, row: "2", section: "B" },
      { ...a, x: 2, y: 90, row: "2", section: "B" },
    ] as typeof layout.seats;
    expect(seatModel({ seats }, EVENT).pitch).toBe(2);
    expect(seatModel({ seats: seats.slice(0, 3) }, EVENT).pitch).toBe(1);
  });

  it("bends straight rows by how far aside a seat is", () => {
    const layout = hall({ name: "A", rows: 2, width: 21, type: "t1" });
    const { y } = seatModel(layout, EVENT);
    // 0.06 of twice the reach, which is 10, at the ends; a quarter of that half way.
    expect(y[0]).toBeCloseTo(-1.2, 5);
    expect(y[5]).toBeCloseTo(-0.3, 5);
    expect(y[10]).toBe(0);
    expect(y[20]).toBeCloseTo(-1.2, 5);
    expect(y[21]).toBeCloseTo(1 - 1.2, 5);
  });

  it("takes sections at different distances for straight, as long as their rows are", () => {
    const layout = hall({ name: "A", rows: 1, width: 3, type: "t1" });
    const beside = layout.seats.map((seat) => ({ ...seat, section: "B", x: seat.x + 5, y: 4 }));
    const { y } = seatModel({ seats: [...layout.seats, ...beside] }, EVENT);
    expect(y[2]).toBeLessThan(0);
  });
});
