import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Live, LiveMessage } from "../src/index.ts";
import { FakeSocket, FakeStream } from "./fake-socket.ts";
import { connect, fetch, reset, subscribed, typesOf, update } from "./live-samples.ts";
import { status } from "./samples.ts";

beforeEach(reset);
afterEach(() => vi.useRealTimers());

/** All five tries fail, and the one that was under way: the state is `polling`. */
async function exhaust(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(5000);
  }
  FakeSocket.last.break();
}

const polled = () => fetch.mock.calls.length;

describe("without a WebSocket", () => {
  it("polls while it is away", async () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(3000);
    expect(heard.map(({ type }) => type)).toContain("queue-progress");
    live.close();
  });

  it.each([
    [0, 2000],
    [0.5, 2500],
    [1, 3000],
  ])("the first poll comes after 2.5 seconds, spread by chance (%d)", async (chance, wait) => {
    const live = connect([], { random: () => chance });
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(wait - 1);
    expect(polled()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(polled()).toBe(1);
    expect(fetch.mock.calls[0]?.[0]).toBe("https://t.example/api/events/e1/queue/status");
    live.close();
  });

  it.each([
    ["as often as the document says", 4, 4000],
    ["every ten seconds at least", 60, 10_000],
  ])("polls follow each other %s", async (_, says, wait) => {
    fetch.mockImplementation(
      async () => new Response(JSON.stringify(status({ poll_after_seconds: says }))),
    );
    const live = connect([], { random: () => 0.5, EventSource: undefined });
    await exhaust();
    const before = polled();
    await vi.advanceTimersByTimeAsync(wait * 2);
    expect(polled()).toBe(before + 2);
    live.close();
  });

  it("a failed poll is followed by another after five seconds, and by a fresh document", async () => {
    fetch.mockImplementation(async () => new Response("{}", { status: 404 }));
    const heard: LiveMessage[] = [];
    const live = connect(heard, { random: () => 0.5 });
    FakeSocket.last.break(4401);
    await vi.advanceTimersByTimeAsync(2500);
    expect(typesOf(heard)).toEqual(["refetch"]);
    await vi.advanceTimersByTimeAsync(4999);
    expect(polled()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(polled()).toBe(2);
    live.close();
  });

  it("every poll brings the shared document and asks for the states of the seats", async () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.break(4401);
    await vi.advanceTimersByTimeAsync(2000);
    expect(heard).toEqual([
      { type: "queue-progress", data: status() },
      { type: "refetch", data: { event_id: "e1" } },
    ]);
    live.close();
  });

  it("polls one document at a time, however often the connection fails", async () => {
    const live = connect();
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    expect(polled()).toBe(1);
    live.close();
  });

  it("polls no more once the connection is back", async () => {
    const live = connect();
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(polled()).toBe(0);
    live.close();
  });

  it("does not poll on when the connection comes back during a poll", async () => {
    let answer: (response: Response) => void = () => undefined;
    fetch.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    const live = connect();
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(2000);
    FakeSocket.last.accept();
    answer(new Response(JSON.stringify(status())));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(polled()).toBe(1);
    live.close();
  });

  it("polls no more once it is closed, also during a poll", async () => {
    const live = connect();
    FakeSocket.last.break();
    live.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(polled()).toBe(0);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("polls for an event that somebody opens meanwhile", async () => {
    const heard: LiveMessage[] = [];
    const live = connect();
    FakeSocket.last.break(4401);
    live.subscribe("e2", (message) => heard.push(message));
    await vi.advanceTimersByTimeAsync(2000);
    expect(fetch.mock.calls.map(([url]) => url)).toContain(
      "https://t.example/api/events/e2/queue/status",
    );
    expect(typesOf(heard)).toContain("refetch");
    live.close();
  });

  it.each([
    [0, 22_500],
    [0.5, 30_000],
    [1, 37_500],
  ])("the WebSocket is tried about every half minute (%d)", async (chance, wait) => {
    const live = connect([], { random: () => chance });
    await exhaust();
    for (let i = 1; i <= 2; i++) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(FakeSocket.all).toHaveLength(5 + i);
      await vi.advanceTimersByTimeAsync(1);
      expect(FakeSocket.all).toHaveLength(6 + i);
      FakeSocket.last.break();
      expect(live.state.kind).toBe("polling");
    }
    live.close();
  });

  it("asks for no stream without a session, where it would be refused as well", () => {
    const live = connect();
    FakeSocket.last.break(4401);
    expect(live.state.kind).toBe("polling");
    expect(FakeStream.all).toEqual([]);
    live.close();
  });

  it("asks for no stream while the WebSocket may come back", async () => {
    const live = connect();
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(900);
    expect(FakeStream.all).toEqual([]);
    live.close();
  });
});

describe("a stream of events", () => {
  let heard: LiveMessage[];
  let live: Live;

  beforeEach(async () => {
    heard = [];
    live = connect(heard);
    await exhaust();
  });
  afterEach(() => live.close());

  it("uses a stream of events where WebSocket is blocked", () => {
    expect(FakeStream.last.url).toBe("https://t.example/api/events/e1/stream");
    FakeStream.last.onopen?.();
    expect(live.state).toEqual({ kind: "live", via: "sse" });
    FakeStream.last.say("queue-progress", status());
    expect(heard.at(-1)?.type).toBe("queue-progress");
    live.close();
    expect(FakeStream.last.closed).toBe(true);
  });

  it("brings every kind of change", () => {
    FakeStream.last.onopen?.();
    heard.length = 0;
    const kinds = [
      "queue-enter",
      "seat-update",
      "event-changed",
      "event-started",
      "event-paused",
      "event-resumed",
      "event-ended",
      "event-sold-out",
      "queue-progress",
    ];
    for (const kind of kinds) FakeStream.last.say(kind, { event_id: "e1" });
    expect(typesOf(heard)).toEqual(kinds);
  });

  it("ends the polling, and asks for what changed before it", async () => {
    heard.length = 0;
    FakeStream.last.onopen?.();
    expect(heard).toEqual([{ type: "refetch", data: { event_id: "e1" } }]);
    const before = polled();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(polled()).toBe(before);
  });

  it("goes on, without polls beside it, while the WebSocket is tried in vain", async () => {
    FakeStream.last.onopen?.();
    const before = polled();
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(30_000);
      FakeSocket.last.break();
      expect(live.state).toEqual({ kind: "live", via: "sse" });
    }
    expect(polled()).toBe(before);
    expect(FakeStream.all).toHaveLength(1);
  });

  it.each([["opened"], ["asked for"]])("is one for each event (%s)", async (how) => {
    if (how === "opened") FakeStream.last.onopen?.();
    await vi.advanceTimersByTimeAsync(30_000);
    live.subscribe("e2", () => undefined);
    FakeSocket.last.break();
    expect(FakeStream.all).toHaveLength(2);
    expect(FakeStream.all.map(({ url }) => url)).toEqual([
      "https://t.example/api/events/e1/stream",
      "https://t.example/api/events/e2/stream",
    ]);
  });

  it("that breaks is followed by polling until it is opened again", async () => {
    FakeStream.last.onopen?.();
    const before = polled();
    FakeStream.last.onerror?.();
    expect(live.state.kind).toBe("polling");
    expect(FakeStream.last.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(1999);
    expect(polled()).toBe(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(polled()).toBe(before + 1);
    await vi.advanceTimersByTimeAsync(30_000);
    FakeSocket.last.break();
    expect(FakeStream.all).toHaveLength(2);
  });

  it("that is refused leaves one poll going, not two", async () => {
    const before = polled();
    FakeStream.last.onerror?.();
    await vi.advanceTimersByTimeAsync(2000);
    expect(polled() - before).toBeLessThanOrEqual(2);
    const [later] = [polled()];
    await vi.advanceTimersByTimeAsync(1600);
    expect(polled() - later).toBe(1);
  });

  it("that was given up is not listened to any more", async () => {
    const old = FakeStream.last;
    old.onopen?.();
    await vi.advanceTimersByTimeAsync(30_000);
    FakeSocket.last.accept();
    expect(old.closed).toBe(true);
    old.onerror?.();
    expect(live.state).toEqual({ kind: "live", via: "websocket" });
    const before = polled();
    await vi.advanceTimersByTimeAsync(19_000);
    expect(polled()).toBe(before);
  });

  it.each([
    [false, 11],
    [true, 12],
  ])("resumes where it was when the WebSocket is back (%s)", async (change, version) => {
    FakeStream.last.onopen?.();
    FakeStream.last.say("subscribed", subscribed({ version: 11 }));
    if (change) FakeStream.last.say("seat-update", update(12));
    await vi.advanceTimersByTimeAsync(30_000);
    FakeSocket.last.accept();
    expect(FakeSocket.last.said("subscribe")).toEqual({
      event_id: "e1",
      since: { epoch: "x", version },
    });
  });
});

describe("a browser without streams", () => {
  it("polls", async () => {
    vi.stubGlobal("EventSource", undefined);
    const live = connect([], { EventSource: undefined });
    await exhaust();
    const before = polled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(polled()).toBeGreaterThan(before);
    expect(live.state.kind).toBe("polling");
    live.close();
    vi.unstubAllGlobals();
  });
});
