import { describe, expect, it } from "vitest";
import { PositionTracker } from "../src/index.ts";
import { place, status } from "./samples.ts";

describe("the position between exact answers", () => {
  it("follows the shared document", () => {
    const tracker = new PositionTracker();
    tracker.status(status({ serving_number: 1000 }));
    tracker.place(place({ number: 1100, position: 100 }));
    tracker.status(status({ serving_number: 1040 }));
    expect(tracker.current()?.position).toBe(60);
  });

  it("keeps the ratio of the last exact answer where people have left the line", () => {
    const tracker = new PositionTracker();
    tracker.status(status({ serving_number: 1000 }));
    tracker.place(place({ number: 1100, position: 50 }));
    tracker.status(status({ serving_number: 1050 }));
    expect(tracker.current()?.position).toBe(25);
  });

  it("leaves out numbers that nobody has", () => {
    const tracker = new PositionTracker();
    tracker.status(status({ serving_number: 10, gap: { first: 21, last: 5020 } }));
    tracker.place(place({ number: 5030, position: 20 }));
    tracker.status(status({ serving_number: 15, gap: { first: 21, last: 5020 } }));
    expect(tracker.current()?.position).toBe(15);
  });

  it("never goes up, whatever the document says", () => {
    const tracker = new PositionTracker();
    tracker.status(status({ serving_number: 1000 }));
    tracker.place(place({ number: 1100, position: 100 }));
    tracker.status(status({ serving_number: 1060 }));
    tracker.status(status({ serving_number: 1010 }));
    tracker.place(place({ number: 1100, position: 70 }));
    expect(tracker.current()?.position).toBe(40);
  });

  it("is at least one while the turn has not come", () => {
    const tracker = new PositionTracker();
    tracker.status(status({ serving_number: 1000 }));
    tracker.place(place({ number: 1100, position: 100 }));
    tracker.status(status({ serving_number: 1200 }));
    expect(tracker.current()?.position).toBe(1);
  });

  it("starts anew with another number", () => {
    const tracker = new PositionTracker();
    tracker.place(place({ number: 1100, position: 5 }));
    tracker.place(place({ number: 9000, position: 800 }));
    expect(tracker.current()?.position).toBe(800);
  });

  it("counts progress from the first sight of the line, also of an earlier visit", () => {
    const tracker = new PositionTracker(200);
    tracker.place(place({ number: 1100, position: 101 }));
    expect(tracker.current()?.progress).toBeCloseTo(0.5);
  });

  it("shortens the expected wait with the position", () => {
    const tracker = new PositionTracker();
    tracker.status(status({ serving_number: 1000 }));
    tracker.place(place({ number: 1100, position: 100, eta_seconds: { low: 60, high: 90 } }));
    tracker.status(status({ serving_number: 1050 }));
    expect(tracker.current()?.etaSeconds).toEqual({ low: 30, high: 45 });
  });

  it.each([
    { number: null, position: null },
    { number: 1100, position: null },
    { number: null, position: 7 },
  ])("is unknown in the lobby, where nobody has a number: %o", (unknown) => {
    const tracker = new PositionTracker();
    tracker.place(place({ status: "lobby", ...unknown }));
    tracker.status(status());
    expect(tracker.current()).toBeNull();
  });

  it("keeps where it started, for the next visit", () => {
    const tracker = new PositionTracker(30);
    tracker.place(place({ number: 1100, position: 12 }));
    expect(tracker.startedAt).toBe(30);
    tracker.place(place({ number: 2200, position: 45 }));
    expect(tracker.startedAt).toBe(45);
  });

  it("shows no progress where the kept start is damaged", () => {
    const tracker = new PositionTracker(Number.NaN);
    tracker.place(place({ number: 1100, position: 12 }));
    expect(tracker.current()?.progress).toBe(0);
  });

  it("takes the total from whichever was said last, and never less than the position", () => {
    const tracker = new PositionTracker();
    tracker.place(place({ number: 1100, position: 100, total: 340 }));
    expect(tracker.current()?.total).toBe(340);
    tracker.status(status({ serving_number: 1000, waiting: 210 }));
    expect(tracker.current()?.total).toBe(210);
    tracker.status(status({ serving_number: 1000, waiting: 60 }));
    expect(tracker.current()?.total).toBe(100);
  });

  it("expects no more waiting once the exact answer says that nobody is ahead", () => {
    const tracker = new PositionTracker();
    tracker.place(place({ number: 1100, position: 0, eta_seconds: { low: 3, high: 9 } }));
    expect(tracker.current()?.etaSeconds).toEqual({ low: 0, high: 0 });
  });
});

/** Who is served until `mine` is, counted one by one. */
function countedAhead(mine: number, lane: "general" | "priority", served: Served): number {
  if (lane === "priority") return numbers(served.priority + 1, mine).length;
  const free = (n: number) => !served.gap || n < served.gap.first || n > served.gap.last;
  return served.invited + numbers(served.general + 1, mine).filter(free).length;
}

interface Served {
  general: number;
  priority: number;
  invited: number;
  gap: { first: number; last: number } | null;
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

describe("the position that is shown equals a count of the people who are served before", () => {
  const gap = { first: 121, last: 150 };
  it.each([
    ["in the general lane", 180, "general", 103, 0, null],
    ["behind invited people", 180, "general", 103, 17, null],
    ["behind a gap", 180, "general", 103, 5, gap],
    ["behind a gap whose first number is next", 180, "general", 120, 5, gap],
    ["with the line inside the gap", 180, "general", 133, 5, gap],
    ["with the line at the end of the gap", 180, "general", 150, 5, gap],
    ["before the gap", 119, "general", 103, 5, gap],
    ["right before the gap", 120, "general", 103, 5, gap],
    ["right behind the gap", 151, "general", 103, 5, gap],
    ["in the lane of invited people", 90, "priority", 103, 41, gap],
  ] as const)("%s", (_, mine, lane, general, invited, unused) => {
    const before = { general: 100, priority: 12, invited: invited + 3, gap: unused };
    const after = { general, priority: 37, invited, gap: unused };
    const document = (served: Served) =>
      status({
        serving_number: served.general,
        priority: { waiting: served.invited, serving_number: served.priority },
        gap: served.gap,
      });
    const tracker = new PositionTracker();
    tracker.status(document(before));
    tracker.place(place({ number: mine, lane, position: countedAhead(mine, lane, before) }));
    tracker.status(document(after));
    expect(tracker.current()?.position).toBe(countedAhead(mine, lane, after));
  });
});
