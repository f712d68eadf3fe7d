import type { Manifest } from "./code.ts";

/** An entry that this door allowed while it was offline, not yet told to the server. */
export interface PendingScan {
  code: string;
  scanned_at: string;
  device: string;
}

/** What a door remembers of one event over reloads: manifest, unsent scans, who is inside. */
export class DoorBook {
  private readonly eventId: string;
  private readonly store: Storage;

  constructor(eventId: string, store: Storage) {
    this.eventId = eventId;
    this.store = store;
  }

  get manifest(): Manifest | null {
    return this.read<Manifest | null>("manifest", null);
  }

  set manifest(manifest: Manifest | null) {
    this.write("manifest", manifest);
  }

  get pending(): PendingScan[] {
    return this.read<PendingScan[]>("pending", []);
  }

  /** Tickets that were let in here since the manifest. */
  get usedHere(): Set<string> {
    return new Set(this.read<string[]>("used", []));
  }

  markUsed(ticketId: string): void {
    this.write("used", [...this.usedHere.add(ticketId)]);
  }

  add(scan: PendingScan): void {
    this.write("pending", [...this.pending, scan]);
  }

  /** The first `count` have been taken in. */
  sent(count: number): void {
    this.write("pending", this.pending.slice(count));
  }

  private read<T>(name: string, otherwise: T): T {
    const text = this.store.getItem(this.key(name));
    return text === null ? otherwise : (JSON.parse(text) as T);
  }

  private write(name: string, value: unknown): void {
    this.store.setItem(this.key(name), JSON.stringify(value));
  }

  private key(name: string): string {
    return `tiketi:door:${this.eventId}:${name}`;
  }
}

/** A name for this device, so that two doors can be told apart. */
export function deviceName(store: Storage): string {
  const known = store.getItem("tiketi:door:device");
  if (known) return known;
  const made = `door-${crypto.randomUUID().slice(0, 4)}`;
  store.setItem("tiketi:door:device", made);
  return made;
}
