import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Http, Live, type LiveMessage } from "../src/index.ts";
import { FakeSocket, FakeStream } from "./fake-socket.ts";
import { status } from "./samples.ts";

const fetch = vi.fn<typeof globalThis.fetch>();

function connect(heard: LiveMessage[] = []) {
  const live = new Live({
    http: new Http({ baseUrl: "https://t.example", fetch }),
    url: "wss://t.example/ws",
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    EventSource: FakeStream as unknown as typeof EventSource,
    random: () => 0,
  });
  live.subscribe("e1", (message) => heard.push(message));
  return live;
}

const update = (version: number) => ({
  event_id: "e1",
  epoch: "x",
  version,
  changes: [[version, "h"]],
});
const subscribed = (change: object) => ({
  event_id: "e1",
  epoch: "x",
  version: 0,
  recovered: false,
  missed: [],
  ...change,
});

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  FakeStream.all = [];
  fetch.mockReset();
  fetch.mockImplementation(async () => new Response(JSON.stringify(status())));
});

afterEach(() => vi.useRealTimers());

describe("a live connection", () => {
  it("subscribes and passes on what it hears", () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.accept();
    expect(FakeSocket.last.said("subscribe")).toEqual({ event_id: "e1" });
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    FakeSocket.last.say("seat-update", update(4));
    expect(live.state).toEqual({ kind: "live", via: "websocket" });
    expect(heard.map(({ type }) => type)).toEqual(["seat-update"]);
    live.close();
  });

  it("tries five times, 1 s growing to 5 s, then falls back", async () => {
    const live = connect();
    const waits = [1000, 2000, 3000, 4000, 4000];
    for (const [i, wait] of waits.entries()) {
      FakeSocket.last.break();
      expect(live.state).toEqual({ kind: "reconnecting", attempt: i + 1, of: 5 });
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(FakeSocket.all).toHaveLength(i + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(FakeSocket.all).toHaveLength(i + 2);
    }
    FakeSocket.last.break();
    expect(live.state.kind).toBe("polling");
    live.close();
  });

  it("resumes from the last version seen, and restores the session", async () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    FakeSocket.last.say("seat-update", update(4));
    FakeSocket.last.break(1012);
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.accept();
    expect(FakeSocket.last.said("subscribe")).toEqual({
      event_id: "e1",
      since: { epoch: "x", version: 4 },
    });
    expect(FakeSocket.last.said("restore-session")).toEqual({ event_id: "e1" });
    const missed = [{ type: "seat-update", data: update(5) }];
    FakeSocket.last.say("subscribed", subscribed({ version: 5, recovered: true, missed }));
    expect(heard.filter(({ type }) => type === "seat-update")).toHaveLength(2);
    expect(heard.some(({ type }) => type === "refetch")).toBe(false);
    live.close();
  });

  it("asks for a fresh document when it could not be resumed", async () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ epoch: "y", version: 9, recovered: false }));
    expect(heard.at(-1)?.type).toBe("refetch");
    live.close();
  });

  it("polls while it is away", async () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(3000);
    expect(heard.map(({ type }) => type)).toContain("queue-progress");
    live.close();
  });

  it("uses a stream of events where WebSocket is blocked", async () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    for (let i = 0; i < 6; i++) {
      FakeSocket.last.break();
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(FakeStream.last.url).toBe("https://t.example/api/events/e1/stream");
    FakeStream.last.onopen?.();
    expect(live.state).toEqual({ kind: "live", via: "sse" });
    FakeStream.last.say("queue-progress", status());
    expect(heard.at(-1)?.type).toBe("queue-progress");
    live.close();
    expect(FakeStream.last.closed).toBe(true);
  });

  it("does not knock again without a session", async () => {
    const live = connect();
    FakeSocket.last.accept();
    FakeSocket.last.break(4401);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.all).toHaveLength(1);
    expect(live.state.kind).toBe("polling");
    live.close();
  });

  it("moves to another instance when this one is leaving", async () => {
    const live = connect();
    FakeSocket.last.accept();
    FakeSocket.last.say("reconnect", { after_ms: 800 });
    await vi.advanceTimersByTimeAsync(800);
    expect(FakeSocket.all).toHaveLength(2);
    live.close();
  });

  it("notices a connection that is dead but not closed", async () => {
    const live = connect();
    FakeSocket.last.accept();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(live.state.kind).toBe("reconnecting");
    live.close();
  });

  it("is closed with the last subscription", () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    const leave = live.subscribe("e2", () => undefined);
    FakeSocket.last.accept();
    leave();
    expect(FakeSocket.last.said("unsubscribe")).toEqual({ event_id: "e2" });
    live.close();
    expect(live.state.kind).toBe("connecting");
  });
});
