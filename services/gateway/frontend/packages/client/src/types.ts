/** The shapes of the public API. Times are RFC 3339 strings, money is in the smallest unit. */

export type Phase = "scheduled" | "lobby" | "on_sale" | "paused" | "sold_out" | "ended";
export type Role = "customer" | "staff" | "admin";

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
}

export interface EventSummary {
  id: string;
  name: string;
  venue: string;
  starts_at: string;
  /** Where the event is, an IANA name: its times are shown in it. */
  time_zone: string;
  sale_opens_at: string;
  sale_closes_at: string;
  phase: Phase;
  price_from: number;
  currency: string;
  seats_total: number;
  seats_left: number;
}

export interface TicketType {
  id: string;
  name: string;
  price: number;
  kind: "seated" | "general";
  capacity: number;
}

export interface EventDetail extends EventSummary {
  ticket_types: TicketType[];
  max_per_user: number;
}

export interface Seat {
  id: string;
  section: string;
  row: string;
  number: string;
  ticket_type_id: string;
  x: number;
  y: number;
  accessible: boolean;
}

/** The immutable layout; a seat's place in `seats` is its index everywhere else. */
export interface SeatMapLayout {
  seats: Seat[];
}

/** Available, held, sold, blocked. */
export type SeatState = "a" | "h" | "s" | "x";

export interface GeneralLeft {
  ticket_type_id: string;
  left: number;
}

/** One character of `states` per seat, in layout order. */
export interface AvailabilitySnapshot {
  version: number;
  states: string;
  general: GeneralLeft[];
}

export interface Admission {
  token: string;
  expires_at: string;
}

export type PlaceStatus = "lobby" | "waiting" | "passed_over" | "admitted" | "paused" | "sold_out";

/** The caller's own place in line. */
export interface Place {
  status: PlaceStatus;
  lane: "general" | "priority";
  number: number | null;
  position: number | null;
  total: number | null;
  eta_seconds: { low: number; high: number } | null;
  /** How likely it is that seats are left at the caller's turn, 0 to 1. */
  chance: number | null;
  /** Signed; presented again, it restores the place after the line was lost. */
  ticket: string | null;
  poll_after_seconds: number;
  admission: Admission | null;
}

/** The document that is the same for everyone in the line of one event. */
export interface LineStatus {
  event_id: string;
  phase: Phase;
  waiting: number;
  active: number;
  capacity: number;
  serving_number: number;
  last_number: number;
  admitted_per_second: number;
  seats_left: number;
  /** In baskets at the moment: sold soon, or back on sale. */
  seats_held: number;
  poll_after_seconds: number;
  as_of: string;
  /** People with an invite code, who are served first. */
  priority: { waiting: number; serving_number: number };
  /** Numbers that nobody has. */
  gap: { first: number; last: number } | null;
  opens_at: string;
}

export interface HeldSeat {
  /** Null for general admission. */
  id: string | null;
  section: string | null;
  row: string | null;
  number: string | null;
  ticket_type_id: string;
  ticket_type: string;
  price: number;
}

export interface Hold {
  id: string;
  event_id: string;
  seats: HeldSeat[];
  total: number;
  currency: string;
  expires_at: string;
  /** The order that its payment makes or has made. */
  order_id: string | null;
}

export interface Ticket {
  id: string;
  /** What the QR shows. */
  code: string;
  /** Null for general admission. */
  seat: HeldSeat | null;
  ticket_type: string;
  price: number;
  state: "valid" | "used" | "refunded";
}

export type OrderStatus = "pending" | "declined" | "paid" | "partly_refunded" | "refunded";

/** Orders that are `pending` or `declined` have no tickets. */
export interface Order {
  id: string;
  event_id: string;
  event_name: string;
  venue: string;
  starts_at: string;
  /** Where the event is, an IANA name. */
  time_zone: string;
  status: OrderStatus;
  total: number;
  refunded: number;
  currency: string;
  created_at: string;
  tickets: Ticket[];
}

/** What proves the draw; all but the commitment is null before the opening. */
export interface Draw {
  event_id: string;
  /** SHA-256 of the secret, in hex. */
  commitment: string;
  algorithm: string;
  secret: string | null;
  opened_at_us: number | null;
  participants: number | null;
}

/** What is restored after a reconnect: the place and the hold, where there are any. */
export interface RestoredSession {
  queue: Place | null;
  hold: Hold | null;
}

export interface SeatUpdate {
  event_id: string;
  epoch: string;
  version: number;
  /** The version of the availability document once these changes are applied. */
  availability_version?: number;
  changes: [number, SeatState][];
  general?: Record<string, number>;
}

export type SaleEventType =
  | "event-started"
  | "event-paused"
  | "event-resumed"
  | "event-ended"
  | "event-sold-out";
