import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Http, Live, type LiveMessage } from "../src/index.ts";
import { FakeSocket } from "./fake-socket.ts";
import { connect, fetch, reset, subscribed, typesOf, update } from "./live-samples.ts";

beforeEach(reset);
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
    expect(heard.at(-1)).toEqual({ type: "refetch", data: { event_id: "e1" } });
    live.close();
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

  it("notices a connection that is dead but not closed, by its silence over 50 seconds", async () => {
    const live = connect();
    FakeSocket.last.accept();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(live.state.kind).toBe("live");
    await vi.advanceTimersByTimeAsync(1);
    expect(live.state).toEqual({ kind: "reconnecting", attempt: 1, of: 5 });
    live.close();
  });

  it("asks every 20 seconds whether the other side is there, and stays while it answers", async () => {
    const live = connect();
    const socket = FakeSocket.last;
    socket.accept();
    for (let i = 1; i <= 10; i++) {
      await vi.advanceTimersByTimeAsync(20_000);
      expect(socket.sent.filter(({ type }) => type === "ping")).toHaveLength(i);
      socket.say("pong");
    }
    expect(live.state.kind).toBe("live");
    expect(FakeSocket.all).toHaveLength(1);
    live.close();
  });

  it("is silent for exactly 50 seconds at the most", async () => {
    const live = connect();
    FakeSocket.last.accept();
    await vi.advanceTimersByTimeAsync(10_000);
    FakeSocket.last.say("pong");
    await vi.advanceTimersByTimeAsync(50_000);
    expect(live.state.kind).toBe("live");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(live.state.kind).toBe("reconnecting");
    live.close();
  });

  it("counts its tries anew once it is subscribed again", async () => {
    const live = connect();
    for (let i = 0; i < 8; i++) {
      FakeSocket.last.accept();
      FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
      FakeSocket.last.break();
      expect(live.state).toEqual({ kind: "reconnecting", attempt: 1, of: 5 });
      await vi.advanceTimersByTimeAsync(1000);
    }
    live.close();
  });

  it("goes on counting while it is accepted but never subscribed", async () => {
    const live = connect();
    for (let i = 1; i <= 3; i++) {
      FakeSocket.last.accept();
      FakeSocket.last.say("subscribed", subscribed({ event_id: "another" }));
      FakeSocket.last.break();
      expect(live.state).toEqual({ kind: "reconnecting", attempt: i, of: 5 });
      await vi.advanceTimersByTimeAsync(5000);
    }
    live.close();
  });

  it("says how it is to whoever wants to know, until they do not", () => {
    const live = connect();
    const told = vi.fn();
    const stop = live.onState(told);
    FakeSocket.last.accept();
    expect(told).toHaveBeenCalledTimes(1);
    stop();
    FakeSocket.last.break();
    expect(told).toHaveBeenCalledTimes(1);
    live.close();
  });

  it("is asked once for an event, however many listen to it", () => {
    const live = connect();
    FakeSocket.last.accept();
    live.subscribe("e1", () => undefined);
    expect(FakeSocket.last.sent).toHaveLength(1);
    live.close();
  });

  it("polls nothing while it is being opened", async () => {
    const live = connect();
    live.subscribe("e2", () => undefined);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fetch).not.toHaveBeenCalled();
    live.close();
  });

  it("is connecting again after signing in, where there was no session from the first", () => {
    const live = connect();
    FakeSocket.last.break(4401);
    live.reconnect();
    expect(live.state).toEqual({ kind: "connecting" });
    live.close();
  });

  it("is taken for connecting until the first connection", () => {
    expect(new Live({ http: new Http({ fetch }) }).state).toEqual({ kind: "connecting" });
    const live = connect();
    expect(live.state).toEqual({ kind: "connecting" });
    expect(FakeSocket.last.url).toBe("wss://t.example/ws");
    live.close();
  });

  it("restores a session only where there was one", () => {
    const live = connect();
    FakeSocket.last.accept();
    expect(FakeSocket.last.said("restore-session")).toBeUndefined();
    live.close();
    live.subscribe("e1", () => undefined);
    FakeSocket.last.accept();
    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.last.said("restore-session")).toBeUndefined();
    expect(FakeSocket.last.said("subscribe")).toEqual({ event_id: "e1" });
    live.close();
  });

  it("does not ask for a fresh document at the first subscription", () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    expect(heard).toEqual([]);
    live.close();
  });

  it("does not take a message without a version for a place to resume from", async () => {
    const live = connect();
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    FakeSocket.last.say("seat-update", update(4));
    FakeSocket.last.say("event-paused", { event_id: "e1", phase: "paused" });
    FakeSocket.last.say("event-resumed", { event_id: "e1", phase: "on_sale" });
    FakeSocket.last.say("seat-update", update(77, { event_id: "another" }));
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.accept();
    expect(FakeSocket.last.said("subscribe")).toEqual({
      event_id: "e1",
      since: { epoch: "x", version: 4 },
    });
    live.close();
  });

  it("resumes after what it had missed", async () => {
    const live = connect();
    FakeSocket.last.accept();
    FakeSocket.last.say("subscribed", subscribed({ version: 3 }));
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.accept();
    const missed = [
      { type: "seat-update", data: update(4) },
      { type: "seat-update", data: update(5) },
    ];
    FakeSocket.last.say("subscribed", subscribed({ version: 5, recovered: true, missed }));
    FakeSocket.last.break();
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.accept();
    expect(FakeSocket.last.said("subscribe")).toMatchObject({ since: { epoch: "x", version: 5 } });
    live.close();
  });

  it("takes the other side's word for nothing but changes", () => {
    const heard: LiveMessage[] = [];
    const live = connect(heard);
    FakeSocket.last.accept();
    FakeSocket.last.say("pong");
    FakeSocket.last.say("unsubscribed", { event_id: "e1" });
    FakeSocket.last.say("seat-update", update(4));
    expect(typesOf(heard)).toEqual(["seat-update"]);
    live.close();
  });
});

describe("an instance that leaves", () => {
  it("is left at a time of its own within what it gives, and only once", async () => {
    const live = connect([], { random: () => 0.5 });
    FakeSocket.last.accept();
    FakeSocket.last.say("reconnect", { after_ms: 800 });
    FakeSocket.last.say("reconnect", { after_ms: 600 });
    await vi.advanceTimersByTimeAsync(399);
    expect(FakeSocket.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.all).toHaveLength(2);
    expect(FakeSocket.all[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSocket.all).toHaveLength(2);
    live.close();
  });

  it("is left at once when it gives no time", async () => {
    const live = connect([], { random: () => 0.5 });
    FakeSocket.last.accept();
    FakeSocket.last.say("reconnect", { after_ms: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeSocket.all).toHaveLength(2);
    live.close();
  });

  it("is asked for no further event while the way to another one opens", async () => {
    const live = connect();
    FakeSocket.last.accept();
    FakeSocket.last.say("reconnect", { after_ms: 0 });
    await vi.advanceTimersByTimeAsync(0);
    const leave = live.subscribe("e2", () => undefined);
    leave();
    live.subscribe("e3", () => undefined);
    await vi.advanceTimersByTimeAsync(4000);
    expect(fetch).not.toHaveBeenCalled();
    FakeSocket.last.accept();
    const asked = FakeSocket.last.sent.filter(({ type }) => type === "subscribe");
    expect(asked.map(({ data }) => data.event_id)).toEqual(["e1", "e3"]);
    live.close();
  });

  it("does not make the page say that anything was lost", async () => {
    const live = connect();
    const states: string[] = [];
    FakeSocket.last.accept();
    live.onState(() => states.push(live.state.kind));
    FakeSocket.last.say("reconnect", { after_ms: 800 });
    await vi.advanceTimersByTimeAsync(800);
    FakeSocket.all[0]?.break(1001);
    FakeSocket.last.accept();
    expect(new Set(states)).toEqual(new Set(["live"]));
    expect(FakeSocket.all).toHaveLength(2);
    live.close();
  });
});

describe("several events over one connection", () => {
  it("are heard by those who asked for them, and what is for everybody by all", () => {
    const first: LiveMessage[] = [];
    const second: LiveMessage[] = [];
    const live = connect(first);
    FakeSocket.last.accept();
    live.subscribe("e2", (message) => second.push(message));
    expect(FakeSocket.all).toHaveLength(1);
    expect(FakeSocket.last.sent.map(({ type, data }) => [type, data.event_id])).toEqual([
      ["subscribe", "e1"],
      ["subscribe", "e2"],
    ]);
    FakeSocket.last.say("seat-update", update(4, { event_id: "e2" }));
    FakeSocket.last.say("seat-update", update(4));
    FakeSocket.last.say("session-restored", { queue: null, hold: null });
    expect(typesOf(first)).toEqual(["seat-update", "session-restored"]);
    expect(typesOf(second)).toEqual(["seat-update", "session-restored"]);
    live.close();
  });

  it("are asked for together where the connection comes later", () => {
    const live = connect();
    live.subscribe("e2", () => undefined);
    expect(FakeSocket.all).toHaveLength(1);
    expect(FakeSocket.last.sent).toEqual([]);
    FakeSocket.last.accept();
    expect(FakeSocket.last.sent.map(({ data }) => data.event_id)).toEqual(["e1", "e2"]);
    live.close();
  });

  it("are followed until the last listener of each has gone", () => {
    const again: LiveMessage[] = [];
    const live = connect();
    const leaveOne = live.subscribe("e1", (message) => again.push(message));
    const leaveTwo = live.subscribe("e2", () => undefined);
    const socket = FakeSocket.last;
    socket.accept();
    expect(socket.sent.filter(({ type }) => type === "subscribe")).toHaveLength(2);
    leaveOne();
    expect(socket.said("unsubscribe")).toBeUndefined();
    leaveTwo();
    leaveTwo();
    expect(socket.sent.filter(({ type }) => type === "unsubscribe")).toEqual([
      { type: "unsubscribe", data: { event_id: "e2" } },
    ]);
    socket.say("seat-update", update(4));
    expect(again).toEqual([]);
    expect(socket.closed).toBe(false);
    live.close();
    expect(socket.closed).toBe(true);
    expect(live.state.kind).toBe("connecting");
  });

  it("close the connection with the last of them", async () => {
    const live = connect();
    live.close();
    const leave = live.subscribe("e3", () => undefined);
    const socket = FakeSocket.last;
    socket.accept();
    leave();
    expect(socket.closed).toBe(true);
    expect(live.state.kind).toBe("connecting");
    socket.break();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.all).toHaveLength(2);
    expect(fetch).not.toHaveBeenCalled();
  });

  it("are not unsubscribed from over a connection that is not there", () => {
    const live = connect();
    const leave = live.subscribe("e2", () => undefined);
    leave();
    expect(FakeSocket.last.sent).toEqual([]);
    live.close();
  });
});

describe("trying again at once", () => {
  it("does nothing where there is no need", () => {
    const live = connect();
    FakeSocket.last.accept();
    live.reconnect();
    live.close();
    live.reconnect();
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("does not wait for the next try, and counts anew", async () => {
    const live = connect();
    for (let i = 0; i < 3; i++) {
      FakeSocket.last.break();
      await vi.advanceTimersByTimeAsync(5000);
    }
    FakeSocket.last.break();
    live.reconnect();
    expect(FakeSocket.all).toHaveLength(5);
    FakeSocket.last.break();
    expect(live.state).toEqual({ kind: "reconnecting", attempt: 1, of: 5 });
    live.close();
  });

  it("works after signing in, where there was no session", () => {
    const live = connect();
    FakeSocket.last.accept();
    FakeSocket.last.break(4401);
    live.reconnect();
    FakeSocket.last.accept();
    expect(live.state).toEqual({ kind: "live", via: "websocket" });
    live.close();
  });
});

describe("a connection that nobody configures", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ["https:", "tickets.example", "wss://tickets.example/ws"],
    ["http:", "127.0.0.1:8080", "ws://127.0.0.1:8080/ws"],
  ])("goes to the page's own origin: %s//%s", (protocol, host, url) => {
    vi.stubGlobal("location", { protocol, host });
    vi.stubGlobal("WebSocket", FakeSocket);
    const live = new Live({ http: new Http({ fetch }) });
    live.subscribe("e1", () => undefined);
    expect(FakeSocket.last.url).toBe(url);
    live.close();
  });
});
