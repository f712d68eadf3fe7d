import type { Hold } from "@tiketi/client";
import { useSyncExternalStore } from "react";

/** The hold that this device is about to pay for, kept over reloads. */
export interface Basket {
  holdId: string;
  eventId: string;
  expiresAt: string;
}

const KEPT = "tiketi:basket";
const listeners = new Set<() => void>();
let text = localStorage.getItem(KEPT);
let basket = parse(text);

function parse(kept: string | null): Basket | null {
  return kept ? (JSON.parse(kept) as Basket) : null;
}

function write(next: Basket | null): void {
  const value = next ? JSON.stringify(next) : null;
  if (value === text) return;
  text = value;
  basket = next;
  if (value) localStorage.setItem(KEPT, value);
  else localStorage.removeItem(KEPT);
  for (const listener of listeners) listener();
}

export function keepBasket(hold: Pick<Hold, "id" | "event_id" | "expires_at">): void {
  write({ holdId: hold.id, eventId: hold.event_id, expiresAt: hold.expires_at });
}

export function emptyBasket(): void {
  write(null);
}

/** Null as soon as its time is over. */
export function peekBasket(): Basket | null {
  return basket && Date.parse(basket.expiresAt) > Date.now() ? basket : null;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useBasket(): Basket | null {
  return useSyncExternalStore(subscribe, () => basket);
}
