import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ApiError,
  type Hold,
  Http,
  Line,
  Live,
  type LiveMessage,
  NetworkError,
  Tiketi,
} from "../src/index.ts";
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

function stand(kept = new Kept(), userId = "u1") {
  const api = new Tiketi({ fetch: vi.fn() });
  const live = new Live({ http: new Http({ fetch: vi.fn() }) });
  let say: (message: LiveMessage) => void = () => undefined;
  const unsubscribe = vi.fn();
  const subscribe = vi.spyOn(live, "subscribe").mockImplementation((_, listener) => {
    say = listener;
    return unsubscribe;
  });
  const join = vi.spyOn(api, "join").mockResolvedValue(place());
  const ask = vi.spyOn(api, "place").mockResolvedValue(place());
  const line = new Line({ api, live, eventId: "e1", userId, kept });
  const hear = (message: LiveMessage) => say(message);
  return { line, join, ask, kept, api, subscribe, unsubscribe, say: hear };
}

type Asked = ReturnType<typeof stand>["ask"];

const ADMISSION = { token: "a-1", expires_at: "2026-11-23T20:05:00Z" };

/** Somebody who stands in line. */
async function standing(...kept: Parameters<typeof stand>) {
  const stood = stand(...kept);
  stood.line.start();
  await vi.advanceTimersByTimeAsync(0);
  return stood;
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
    say({
      type: "session-restored",
      data: { event_id: "e1", queue: place({ position: 90 }), hold: null },
    });
    expect(line.current.restored?.place?.position).toBe(90);
    expect(line.current.place?.position).toBe(90);
    expect(line.current.estimate?.position).toBe(90);
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

  it.each([
    ["that asks to be left alone", 429, "too_many_requests"],
    ["that fails", 500, "internal"],
    ["that is down", 503, "unavailable"],
  ])("is asked for again after an answer %s", async (_, statusCode, code) => {
    const { line, ask } = await standing();
    ask.mockRejectedValueOnce(refusal(statusCode, code));
    line.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect(line.current.problem).toBe(code);
    expect(line.current.place?.position).toBe(100);
    await vi.advanceTimersByTimeAsync(5500);
    expect(ask).toHaveBeenCalledTimes(2);
    expect(line.current.problem).toBeNull();
    line.stop();
  });

  it("is asked for again when the answer was lost", async () => {
    const { line, ask } = await standing();
    ask.mockRejectedValueOnce(new NetworkError(null));
    line.refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect(line.current.problem).toBe("offline");
    await vi.advanceTimersByTimeAsync(4400);
    expect(ask).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1100);
    expect(ask).toHaveBeenCalledTimes(2);
    line.stop();
  });

  it.each([
    [0, 9000],
    [0.5, 10_000],
    [0.999, 10_998],
  ])("is asked for at a slightly other time by each (%d)", async (chance, wait) => {
    vi.spyOn(Math, "random").mockReturnValue(chance);
    const { line, ask, join } = stand();
    join.mockResolvedValue(place({ poll_after_seconds: 10 }));
    line.start();
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(ask).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ask).toHaveBeenCalledTimes(1);
    line.stop();
  });

  it("is not asked for more than once a second, whatever the server says", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { line, ask, join } = stand();
    join.mockResolvedValue(place({ poll_after_seconds: 0 }));
    line.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(ask).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(ask).toHaveBeenCalledTimes(1);
    line.stop();
  });

  it("is asked for once, also by who presses twice", async () => {
    const { line, ask } = await standing();
    line.refresh();
    line.refresh();
    await vi.advanceTimersByTimeAsync(16_500);
    expect(ask).toHaveBeenCalledTimes(3);
    line.stop();
  });

  it("is joined once, with the code of an invitation", async () => {
    const { line, join, subscribe } = stand();
    line.start("INVITED");
    line.start("AGAIN");
    await vi.advanceTimersByTimeAsync(0);
    expect(join.mock.calls).toEqual([
      ["e1", { ticket: undefined, admission: undefined, code: "INVITED" }],
    ]);
    expect(subscribe).toHaveBeenCalledExactlyOnceWith("e1", expect.any(Function));
    line.stop();
  });

  it("is joined with the code also by somebody who comes back with a ticket", async () => {
    const kept = new Kept();
    (await standing(kept)).line.stop();
    const { line, join } = stand(kept);
    line.start("INVITED");
    await vi.advanceTimersByTimeAsync(0);
    expect(join.mock.calls[0]?.[1]).toMatchObject({ ticket: "ticket-1", code: "INVITED" });
    line.stop();
  });

  it("is not joined again for another refusal than that it is lost", async () => {
    const { line, join, ask } = await standing();
    ask.mockRejectedValueOnce(refusal(403, "forbidden"));
    line.refresh();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(join).toHaveBeenCalledTimes(1);
    expect(line.current.problem).toBe("forbidden");
    line.stop();
  });

  it("presents what was kept, and keeps it apart for each account", async () => {
    const kept = new Kept();
    const first = await standing(kept);
    first.say({
      type: "queue-restored",
      data: place({ status: "admitted", admission: ADMISSION }),
    });
    first.line.stop();
    const again = await standing(kept);
    expect(again.join.mock.calls[0]?.[1]).toMatchObject({ ticket: "ticket-1", admission: "a-1" });
    again.line.stop();
    const other = await standing(kept, "u2");
    expect(other.join.mock.calls[0]?.[1]).toEqual({ code: undefined });
    other.line.stop();
  });

  it("keeps the last ticket where an answer has none, and no admission that has ended", async () => {
    const { line, kept, say } = await standing();
    say({ type: "queue-restored", data: place({ status: "admitted", admission: ADMISSION }) });
    expect(kept.getItem("tiketi:admission:e1:u1")).toBe("a-1");
    say({ type: "queue-restored", data: place({ ticket: "", admission: null }) });
    expect(kept.getItem("tiketi:ticket:e1:u1")).toBe("ticket-1");
    expect(kept.getItem("tiketi:admission:e1:u1")).toBeNull();
    line.stop();
  });

  it("counts progress from an earlier visit", async () => {
    const kept = new Kept();
    const first = await standing(kept);
    first.line.stop();
    const again = stand(kept);
    again.join.mockResolvedValue(place({ position: 51 }));
    again.line.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(again.line.current.estimate?.progress).toBeCloseTo(0.5);
    again.line.stop();
  });

  it("is asked for when the phase changes, and only then", async () => {
    const { line, ask, say } = await standing();
    say({ type: "queue-progress", data: status({ phase: "paused" }) });
    say({ type: "queue-progress", data: status({ phase: "paused", waiting: 400 }) });
    expect(ask).not.toHaveBeenCalled();
    say({ type: "queue-progress", data: status({ phase: "on_sale" }) });
    expect(ask).toHaveBeenCalledTimes(1);
    expect(line.current.status?.phase).toBe("on_sale");
    line.stop();
  });

  it.each([
    "event-started",
    "event-paused",
    "event-resumed",
    "event-ended",
    "event-sold-out",
  ] as const)("is asked for at once at %s", async (type) => {
    const { line, ask, say } = await standing();
    say({ type, data: { event_id: "e1", phase: "on_sale" } });
    expect(ask).toHaveBeenCalledTimes(1);
    line.stop();
  });

  it("is left as it is by changes of seats and of the event", async () => {
    const { line, ask, say } = await standing();
    const before = line.current;
    const at = { event_id: "e1", epoch: "x", version: 4 };
    const seats = { ...at, availability_version: 31, changes: [], general: {} };
    say({ type: "seat-update", data: seats });
    say({ type: "event-changed", data: { ...at, sale_version: 7 } });
    say({ type: "refetch", data: { event_id: "e1" } });
    expect(line.current).toBe(before);
    expect(ask).not.toHaveBeenCalled();
    line.stop();
  });

  it("asks where it stands when the turn comes before the first answer", async () => {
    const { line, ask, join, say } = stand();
    join.mockReturnValue(new Promise(() => undefined));
    line.start();
    say({ type: "queue-enter", data: { event_id: "e1", admission: ADMISSION } });
    expect(line.current.place).toBeNull();
    expect(ask).toHaveBeenCalledTimes(1);
    line.stop();
  });

  it("keeps the seats that came back although no place did", async () => {
    const { line, say } = await standing();
    const hold = { id: "h1" } as Hold;
    say({ type: "session-restored", data: { event_id: "e1", queue: null, hold } });
    expect(line.current.restored).toEqual({ place: null, hold });
    expect(line.current.place?.position).toBe(100);
    line.stop();
  });

  it("tells its listeners of each change, until they stop listening", async () => {
    const { line, say } = await standing();
    const told = vi.fn();
    const stop = line.onChange(told);
    say({ type: "queue-progress", data: status() });
    expect(told).toHaveBeenCalledTimes(1);
    stop();
    say({ type: "queue-progress", data: status() });
    expect(told).toHaveBeenCalledTimes(1);
    line.stop();
  });

  it.each([
    ["an answer", (ask: Asked) => ask.mockResolvedValue(place({ position: 3 }))],
    ["a refusal", (ask: Asked) => ask.mockRejectedValue(refusal(503, "unavailable"))],
  ])("is not changed by %s after the page was left", async (_, arrange) => {
    const { line, ask, unsubscribe } = await standing();
    arrange(ask);
    const before = line.current;
    line.refresh();
    line.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(line.current).toEqual(before);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(unsubscribe).toHaveBeenCalledTimes(1);
  });

  it("can be left before it was ever joined", () => {
    const { line } = stand();
    expect(() => line.stop()).not.toThrow();
  });

  it("can be taken up again after it was left", async () => {
    const { line, join } = await standing();
    line.stop();
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(join).toHaveBeenCalledTimes(2);
    line.stop();
  });

  it("is given up for good", async () => {
    const { line, api, ask, kept, unsubscribe } = stand();
    const leave = vi.spyOn(api, "leave").mockResolvedValue(undefined);
    line.start();
    await vi.advanceTimersByTimeAsync(0);
    kept.setItem("tiketi:admission:e1:u1", "a-1");
    kept.setItem("tiketi:ticket:e2:u1", "another line");
    await line.leave();
    expect(leave).toHaveBeenCalledWith("e1");
    expect([...kept.values.keys()]).toEqual(["tiketi:ticket:e2:u1"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).not.toHaveBeenCalled();
    expect(unsubscribe).toHaveBeenCalledTimes(1);
  });

  it("is kept where giving it up failed", async () => {
    const { line, api, ask, kept } = await standing();
    vi.spyOn(api, "leave").mockRejectedValue(new NetworkError(null));
    await expect(line.leave()).rejects.toThrow();
    expect(kept.getItem("tiketi:ticket:e1:u1")).toBe("ticket-1");
    await vi.advanceTimersByTimeAsync(17_000);
    expect(ask).toHaveBeenCalledTimes(1);
    line.stop();
  });
});
