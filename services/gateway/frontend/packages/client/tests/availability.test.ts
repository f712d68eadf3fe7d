import { describe, expect, it } from "vitest";
import { Availability, type SeatUpdate } from "../src/index.ts";

function update(version: number, ...changes: SeatUpdate["changes"]): SeatUpdate {
  return { event_id: "e1", epoch: "x", version, availability_version: version, changes };
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
    seats.load({ version: 8, states: "aa", general: [] });
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
});
