import type { EventDetail, Phase, Role, User } from "@tiketi/client";
import { api } from "../../core/tiketi.ts";

// What organisers ask for. Shares are 0 to 1, money is in the smallest unit, durations are seconds.

export type Policy = "lobby" | "first_come" | "open" | "invite";

export interface QueueSettings {
  policy: Policy;
  capacity: number;
  per_second: number;
  admission_seconds: number;
  lobby_seconds: number;
  adaptive: boolean;
  invite_codes: string[];
  paused: boolean;
}

export interface AdminEvent extends EventDetail {
  queue: QueueSettings;
  cancelled: boolean;
}

export interface SeatAt {
  row: number;
  number: number;
}

export interface LayoutSection {
  name: string;
  rows: number;
  seats_per_row: number;
  ticket_type: string;
  accessible: SeatAt[];
  blocked: SeatAt[];
  /** Degrees that its first row spans; 0 where rows are straight. */
  curve: number;
}

export interface NewEvent {
  name: string;
  venue: string;
  starts_at: string;
  sale_opens_at: string;
  sale_closes_at: string;
  currency: string;
  max_per_user: number;
  ticket_types: {
    name: string;
    price: number;
    kind: "seated" | "general";
    capacity?: number;
  }[];
  layout: { sections: LayoutSection[] };
  queue: Partial<QueueSettings>;
}

type Column = (number | null)[];

export interface EventNow {
  id: string;
  name: string;
  phase: Phase;
  lobby: number | null;
  waiting: number | null;
  active: number | null;
  capacity: number | null;
  per_second: number | null;
  pace: number | null;
  admitted_per_second: number | null;
  drain_seconds: number | null;
  oldest_wait_seconds: number | null;
  passed_over: number | null;
  no_shows_total: number | null;
  seats_total: number | null;
  sold: number | null;
  held: number | null;
  left: number | null;
  revenue: number | null;
  currency: string | null;
  orders: number | null;
  refunds: number | null;
  sold_last_hour: number | null;
  conversion: number | null;
  series: Record<"waiting" | "active" | "admitted_per_second" | "sold" | "held", Column>;
}

export interface Overview {
  as_of: string;
  events: EventNow[];
  services: {
    name: string;
    instances: number;
    ready: number;
    cpu: number | null;
    loop_lag_p99_seconds: number | null;
  }[];
  api: {
    requests_per_second: number | null;
    p95_seconds: number | null;
    error_share: number | null;
  };
  till: { hold_seconds_p95: number | null; checkout_seconds_p95: number | null };
  connections: number | null;
  scaling: { desired: number | null; running: number; reason: string };
  sources: { name: string; stale: boolean }[];
  series: Record<
    "waiting" | "active" | "admitted_per_second" | "sold" | "connections" | "requests_per_second",
    Column
  >;
}

export interface OrderLine {
  id: string;
  email: string;
  name: string;
  status: string;
  total: number;
  refunded: number;
  currency: string;
  created_at: string;
  tickets: number;
}

export interface SalesReport {
  currency: string;
  seats_total: number;
  seats_left: number;
  held: number;
  sold: number;
  orders: number;
  refunds: number;
  revenue: number;
  ticket_types: {
    ticket_type_id: string;
    name: string;
    price: number;
    capacity: number;
    sold: number;
    used: number;
    refunded: number;
    revenue: number;
  }[];
  by_hour: { hour: string; orders: number; amount: number }[];
}

const { http } = api;
const of = (eventId: string) => `/api/admin/events/${eventId}`;

export const organiser = {
  overview: () => http.get<Overview>("/api/admin/overview"),
  event: (id: string) => http.get<AdminEvent>(of(id)),
  create: (event: NewEvent, idempotencyKey: string) =>
    http.post<AdminEvent>("/api/admin/events", { body: event, idempotencyKey }),
  change: (id: string, change: object) => http.patch<AdminEvent>(of(id), { body: change }),
  changeQueue: (id: string, change: Partial<QueueSettings>) =>
    http.patch<unknown>(`${of(id)}/queue`, { body: change }),
  block: (id: string, seatIds: string[]) =>
    http.post<unknown>(`${of(id)}/block`, { body: { seat_ids: seatIds } }),
  unblock: (id: string, seatIds: string[]) =>
    http.post<unknown>(`${of(id)}/unblock`, { body: { seat_ids: seatIds } }),
  orders: (id: string, cursor?: string) =>
    http.get<{ orders: OrderLine[]; next_cursor: string | null }>(`${of(id)}/orders`, {
      query: { cursor, limit: 50 },
    }),
  refund: (orderId: string) =>
    http.post<unknown>(`/api/orders/${orderId}/refund`, {
      body: {},
      idempotencyKey: crypto.randomUUID(),
    }),
  report: (id: string) => http.get<SalesReport>(`${of(id)}/report`),
  reportCsv: (id: string) => `${of(id)}/report?format=csv`,
  staff: () => http.get<{ staff: User[] }>("/api/admin/staff"),
  setRole: (email: string, role: Role) =>
    http.post<unknown>("/api/admin/staff", { body: { email, role } }),
};
