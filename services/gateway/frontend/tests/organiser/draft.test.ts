import { describe, expect, it } from "vitest";
import {
  fromSmallest,
  instant,
  localTime,
  newDraft,
  newType,
  previewOf,
  section,
  toggleMark,
  toNewEvent,
  toSmallest,
} from "../../src/features/organiser/draft.ts";
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

describe("an amount as it is typed", () => {
  // 19.99 * 100 is 1998.9999999999998, 1.1 * 1000 is 1100.0000000000002.
  it.each([
    ["19.99", "EUR", 1999],
    ["0.29", "EUR", 29],
    ["4.35", "USD", 435],
    ["150000", "KRW", 150_000],
    ["1.1", "KWD", 1100],
    ["0", "EUR", 0],
    ["", "EUR", 0],
  ])("%s %s is %d of the smallest unit", (typed, currency, amount) => {
    expect(toSmallest(typed, currency)).toBe(amount);
  });

  it("is the same after it went there and back, for every amount up to 20", () => {
    for (let amount = 0; amount <= 2000; amount++) {
      expect(toSmallest(fromSmallest(amount, "EUR"), "EUR")).toBe(amount);
    }
    expect(fromSmallest(1999, "EUR")).toBe("19.99");
    expect(fromSmallest(1999, "KRW")).toBe("1999");
  });
});

describe("a time as the browser's field has it", () => {
  it.each([
    ["2026-11-23T20:00", "2026-11-23T19:00:00.000Z"],
    ["2026-07-01T00:30", "2026-06-30T22:30:00.000Z"],
  ])("is of the browser's time zone, here Berlin's: %s", (local, utc) => {
    expect(instant(local)).toBe(utc);
    expect(localTime(new Date(utc))).toBe(local);
  });

  it("is no time while it is empty", () => {
    expect(instant("")).toBe("");
  });
});

describe("a draft", () => {
  it("begins with a sale in a week, of seats that have their types", () => {
    const draft = newDraft(new Date("2026-11-23T11:00:00Z"));
    expect(draft.opensAt).toBe("2026-11-30T12:00");
    expect(draft.closesAt).toBe("2027-01-21T12:00");
    expect(draft.startsAt).toBe("2027-01-22T12:00");
    expect([draft.name, draft.venue, draft.codes, draft.currency]).toEqual(["", "", "", "KRW"]);
    const types = draft.types.map(({ name, price, kind, capacity }) => [
      name,
      price,
      kind,
      capacity,
    ]);
    expect(types).toEqual([
      ["VIP", "150000", "seated", ""],
      ["R", "110000", "seated", ""],
    ]);
    expect(new Set(draft.types.map(({ key }) => key)).size).toBe(2);
    expect(toNewEvent(draft)).toMatchObject({
      max_per_user: 4,
      queue: {
        policy: "lobby",
        capacity: 1000,
        per_second: 50,
        admission_seconds: 300,
        lobby_seconds: 900,
      },
    });
    expect(draft.sections).toEqual([section("A", 8, 30, "VIP"), section("B", 12, 36, "R")]);
    expect(newType()).toMatchObject({ name: "", price: "", kind: "seated", capacity: "" });
  });

  it("is sent with every number and time in its own place", () => {
    const draft = {
      ...newDraft(new Date("2026-11-23T11:00:00Z")),
      name: "  Concert ",
      venue: " Hall  ",
      startsAt: "2027-01-01T19:00",
      opensAt: "2026-12-01T20:00",
      closesAt: "2026-12-31T18:00",
      currency: "EUR",
      maxPerUser: "6",
      types: [
        { ...newType(" VIP ", "19.99"), capacity: "77" },
        { ...newType("Floor", "9.5"), kind: "general" as const, capacity: "300" },
      ],
      policy: "invite" as const,
      capacity: "700",
      perSecond: "30.5",
      admissionSeconds: "420",
      lobbySeconds: "600",
      codes: " FIRST \n\n  \nSECOND\n",
    };
    expect(toNewEvent(draft)).toEqual({
      name: "Concert",
      venue: "Hall",
      starts_at: "2027-01-01T18:00:00.000Z",
      sale_opens_at: "2026-12-01T19:00:00.000Z",
      sale_closes_at: "2026-12-31T17:00:00.000Z",
      currency: "EUR",
      max_per_user: 6,
      ticket_types: [
        { name: "VIP", price: 1999, kind: "seated" },
        { name: "Floor", price: 950, kind: "general", capacity: 300 },
      ],
      layout: { sections: draft.sections },
      queue: {
        policy: "invite",
        capacity: 700,
        per_second: 30.5,
        admission_seconds: 420,
        lobby_seconds: 600,
        invite_codes: ["FIRST", "SECOND"],
      },
    });
  });

  it("has no seats where all places are for standing", () => {
    const draft = newDraft(new Date());
    const types = [{ ...newType("Floor", "9"), kind: "general" as const, capacity: "3" }];
    expect(toNewEvent({ ...draft, types }).layout).toEqual({ sections: [] });
    expect(
      toNewEvent({ ...draft, types: [...types, newType("R", "8")] }).layout.sections,
    ).toHaveLength(2);
  });
});

describe("the seats of a preview", () => {
  const one = {
    ...section("A", 2, 3, "VIP"),
    blocked: [{ row: 1, number: 3 }],
    accessible: [{ row: 2, number: 1 }],
  };

  it("have their names, types and marks", () => {
    const { layout, states, event } = previewOf([one], ["R", "VIP"]);
    expect(layout.seats.map(({ id }) => id)).toEqual([
      "A/1-1",
      "A/1-2",
      "A/1-3",
      "A/2-1",
      "A/2-2",
      "A/2-3",
    ]);
    expect(layout.seats[3]).toEqual({
      id: "A/2-1",
      section: "A",
      row: "2",
      number: "1",
      ticket_type_id: "VIP",
      x: -1,
      y: 1,
      accessible: true,
    });
    expect(layout.seats.filter(({ accessible }) => accessible)).toHaveLength(1);
    expect(states).toBe("aaxaaa");
    expect(event.ticket_types.map(({ id, name, kind }) => [id, name, kind])).toEqual([
      ["R", "R", "seated"],
      ["VIP", "VIP", "seated"],
    ]);
  });

  it("of a curved section do not run into those before", () => {
    const curved = { ...section("B", 2, 21, "VIP"), curve: 90 };
    const { layout } = previewOf([curved, section("C", 1, 3, "VIP"), curved], ["VIP"]);
    const rows = (name: string) => layout.seats.filter((seat) => seat.section === name);
    const behind = rows("C")[0]?.y ?? 0;
    expect(behind).toBeCloseTo(4);
    for (const seat of rows("B").slice(0, 42)) expect(seat.y).toBeLessThan(behind);
  });

  it("of a section one seat wide are straight, whatever its curve", () => {
    const { layout } = previewOf([{ ...section("A", 2, 1, "VIP"), curve: 90 }], ["VIP"]);
    expect(layout.seats.map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it("are a seat's width apart along a curved row, and at the same distance from its middle", () => {
    const curve = 90;
    const { layout } = previewOf([{ ...section("A", 2, 21, "VIP"), curve }], ["VIP"]);
    const radius = 20 / ((curve * Math.PI) / 180);
    for (const [row, first] of [
      [0, 0],
      [1, 21],
    ] as const) {
      const seats = layout.seats.slice(first, first + 21);
      for (const seat of seats) {
        expect(Math.hypot(seat.x, seat.y + radius)).toBeCloseTo(radius + row, 6);
      }
      const chord = Math.hypot(
        (seats[1]?.x ?? 0) - (seats[0]?.x ?? 0),
        (seats[1]?.y ?? 0) - (seats[0]?.y ?? 0),
      );
      expect(chord).toBeCloseTo(2 * (radius + row) * Math.sin(0.5 / (radius + row)), 6);
    }
  });
});

it("a mark leaves the others and the other kind as they are", () => {
  const plain = {
    ...section("A", 2, 3, "VIP"),
    blocked: [{ row: 2, number: 2 }],
    accessible: [{ row: 1, number: 1 }],
  };
  const marked = toggleMark(plain, "blocked", { row: 1, number: 2 }, true);
  expect(marked.blocked).toEqual([
    { row: 2, number: 2 },
    { row: 1, number: 1 },
    { row: 1, number: 2 },
    { row: 1, number: 3 },
  ]);
  expect(marked.accessible).toEqual(plain.accessible);
  const cleared = toggleMark(marked, "blocked", { row: 1, number: 2 }, true);
  expect(cleared.blocked).toEqual([{ row: 2, number: 2 }]);
});
