import type { contract, LineStatus, Place } from "../src/index.ts";

export function place(change: Partial<Place> = {}): contract.PlaceOf {
  return {
    event_id: "e1",
    status: "waiting",
    lane: "general",
    number: 1100,
    position: 100,
    total: 500,
    eta_seconds: { low: 60, high: 90 },
    chance: 0.8,
    ticket: "ticket-1",
    poll_after_seconds: 15,
    admission: null,
    ...change,
  };
}

export function status(change: Partial<LineStatus> = {}): LineStatus {
  return {
    event_id: "e1",
    phase: "on_sale",
    waiting: 500,
    active: 10,
    capacity: 10,
    serving_number: 1000,
    last_number: 2000,
    admitted_per_second: 5,
    seats_left: 100,
    seats_held: 40,
    poll_after_seconds: 2,
    as_of: "2026-11-23T20:00:00.000Z",
    priority: { waiting: 0, serving_number: 0 },
    gap: null,
    opens_at: "2026-11-23T19:00:00.000Z",
    ...change,
  };
}
