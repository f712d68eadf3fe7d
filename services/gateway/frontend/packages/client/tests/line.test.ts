import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, Http, Line, Live, type LiveMessage, Tiketi } from "../src/index.ts";
import { place, status } from "./samples.ts";

function refusal(statusCode: number, code: string, retryAfter: number | null = null): ApiError {
  return new ApiError({ status: statusCode, code, title: "", detail: "" }, retryAfter);
}

class Kept {
  readonly values = new Map<string, string>();
  getItem = (key: string) => this.values.get(key) ?? null;
  setItem = (key: string, value: string) => void this.values.set(key, value);
  removeItem = (key: string) => void this.values.delete(key);
}

function stand() {
  const api = new Tiketi({ fetch: vi.fn() });
  const live = new Live({ http: new Http({ fetch: vi.fn() }) });
  let say: (message: LiveMessage) => void = () => undefined;
  vi.spyOn(live, "subscribe").mockImplementation((_, listener) => {
    say = listener;
    return () => undefined;
  });
  const join = vi.spyOn(api, "join").mockResolvedValue(place());
  const ask = vi.spyOn(api, "place").mockResolvedValue(place());
  const kept = new Kept();
  const line = new Line({ api, live, eventId: "e1", userId: "u1", kept });
  return { line, join, ask, kept, api, say: (message: LiveMessage) => say(message) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a place in line", () => {
  it("is joined, and its ticket is kept for a later visit", async () => {
    const { line, kept } = stand();
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(line.current.estimate?.position).toBe(100);
    expect(kept.getItem("tiketi:ticket:e1:u1")).toBe("ticket-1");
    line.stop();
  });

  it("is asked for exactly as often as the server says", async () => {
    const { line, ask } = stand();
    line.start();
    await vi.advanceTimersByTimeAsync(13_000);
    expect(ask).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4000);
    expect(ask).toHaveBeenCalledTimes(1);
    line.stop();
  });

  it("is taken up again with the kept ticket when the line has lost it", async () => {
    const { line, join, ask } = stand();
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    ask.mockRejectedValueOnce(refusal(404, "not_in_queue"));
    await vi.advanceTimersByTimeAsync(17_000);
    expect(join).toHaveBeenLastCalledWith("e1", expect.objectContaining({ ticket: "ticket-1" }));
    line.stop();
  });

  it("moves with the shared document", async () => {
    const { line, say } = stand();
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    say({ type: "queue-progress", data: status({ serving_number: 1000 }) });
    say({ type: "queue-progress", data: status({ serving_number: 1050 }) });
    expect(line.current.estimate?.position).toBe(50);
    line.stop();
  });

  it("becomes an admission when the turn comes", async () => {
    const { line, say } = stand();
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    const admission = { token: "a", expires_at: "2026-11-23T20:05:00Z" };
    say({ type: "queue-enter", data: { event_id: "e1", admission } });
    expect(line.current.place).toMatchObject({ status: "admitted", admission });
    line.stop();
  });

  it("tells what was restored after a reconnect", async () => {
    const { line, say } = stand();
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    say({ type: "session-restored", data: { queue: place({ position: 90 }), hold: null } });
    expect(line.current.restored?.place?.position).toBe(90);
    line.acknowledgeRestored();
    expect(line.current.restored).toBeNull();
    line.stop();
  });

  it("waits and asks again while a part is down", async () => {
    const { line, join, ask } = stand();
    join.mockRejectedValueOnce(refusal(503, "line_paused", 3));
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(line.current.problem).toBe("line_paused");
    await vi.advanceTimersByTimeAsync(3500);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(line.current.problem).toBeNull();
    line.stop();
  });

  it("stops at a refusal until the person does something", async () => {
    const { line, join, ask } = stand();
    join.mockRejectedValueOnce(refusal(403, "invite_required"));
    line.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.current.problem).toBe("invite_required");
    expect(ask).not.toHaveBeenCalled();
    line.stop();
  });

  it("is given up for good", async () => {
    const { line, api, kept } = stand();
    const leave = vi.spyOn(api, "leave").mockResolvedValue(undefined);
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    await line.leave();
    expect(leave).toHaveBeenCalledWith("e1");
    expect(kept.values.size).toBe(0);
  });
});
