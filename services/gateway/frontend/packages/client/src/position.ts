import type { LineStatus, Place } from "./types.ts";

export interface PositionEstimate {
  /** Counts from 1; never grows while the number is the same. */
  position: number;
  total: number;
  /** How far of the way since the first sight of the line, 0 to 1. */
  progress: number;
  etaSeconds: { low: number; high: number } | null;
}

interface Anchor {
  number: number;
  lane: Place["lane"];
  exact: number;
  /** The distance in numbers at the exact answer; null until the first shared document. */
  distance: number | null;
  eta: { low: number; high: number } | null;
}

/**
 * The position in line between the exact answers.
 *
 * The exact rank is asked seldom; in between, the shared document tells how far the line has moved.
 * `number - serving_number` is the distance in numbers. People leave, so the rank is smaller; the
 * ratio of the last exact answer is kept. The position shown never goes up: a line that seems to
 * run backwards is one that nobody trusts.
 */
export class PositionTracker {
  private anchor: Anchor | null = null;
  private latest: LineStatus | null = null;
  private shown = Number.POSITIVE_INFINITY;
  private total = 0;
  private start: number;

  /** `start` is the position at the first sight of this line, kept from an earlier visit. */
  constructor(start = 0) {
    this.start = start;
  }

  /** The position from which progress is counted, to be kept for the next visit. */
  get startedAt(): number {
    return this.start;
  }

  /** An exact answer. */
  place(place: Place): void {
    if (place.number === null || place.position === null) return;
    const { number, lane } = place;
    if (this.anchor && this.anchor.number !== number) this.forget();
    this.anchor = {
      number,
      lane,
      exact: place.position,
      distance: this.latest && distance(number, lane, this.latest),
      eta: place.eta_seconds,
    };
    this.total = place.total;
    this.show(place.position);
  }

  /** The shared document moved on. */
  status(status: LineStatus): void {
    this.latest = status;
    this.total = status.waiting;
    if (!this.anchor) return;
    const { number, lane, exact } = this.anchor;
    const now = distance(number, lane, status);
    this.anchor.distance ??= now;
    this.show(Math.round((exact * now) / Math.max(1, this.anchor.distance)));
  }

  current(): PositionEstimate | null {
    if (!this.anchor) return null;
    const position = this.shown;
    const share = this.anchor.exact > 0 ? position / this.anchor.exact : 0;
    const eta = this.anchor.eta;
    return {
      position,
      total: Math.max(this.total, position),
      progress: this.start > 0 ? Math.min(1, Math.max(0, 1 - (position - 1) / this.start)) : 0,
      etaSeconds: eta && { low: eta.low * share, high: eta.high * share },
    };
  }

  private show(position: number): void {
    this.shown = Math.max(1, Math.min(this.shown, position));
    this.start = Math.max(this.start, this.shown);
  }

  private forget(): void {
    this.shown = Number.POSITIVE_INFINITY;
    this.start = 0;
  }
}

/** How many numbers are to be served until `number` is, the priority lane first. */
function distance(number: number, lane: Place["lane"], status: LineStatus): number {
  if (lane === "priority") return Math.max(0, number - status.priority.serving_number);
  const serving = status.serving_number;
  const gap = status.gap;
  const unused = gap
    ? Math.max(0, Math.min(gap.last, number) - Math.max(gap.first - 1, serving))
    : 0;
  return Math.max(0, number - serving - unused) + status.priority.waiting;
}
