import type { AvailabilitySnapshot, SeatState, SeatUpdate } from "./types.ts";

/** The states of all seats, one character code each, kept current by live changes. */
export class Availability {
  /** Character codes of `a`, `h`, `s`, `x` in layout order. */
  states: Uint8Array = new Uint8Array(0);
  general: Map<string, number> = new Map();
  version = -1;
  private early: SeatUpdate[] = [];

  /** A full document. Returns the indices that changed; all of them the first time. */
  load(snapshot: AvailabilitySnapshot): number[] {
    if (snapshot.version < this.version) return [];
    const before = this.states;
    const states = new TextEncoder().encode(snapshot.states);
    const changed: number[] = [];
    for (let i = 0; i < states.length; i++) if (states[i] !== before[i]) changed.push(i);
    this.states = states;
    this.version = snapshot.version;
    this.general = new Map(snapshot.general.map((entry) => [entry.ticket_type_id, entry.left]));
    const early = this.early;
    this.early = [];
    return [...changed, ...early.flatMap((update) => this.apply(update))];
  }

  /**
   * A live change. Returns the indices that changed. Changes that arrive before the first document
   * wait for it; changes that the document already holds are dropped.
   */
  apply(update: SeatUpdate): number[] {
    if (this.version < 0) {
      this.early.push(update);
      return [];
    }
    if (update.availability_version <= this.version) return [];
    this.version = update.availability_version;
    for (const [id, left] of Object.entries(update.general)) this.general.set(id, left);
    return update.changes
      .filter(([index, state]) => this.set(index, state))
      .map(([index]) => index);
  }

  state(index: number): SeatState {
    return String.fromCharCode(this.states[index] ?? 120) as SeatState;
  }

  private set(index: number, state: SeatState): boolean {
    const code = state.charCodeAt(0);
    if (index >= this.states.length || this.states[index] === code) return false;
    this.states[index] = code;
    return true;
  }
}
