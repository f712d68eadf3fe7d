import { describe, expect, it } from "vitest";
import { Availability, type SeatUpdate } from "../src/index.ts";

function update(version: number, ...changes: SeatUpdate["changes"]): SeatUpdate {
  return {
    event_id: "e1",
    epoch: "x",
    version,
    availability_version: version,
    changes,
    general: {},
  };
}

describe("the states of the seats", () => {
  it("take in live changes and say which seats they concern", () => {
    const seats = new Availability();
    seats.load({ version: 4, states: "aaaa", general: [] });
    expect(seats.apply(update(5, [1, "h"], [2, "s"]))).toEqual([1, 2]);
    expect([0, 1, 2, 3].map((i) => seats.state(i)).join("")).toBe("ahsa");
  });

  it("ignore changes that the document already holds", () => {
    const seats = new Availability();
    seats.load({ version: 5, states: "ahaa", general: [] });
    expect(seats.apply(update(4, [1, "a"]))).toEqual([]);
    expect(seats.state(1)).toBe("h");
  });

  it("keep changes that arrive before the first document", () => {
    const seats = new Availability();
    seats.apply(update(6, [0, "s"]));
    expect(seats.load({ version: 5, states: "aa", general: [] })).toContain(0);
    expect(seats.state(0)).toBe("s");
  });

  it("do not go back to an older document", () => {
    const seats = new Availability();
    seats.load({ version: 9, states: "ss", general: [] });
    expect(seats.load({ version: 8, states: "aa", general: [] })).toEqual([]);
    expect(seats.state(0)).toBe("s");
  });

  it("say nothing of seats that have not changed", () => {
    const seats = new Availability();
    seats.load({ version: 1, states: "aah", general: [] });
    expect(seats.load({ version: 2, states: "ash", general: [] })).toEqual([1]);
  });

  it("count what is left of general admission", () => {
    const seats = new Availability();
    seats.load({ version: 1, states: "", general: [{ ticket_type_id: "g", left: 10 }] });
    seats.apply({ ...update(2), general: { g: 7 } });
    expect(seats.general.get("g")).toBe(7);
  });

  it("say of the first document that all of it is new, and take its counts", () => {
    const seats = new Availability();
    const general = [
      { ticket_type_id: "g", left: 10 },
      { ticket_type_id: "h", left: 3 },
    ];
    expect(seats.version).toBe(-1);
    expect(seats.load({ version: 0, states: "ahsx", general })).toEqual([0, 1, 2, 3]);
    expect(seats.version).toBe(0);
    expect([...seats.general]).toEqual([
      ["g", 10],
      ["h", 3],
    ]);
    seats.load({ version: 1, states: "ahsx", general: [{ ticket_type_id: "g", left: 9 }] });
    expect([...seats.general]).toEqual([["g", 9]]);
  });

  it.each([
    ["one before", 4, [], "a"],
    ["the same", 5, [], "a"],
    ["the next", 6, [1], "s"],
  ])("take a change by its version: %s", (_, version, changed, state) => {
    const seats = new Availability();
    seats.load({ version: 5, states: "aa", general: [] });
    expect(seats.apply(update(version, [1, "s"]))).toEqual(changed);
    expect(seats.state(1)).toBe(state);
    expect(seats.version).toBe(Math.max(5, version));
  });

  it("say only which seats a change has really changed", () => {
    const seats = new Availability();
    seats.load({ version: 1, states: "ahs", general: [] });
    expect(seats.apply(update(2, [0, "a"], [1, "s"], [2, "s"], [3, "s"], [99, "s"]))).toEqual([1]);
    expect(seats.states).toHaveLength(3);
  });

  it("take for blocked what they do not know", () => {
    const seats = new Availability();
    expect(seats.state(0)).toBe("x");
    seats.load({ version: 1, states: "a", general: [] });
    expect(seats.state(1)).toBe("x");
  });

  it("apply what came early once, in order, and say what changed", () => {
    const seats = new Availability();
    expect(seats.apply(update(5, [0, "h"]))).toEqual([]);
    expect(seats.apply({ ...update(6, [1, "s"]), general: { g: 4 } })).toEqual([]);
    const general = [{ ticket_type_id: "g", left: 5 }];
    expect(seats.load({ version: 5, states: "aa", general })).toEqual([0, 1, 1]);
    expect(seats.state(0)).toBe("a");
    expect(seats.general.get("g")).toBe(4);
    expect(seats.load({ version: 7, states: "aa", general })).toEqual([1]);
  });

  it("take the document again that they have, as after a reconnect", () => {
    const seats = new Availability();
    seats.load({ version: 5, states: "aa", general: [] });
    expect(seats.load({ version: 5, states: "ah", general: [] })).toEqual([1]);
  });
});
