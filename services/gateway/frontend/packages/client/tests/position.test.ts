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

  it("is unknown in the lobby, where nobody has a number", () => {
    const tracker = new PositionTracker();
    tracker.place(place({ status: "lobby", number: null, position: null }));
    expect(tracker.current()).toBeNull();
  });
});
