// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { DoorBook, deviceName, type PendingScan } from "../../src/features/door/book.ts";

beforeEach(() => localStorage.clear());

const scanOf = (code: string): PendingScan => ({
  code,
  scanned_at: "2026-11-23T20:00:00Z",
  device: "door-1",
});

/** The book as it is after the page was loaded anew. */
const book = (event = "e1") => new DoorBook(event, localStorage);
const codes = (event = "e1") => book(event).pending.map(({ code }) => code);

describe("what a door remembers", () => {
  it("is of one event each", () => {
    book("e1").add(scanOf("one"));
    book("e1").markUsed("t1");
    expect([codes("e1"), codes("e2")]).toEqual([["one"], []]);
    expect([book("e1").usedHere.has("t1"), book("e2").usedHere.has("t1")]).toEqual([true, false]);
    expect(book("e2").manifest).toBeNull();
  });

  it("keeps what was scanned while the first ones were sent", () => {
    for (const code of ["one", "two"]) book().add(scanOf(code));
    const sent = book().pending;
    for (const code of ["three", "four", "five"]) book().add(scanOf(code));
    book().sent(sent.length);
    expect(codes()).toEqual(["three", "four", "five"]);
  });

  it("is its own name too", () => {
    const name = deviceName(localStorage);
    expect(name).toMatch(/^door-/);
    expect(deviceName(localStorage)).toBe(name);
  });
});
