import type { Presented, Tiketi } from "./api.ts";
import type { Live, LiveMessage } from "./live.ts";
import { type PositionEstimate, PositionTracker } from "./position.ts";
import { ApiError, codeOf } from "./problem.ts";
import type { Hold, LineStatus, Place } from "./types.ts";

/** Where the ticket and the first position are kept between visits, such as `localStorage`. */
export interface KeptValues {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface LineSnapshot {
  place: Place | null;
  status: LineStatus | null;
  estimate: PositionEstimate | null;
  /** The code of the last failure, cleared by the next success. */
  problem: string | null;
  /** What came back with the connection, until `acknowledgeRestored`. */
  restored: { place: Place | null; hold: Hold | null } | null;
}

type KeptName = "ticket" | "admission" | "start";

export interface LineOptions {
  api: Tiketi;
  live: Live;
  eventId: string;
  /** Keeps two accounts on one device apart. */
  userId: string;
  kept: KeptValues;
}

/**
 * One person's place in one line, kept current until `stop`.
 *
 * Joins (which is safe to repeat), asks for the exact place as often as the server says, follows the
 * shared document in between, presents the kept ticket when the line no longer knows the place.
 */
export class Line {
  private readonly options: LineOptions;
  private readonly listeners = new Set<() => void>();
  private readonly tracker: PositionTracker;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private unsubscribe: (() => void) | null = null;
  private running = false;
  private snapshot: LineSnapshot = {
    place: null,
    status: null,
    estimate: null,
    problem: null,
    restored: null,
  };

  constructor(options: LineOptions) {
    this.options = options;
    this.tracker = new PositionTracker(Number(this.kept("start") ?? 0));
  }

  get current(): LineSnapshot {
    return this.snapshot;
  }

  /** Called after each change of `current`; returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Joins, or takes up the place again, and keeps it current. `code` opens an invite lane. */
  start(code?: string): void {
    if (this.running) return;
    this.running = true;
    const { live, eventId } = this.options;
    this.unsubscribe = live.subscribe(eventId, (message) => this.heard(message));
    void this.ask(() => this.join(code));
  }

  stop(): void {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.unsubscribe?.();
  }

  /** Gives up the place or the admission for good. */
  async leave(): Promise<void> {
    await this.options.api.leave(this.options.eventId);
    this.stop();
    for (const name of ["ticket", "admission", "start"] as const) this.keep(name, null);
  }

  acknowledgeRestored(): void {
    this.change({ restored: null });
  }

  /** Ask for the exact place now. */
  refresh(): void {
    void this.ask(() => this.place());
  }

  private async ask(call: () => Promise<Place>): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    let after = 5;
    try {
      const place = await call();
      if (!this.running) return;
      this.arrived(place);
      after = place.poll_after_seconds;
    } catch (error) {
      if (!this.running) return;
      this.change({ problem: codeOf(error) });
      if (!worthRepeating(error)) return;
      after = error instanceof ApiError ? (error.retryAfter ?? after) : after;
    }
    this.askAgain(after);
  }

  private askAgain(afterSeconds: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    const delay = Math.max(1, afterSeconds) * 1000 * (0.9 + 0.2 * Math.random());
    this.timer = setTimeout(() => this.refresh(), delay);
  }

  private join(code?: string): Promise<Place> {
    return this.options.api.join(this.options.eventId, { ...this.presented(), code });
  }

  private async place(): Promise<Place> {
    try {
      return await this.options.api.place(this.options.eventId, this.presented());
    } catch (error) {
      if (codeOf(error) !== "not_in_queue") throw error;
      return this.join();
    }
  }

  private arrived(place: Place): void {
    if (place.ticket) this.keep("ticket", place.ticket);
    this.keep("admission", place.admission?.token);
    this.tracker.place(place);
    this.keep("start", String(this.tracker.startedAt));
    this.change({ place, problem: null, estimate: this.tracker.current() });
  }

  private heard(message: LiveMessage): void {
    if (message.type === "queue-progress") this.progressed(message.data);
    else if (message.type === "queue-enter") this.entered(message.data.admission);
    else if (message.type === "session-restored") this.restored(message.data);
    else if (message.type === "queue-restored") this.arrived(message.data);
    else if (isPhaseMessage(message)) this.refresh();
  }

  private progressed(status: LineStatus): void {
    const before = this.snapshot.status?.phase;
    this.tracker.status(status);
    this.change({ status, estimate: this.tracker.current() });
    if (before && before !== status.phase) this.refresh();
  }

  private entered(admission: Place["admission"]): void {
    const place = this.snapshot.place;
    if (!place) this.refresh();
    else this.change({ place: { ...place, status: "admitted", admission } });
  }

  private restored(session: { queue: Place | null; hold: Hold | null }): void {
    if (session.queue) this.arrived(session.queue);
    this.change({ restored: { place: session.queue, hold: session.hold } });
  }

  /** What puts back the place, or the admission, after a loss of the line. */
  private presented(): Presented {
    return { ticket: this.kept("ticket"), admission: this.kept("admission") };
  }

  private kept(name: KeptName): string | undefined {
    return this.options.kept.getItem(this.key(name)) ?? undefined;
  }

  private keep(name: KeptName, value: string | null | undefined): void {
    if (value) this.options.kept.setItem(this.key(name), value);
    else this.options.kept.removeItem(this.key(name));
  }

  private key(name: KeptName): string {
    return `tiketi:${name}:${this.options.eventId}:${this.options.userId}`;
  }

  private change(change: Partial<LineSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** A changed event is not among them: where everybody stands is as it was. */
function isPhaseMessage({ type }: LiveMessage): boolean {
  return type.startsWith("event-") && type !== "event-changed";
}

/** A refusal stays one until the person does something; a part that is down comes back. */
function worthRepeating(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 429 || error.status >= 500;
}
