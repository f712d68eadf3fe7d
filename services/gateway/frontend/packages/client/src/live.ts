import { retryDelayMs } from "./backoff.ts";
import type { ClientMessage, EventChanged, ServerMessage, SubscribedData } from "./contract.ts";
import type { Http } from "./http.ts";
import type { LineStatus, SeatUpdate } from "./types.ts";

/** How changes arrive at the moment. */
export type LiveState =
  | { kind: "connecting" }
  | { kind: "live"; via: "websocket" | "sse" }
  | { kind: "reconnecting"; attempt: number; of: number }
  | { kind: "polling" };

/** Messages that `Live` itself answers to. */
type Handled = "subscribed" | "unsubscribed" | "pong" | "reconnect";

type Delivered = Exclude<ServerMessage, { type: Handled }>;

export type LiveMessage =
  | Delivered
  /** Changes may have been missed: fetch the availability document again. */
  | { type: "refetch"; data: { event_id: string } };

export type LiveListener = (message: LiveMessage) => void;

export interface LiveOptions {
  http: Http;
  /** `wss://host/ws`; by default the `/ws` of the page's own origin. */
  url?: string;
  WebSocket?: typeof WebSocket;
  EventSource?: typeof EventSource;
  random?: () => number;
}

interface Subscription {
  listeners: Set<LiveListener>;
  cursor: { epoch: string; version: number } | null;
  stream: EventSource | null;
  poll: ReturnType<typeof setTimeout> | null;
}

const TRIES = 5;
/** A connection that is back at the first try needs none. */
const FIRST_POLL_SECONDS = 2.5;
const RETRY_FROM_FALLBACK_MS = 30_000;
const HEARTBEAT_MS = 20_000;
const SILENCE_MS = 50_000;
const NOT_AUTHENTICATED = 4401;
/** Events of the stream, each with a whole message as its data. The others answer what only a
 * WebSocket can ask; `error` is EventSource's own event. */
const STREAMED: Record<
  Exclude<
    ServerMessage["type"],
    "unsubscribed" | "queue-restored" | "session-restored" | "pong" | "reconnect" | "error"
  >,
  true
> = {
  subscribed: true,
  "queue-progress": true,
  "queue-enter": true,
  "seats-offered": true,
  "seat-update": true,
  "event-changed": true,
  "event-started": true,
  "event-paused": true,
  "event-resumed": true,
  "event-ended": true,
  "event-sold-out": true,
};

/**
 * Live changes of any number of events over one connection.
 *
 * The connection is opened with the first subscription and closed with the last. When it is lost,
 * five tries follow, 1 s growing to 5 s apart; a connection that comes back resumes each event from
 * the last version seen and restores the session (place and hold). Meanwhile, and after the fifth
 * try, the same changes come by polling, or by Server-Sent Events where those get through; the
 * WebSocket is tried again every half minute.
 */
export class Live {
  private readonly options: LiveOptions;
  private readonly random: () => number;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly stateListeners = new Set<() => void>();
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private heartbeat: ReturnType<typeof setInterval> | null = null;
  private heardAt = 0;
  private attempt = 0;
  private wasLive = false;
  private current: LiveState = { kind: "connecting" };

  constructor(options: LiveOptions) {
    this.options = options;
    this.random = options.random ?? Math.random;
  }

  get state(): LiveState {
    return this.current;
  }

  /** Called after each change of `state`; returns the function that ends it. */
  onState(listener: () => void): () => void {
    this.stateListeners.add(listener);
    return () => this.stateListeners.delete(listener);
  }

  /** Everything about one event, until the returned function is called. */
  subscribe(eventId: string, listener: LiveListener): () => void {
    const known = this.subscriptions.get(eventId);
    const subscription = known ?? { listeners: new Set(), cursor: null, stream: null, poll: null };
    subscription.listeners.add(listener);
    this.subscriptions.set(eventId, subscription);
    if (!known) this.begin(eventId);
    return () => this.leave(eventId, listener);
  }

  /** Try again at once: the network is said to be back. */
  reconnect(): void {
    if (this.current.kind === "live" || this.subscriptions.size === 0) return;
    this.attempt = 0;
    this.connect();
  }

  close(): void {
    for (const eventId of [...this.subscriptions.keys()]) this.end(eventId);
    this.disconnect();
  }

  private begin(eventId: string): void {
    if (this.subscriptions.size === 1) this.connect();
    else if (this.isOpen()) this.sendSubscribe(eventId);
    else if (this.fellBack()) this.fallBack(eventId);
  }

  private leave(eventId: string, listener: LiveListener): void {
    const subscription = this.subscriptions.get(eventId);
    subscription?.listeners.delete(listener);
    if (!subscription || subscription.listeners.size > 0) return;
    this.end(eventId);
    if (this.isOpen()) this.send({ type: "unsubscribe", data: { event_id: eventId } });
    if (this.subscriptions.size === 0) this.disconnect();
  }

  private end(eventId: string): void {
    this.stopFallBack(eventId);
    this.subscriptions.delete(eventId);
  }

  // The socket

  private connect(): void {
    this.drop();
    if (this.attempt === 0 && !this.wasLive) this.become({ kind: "connecting" });
    const Socket = this.options.WebSocket ?? globalThis.WebSocket;
    const socket = new Socket(this.options.url ?? pageSocketUrl());
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (message) =>
      this.received(JSON.parse(String(message.data)) as ServerMessage);
    socket.onclose = (close) => {
      if (this.socket === socket) this.lost(close.code);
    };
  }

  private opened(): void {
    for (const eventId of this.subscriptions.keys()) {
      this.sendSubscribe(eventId);
      if (this.wasLive) this.send({ type: "restore-session", data: { event_id: eventId } });
      this.stopFallBack(eventId);
    }
    this.heardAt = Date.now();
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.wasLive = true;
    this.become({ kind: "live", via: "websocket" });
  }

  /** A connection that is dead but not closed is noticed by its silence. */
  private beat(): void {
    if (Date.now() - this.heardAt > SILENCE_MS) this.lost(1006);
    else this.send({ type: "ping", data: {} });
  }

  private lost(code: number): void {
    this.drop();
    if (this.subscriptions.size === 0) return;
    if (code === NOT_AUTHENTICATED) {
      this.become({ kind: "polling" });
      this.fallBackAll();
      return;
    }
    this.attempt += 1;
    const exhausted = this.attempt > TRIES;
    if (!exhausted) this.become({ kind: "reconnecting", attempt: this.attempt, of: TRIES });
    else if (!this.fellBack()) this.become({ kind: "polling" });
    this.fallBackAll();
    const delay = exhausted
      ? RETRY_FROM_FALLBACK_MS * (0.75 + 0.5 * this.random())
      : retryDelayMs(this.attempt, this.random);
    this.retry = setTimeout(() => this.connect(), delay);
  }

  private drop(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    if (this.heartbeat !== null) clearInterval(this.heartbeat);
    const socket = this.socket;
    this.retry = this.heartbeat = this.socket = null;
    socket?.close();
  }

  private disconnect(): void {
    this.drop();
    this.attempt = 0;
    this.wasLive = false;
    this.become({ kind: "connecting" });
  }

  private isOpen(): boolean {
    return this.heartbeat !== null;
  }

  private send(message: ClientMessage): void {
    this.socket?.send(JSON.stringify(message));
  }

  private sendSubscribe(eventId: string): void {
    const since = this.subscriptions.get(eventId)?.cursor;
    const data = since ? { event_id: eventId, since } : { event_id: eventId };
    this.send({ type: "subscribe", data });
  }

  // Messages

  private received(message: ServerMessage): void {
    this.heardAt = Date.now();
    if (message.type === "subscribed") this.subscribed(message.data);
    else if (message.type === "reconnect") this.asked(message.data.after_ms);
    else if (message.type !== "pong" && message.type !== "unsubscribed") this.deliver(message);
  }

  private subscribed(data: SubscribedData): void {
    const eventId = data.event_id;
    const subscription = this.subscriptions.get(eventId);
    if (!subscription) return;
    this.attempt = 0;
    const first = subscription.cursor === null;
    for (const missed of data.missed as Delivered[]) this.deliver(missed);
    subscription.cursor = { epoch: data.epoch, version: data.version };
    if (!data.recovered && !first) {
      this.emit(eventId, { type: "refetch", data: { event_id: eventId } });
    }
  }

  /** This instance is leaving: move to another one, spread over the time it gives. */
  private asked(afterMs: number): void {
    if (this.retry !== null) return;
    this.retry = setTimeout(() => this.connect(), afterMs * this.random());
  }

  private deliver(message: Delivered): void {
    const { data } = message;
    if ("epoch" in data) this.advance(data);
    const eventId = "event_id" in data ? data.event_id : undefined;
    if (typeof eventId === "string") this.emit(eventId, message);
    else for (const id of this.subscriptions.keys()) this.emit(id, message);
  }

  /** Remembers the last version seen, from which a lost connection is resumed. */
  private advance(seen: SeatUpdate | EventChanged): void {
    const subscription = this.subscriptions.get(seen.event_id);
    if (subscription) subscription.cursor = { epoch: seen.epoch, version: seen.version };
  }

  private emit(eventId: string, message: LiveMessage): void {
    for (const listener of this.subscriptions.get(eventId)?.listeners ?? []) listener(message);
  }

  private become(state: LiveState): void {
    this.current = state;
    for (const listener of this.stateListeners) listener();
  }

  // Without a WebSocket

  private fellBack(): boolean {
    const { current } = this;
    return current.kind === "polling" || (current.kind === "live" && current.via === "sse");
  }

  private fallBackAll(): void {
    for (const eventId of this.subscriptions.keys()) this.fallBack(eventId);
  }

  private fallBack(eventId: string): void {
    const subscription = this.subscriptions.get(eventId);
    if (!subscription) return;
    const streams = subscription.stream !== null;
    if (subscription.poll === null && !streams) this.schedulePoll(eventId, FIRST_POLL_SECONDS);
    // Without a session (no tries) a stream would be refused as the socket was.
    if (this.fellBack() && this.attempt > 0) this.openStream(eventId);
  }

  private stopFallBack(eventId: string): void {
    const subscription = this.subscriptions.get(eventId);
    if (!subscription) return;
    if (subscription.poll !== null) clearTimeout(subscription.poll);
    subscription.stream?.close();
    subscription.poll = subscription.stream = null;
  }

  private openStream(eventId: string): void {
    const subscription = this.subscriptions.get(eventId);
    const Stream = this.options.EventSource ?? globalThis.EventSource;
    if (!subscription || subscription.stream || !Stream) return;
    const stream = new Stream(`${this.options.http.baseUrl}/api/events/${eventId}/stream`);
    subscription.stream = stream;
    stream.onopen = () => this.streaming(eventId);
    for (const type of Object.keys(STREAMED)) {
      stream.addEventListener(type, (message) => {
        this.received(JSON.parse(String((message as MessageEvent).data)) as ServerMessage);
      });
    }
    stream.onerror = () => this.streamLost(eventId, stream);
  }

  private streaming(eventId: string): void {
    const subscription = this.subscriptions.get(eventId);
    if (!subscription) return;
    if (subscription.poll !== null) clearTimeout(subscription.poll);
    subscription.poll = null;
    this.become({ kind: "live", via: "sse" });
    this.emit(eventId, { type: "refetch", data: { event_id: eventId } });
  }

  private streamLost(eventId: string, stream: EventSource): void {
    const subscription = this.subscriptions.get(eventId);
    if (!subscription || subscription.stream !== stream) return;
    stream.close();
    subscription.stream = null;
    this.become({ kind: "polling" });
    if (subscription.poll === null) this.schedulePoll(eventId, FIRST_POLL_SECONDS);
  }

  private schedulePoll(eventId: string, afterSeconds: number): void {
    const subscription = this.subscriptions.get(eventId);
    if (!subscription) return;
    const delay = afterSeconds * 1000 * (0.8 + 0.4 * this.random());
    subscription.poll = setTimeout(() => void this.poll(eventId), delay);
  }

  private async poll(eventId: string): Promise<void> {
    let after = 5;
    try {
      const path = `/api/events/${eventId}/queue/status`;
      const status = await this.options.http.get<LineStatus>(path);
      after = Math.min(status.poll_after_seconds, 10);
      this.emit(eventId, { type: "queue-progress", data: status });
    } catch {
      // The next poll is the remedy; the page shows the state of the connection meanwhile.
    }
    this.emit(eventId, { type: "refetch", data: { event_id: eventId } });
    if (this.subscriptions.get(eventId)?.poll != null) this.schedulePoll(eventId, after);
  }
}

function pageSocketUrl(): string {
  const { protocol, host } = globalThis.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/ws`;
}
