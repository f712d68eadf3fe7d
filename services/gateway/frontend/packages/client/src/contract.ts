// Generated from the gateway's openapi.json and asyncapi.json by `make openapi`.

export type ServerMessage =
  | {
      type: "subscribed";
      data: SubscribedData;
    }
  | {
      type: "unsubscribed";
      data: OfEvent;
    }
  | {
      type: "queue-restored";
      data: PlaceOf;
    }
  | {
      type: "session-restored";
      data: Restored;
    }
  | {
      type: "pong";
      data: Empty;
    }
  | {
      type: "queue-progress";
      data: Progress;
    }
  | {
      type: "queue-enter";
      data: Enter;
    }
  | {
      type: "seats-offered";
      data: SeatsOffered;
    }
  | {
      type: "seat-update";
      data: SeatUpdate;
    }
  | {
      type: "event-changed";
      data: EventChanged;
    }
  | {
      type: "event-started";
      data: SaleMoved;
    }
  | {
      type: "event-paused";
      data: SaleMoved;
    }
  | {
      type: "event-resumed";
      data: SaleMoved;
    }
  | {
      type: "event-ended";
      data: SaleMoved;
    }
  | {
      type: "event-sold-out";
      data: SaleMoved;
    }
  | {
      type: "reconnect";
      data: Reconnect;
    }
  | {
      type: "error";
      data: Refused;
    };

export type ClientMessage =
  | {
      type: "subscribe";
      data: Subscribe;
    }
  | {
      type: "unsubscribe";
      data: OfEvent;
    }
  | {
      type: "check-queue-status";
      data: OfEvent;
    }
  | {
      type: "restore-session";
      data: OfEvent;
    }
  | {
      type: "ping";
      data?: Empty;
    };

export interface DeliveryList {
  deliveries: DeliveryView[];
  next_cursor: string | null;
}
/**
 * `url` is the webhook's; `message` is the domain event that is delivered.
 */
export interface DeliveryView {
  id: string;
  kind: "mail" | "webhook";
  url: string | null;
  message_id: string;
  message: {
    [k: string]: unknown;
  };
  status: "delivered" | "parked" | "pending" | "unsent";
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
  created_at: string;
  delivered_at: string | null;
}

export interface EventList {
  events: EventSummary[];
  next_cursor: string | null;
}
/**
 * `time_zone` is where the event is, an IANA name such as `Asia/Seoul`: pages show its times in it, as tickets and mails do.
 */
export interface EventSummary {
  id: string;
  name: string;
  venue: string;
  starts_at: string;
  time_zone: string;
  sale_opens_at: string;
  sale_closes_at: string;
  phase: "ended" | "lobby" | "on_sale" | "paused" | "scheduled" | "sold_out";
  price_from: number;
  currency: string;
  seats_total: number;
  seats_left: number;
}

export interface NewEvent {
  name: string;
  venue: string;
  starts_at: string;
  sale_opens_at: string;
  sale_closes_at: string;
  ticket_types: NewTicketType[];
  currency?: string;
  max_per_user?: number;
  layout?: NewLayout;
  queue?: QueueSettings;
}
/**
 * `capacity` of a seated type is the number of its seats, and may be left out.
 */
export interface NewTicketType {
  name: string;
  price: number;
  kind?: "general" | "seated";
  capacity?: number | null;
}

export interface NewLayout {
  sections?: Section[];
}
/**
 * `ticket_type` is the type's name; blocked seats are not on sale at first; `curve` is the angle in degrees that its first row spans, 0 where rows are straight.
 */
export interface Section {
  name: string;
  rows: number;
  seats_per_row: number;
  ticket_type: string;
  accessible?: SeatAt[];
  blocked?: SeatAt[];
  curve?: number;
}
/**
 * A seat of a section; both count from 1.
 */
export interface SeatAt {
  row: number;
  number: number;
}
/**
 * How the line of one event is run; see the numbers in the product's definition.
 */
export interface QueueSettings {
  policy?: "first_come" | "invite" | "lobby" | "open";
  capacity?: number;
  per_second?: number;
  admission_seconds?: number;
  grace_seconds?: number;
  lobby_seconds?: number;
  adaptive?: boolean;
  invite_codes?: string[];
  paused?: boolean;
}
/**
 * What organisers see besides. `unreadable` names fields whose stored value cannot be used; the event is neither listed nor sold until they are changed.
 */
export interface AdminEventView {
  id: string;
  name: string;
  venue: string;
  starts_at: string;
  time_zone: string;
  sale_opens_at: string;
  sale_closes_at: string;
  phase: "ended" | "lobby" | "on_sale" | "paused" | "scheduled" | "sold_out";
  price_from: number;
  currency: string;
  seats_total: number;
  seats_left: number;
  ticket_types: TicketTypeView[];
  max_per_user: number;
  queue: QueueSettings;
  cancelled: boolean;
  version: number;
  unreadable: string[];
}

export interface TicketTypeView {
  id: string;
  name: string;
  price: number;
  kind: "general" | "seated";
  capacity: number;
}
/**
 * What is absent stays. `cancelled` cannot be taken back: everyone is refunded.
 */
export interface EventChange {
  name?: string | null;
  venue?: string | null;
  starts_at?: string | null;
  sale_opens_at?: string | null;
  sale_closes_at?: string | null;
  max_per_user?: number | null;
  ticket_types?: TicketTypeChange[];
  cancelled?: true | null;
}
/**
 * `capacity` changes for general admission only.
 */
export interface TicketTypeChange {
  id: string;
  name?: string | null;
  price?: number | null;
  capacity?: number | null;
}

export interface SeatIds {
  seat_ids: string[];
}

export interface OrderLineList {
  orders: OrderLineView[];
  next_cursor: string | null;
}

export interface OrderLineView {
  id: string;
  user_id: string;
  email: string;
  name: string;
  status: string;
  total: number;
  refunded: number;
  currency: string;
  created_at: string;
  tickets: number;
}
/**
 * What is absent stays.
 */
export interface QueueChange {
  policy?: ("first_come" | "invite" | "lobby" | "open") | null;
  capacity?: number | null;
  per_second?: number | null;
  admission_seconds?: number | null;
  grace_seconds?: number | null;
  lobby_seconds?: number | null;
  adaptive?: boolean | null;
  invite_codes?: string[] | null;
  paused?: boolean | null;
}
/**
 * `revenue` is what was paid and not given back.
 */
export interface SalesReport {
  event_id: string;
  name: string;
  currency: string;
  seats_total: number;
  seats_left: number;
  held: number;
  sold: number;
  orders: number;
  refunds: number;
  revenue: number;
  ticket_types: TypeReport[];
  by_hour: HourReport[];
}

export interface TypeReport {
  ticket_type_id: string;
  name: string;
  price: number;
  capacity: number;
  sold: number;
  used: number;
  refunded: number;
  revenue: number;
}

export interface HourReport {
  hour: string;
  orders: number;
  amount: number;
}

export interface Overview {
  as_of: string;
  events: EventNow[];
  services: ServiceNow[];
  api: ApiNow;
  till: BookingHealthNow;
  connections: number | null;
  scaling: ScalingNow;
  sources: SourceNow[];
  series: Series;
}
/**
 * One event whose line or sale is of interest now.
 */
export interface EventNow {
  id: string;
  name: string;
  phase: "ended" | "lobby" | "on_sale" | "paused" | "scheduled" | "sold_out";
  lobby: number | null;
  waiting: number | null;
  active: number | null;
  capacity: number | null;
  per_second: number | null;
  pace: number | null;
  admitted_per_second: number | null;
  admitted_total: number | null;
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
  series: Columns;
}
/**
 * One event over time; each list is as long as `Series.at`, null where nothing was known.
 */
export interface Columns {
  waiting: (number | null)[];
  active: (number | null)[];
  admitted_per_second: (number | null)[];
  sold: (number | null)[];
  held: (number | null)[];
}
/**
 * One service: how many instances answer, and how hard they work.
 */
export interface ServiceNow {
  name: string;
  instances: number;
  ready: number;
  cpu: number | null;
  cpu_mean: number | null;
  loop_lag_p99_seconds: number | null;
}
/**
 * The gateways' requests of the last minute.
 */
export interface ApiNow {
  requests_per_second: number | null;
  p95_seconds: number | null;
  error_share: number | null;
}
/**
 * Booking's health as it measures it itself.
 */
export interface BookingHealthNow {
  hold_seconds_p95: number | null;
  checkout_seconds_p95: number | null;
  error_share: number | null;
}

export interface ScalingNow {
  desired: number | null;
  running: number;
  minimum: number;
  maximum: number;
  waiting: number | null;
  reason: string;
  leader: string | null;
  history: ScalingChange[];
}

export interface ScalingChange {
  at: string;
  before: number;
  after: number;
  waiting: number;
  reason: string;
}
/**
 * Whether what is shown of one service is fresh.
 */
export interface SourceNow {
  name: string;
  age_seconds: number | null;
  stale: boolean;
  error: string | null;
}
/**
 * The last 10 minutes in steps of 5 s, oldest first; every list is as long as `at`.
 */
export interface Series {
  at: string[];
  waiting: (number | null)[];
  active: (number | null)[];
  admitted_per_second: (number | null)[];
  sold: (number | null)[];
  connections: (number | null)[];
  requests_per_second: (number | null)[];
  p95_seconds: (number | null)[];
  error_share: (number | null)[];
  desired: (number | null)[];
}

export interface StaffList {
  staff: UserView[];
}

export interface UserView {
  id: string;
  email: string;
  name: string;
  role: "admin" | "customer" | "staff";
}

export interface StaffChange {
  email: string;
  role: "admin" | "customer" | "staff";
}

export interface WebhookList {
  webhooks: WebhookView[];
}

export interface WebhookView {
  id: string;
  url: string;
  events: ("order_paid" | "order_refunded")[];
  created_at: string;
}

export interface NewWebhook {
  url: string;
  /**
   * @minItems 1
   * @maxItems 2
   */
  events:
    | ["order_paid" | "order_refunded"]
    | ["order_paid" | "order_refunded", "order_paid" | "order_refunded"];
}
/**
 * The `secret` signs every delivery and is told this once.
 */
export interface WebhookCreated {
  id: string;
  url: string;
  events: ("order_paid" | "order_refunded")[];
  created_at: string;
  secret: string;
}

export interface LogIn {
  email: string;
  password: string;
}

export interface SignedIn {
  user: UserView;
  token: string;
}

export interface PasswordResetRequest {
  email: string;
}
/**
 * `token` is the part of the mailed link after `#`.
 */
export interface PasswordReset {
  token: string;
  password: string;
}

export interface SignUp {
  email: string;
  password: string;
  name: string;
}
/**
 * With `event_id`, tickets of other events are refused; `device` names the door.
 */
export interface CheckIn {
  code: string;
  event_id?: string | null;
  device?: string;
}

export interface AdmittedAnswer {
  ticket: AdmittedTicket;
}
/**
 * `seat` is null for general admission.
 */
export interface AdmittedTicket {
  id: string;
  order_id: string;
  event_id: string;
  event: string;
  ticket_type: string;
  seat: DoorSeat | null;
  holder: string;
  used_at: string;
}

export interface DoorSeat {
  section: string;
  row: string;
  number: string;
}

export interface IrregularList {
  irregular: IrregularView[];
  next_cursor: string | null;
}
/**
 * `double`: two doors let in the same ticket; `cancelled`: it had been refunded.
 */
export interface IrregularView {
  ticket_id: string;
  outcome: "cancelled" | "double";
  entry: EntryView;
  first: EntryView | null;
}

export interface EntryView {
  device: string;
  scanned_at: string;
}
/**
 * What a door takes along to work offline: how to verify codes, and which ones open nothing. `revoked` tickets were refunded, `used` ones are inside already.
 */
export interface Manifest {
  event_id: string;
  event: string;
  starts_at: string;
  keys: PublicKeyView[];
  revoked: string[];
  used: string[];
  as_of: string;
}
/**
 * `x` as in a JWK of kind OKP, curve Ed25519 (base64url of the 32 bytes).
 */
export interface PublicKeyView {
  key_id: string;
  x: string;
}

export interface Sync {
  /**
   * @maxItems 500
   */
  scans: OfflineScan[];
  event_id?: string | null;
}
/**
 * `scanned_at` is the device's clock; together with `device` it names the scan.
 */
export interface OfflineScan {
  code: string;
  scanned_at: string;
  device: string;
}
/**
 * In the order of the scans that were sent.
 */
export interface SyncedAnswer {
  results: SyncedView[];
}
/**
 * `first` is the scan that used the ticket, where `outcome` is `double`.
 */
export interface SyncedView {
  outcome: "admitted" | "double" | "ticket_cancelled" | "unknown_ticket" | "wrong_event";
  ticket_id: string | null;
  scan: EntryView;
  first: EntryView | null;
}

export interface EventView {
  id: string;
  name: string;
  venue: string;
  starts_at: string;
  time_zone: string;
  sale_opens_at: string;
  sale_closes_at: string;
  phase: "ended" | "lobby" | "on_sale" | "paused" | "scheduled" | "sold_out";
  price_from: number;
  currency: string;
  seats_total: number;
  seats_left: number;
  ticket_types: TicketTypeView[];
  max_per_user: number;
}

export interface AvailabilityView {
  version: number;
  states: string;
  general: GeneralLeft[];
}

export interface GeneralLeft {
  ticket_type_id: string;
  left: number;
}
/**
 * Either `seat_ids`, or `ticket_type_id` and `quantity`. `or_nearest`: where others were faster, as many seats of the same ticket type as near as can be are held at once; where there are none, those that come back, for as long as this is asked again at least every 30 seconds.
 */
export interface HoldWish {
  seat_ids?: string[] | null;
  ticket_type_id?: string | null;
  quantity?: number | null;
  or_nearest?: boolean;
}

export interface HoldAnswer {
  hold: HoldView;
}
/**
 * `order_id` is the order that its payment makes or has made; null before a payment begins and after one was declined.
 */
export interface HoldView {
  id: string;
  event_id: string;
  seats: HeldSeat[];
  total: number;
  currency: string;
  expires_at: string;
  order_id?: string | null;
}
/**
 * `id`, `section`, `row` and `number` are null for general admission.
 */
export interface HeldSeat {
  id: string | null;
  section: string | null;
  row: string | null;
  number: string | null;
  ticket_type_id: string;
  ticket_type: string;
  price: number;
}
/**
 * Where one person stands. `number` and `position` are null where there is none: in the lobby before the draw, and for the admitted (`position`).
 */
export interface Place {
  status: "admitted" | "lobby" | "passed_over" | "paused" | "sold_out" | "waiting";
  lane: "general" | "lobby" | "priority";
  number: number | null;
  position: number | null;
  total: number;
  eta_seconds: Range | null;
  chance: number | null;
  ticket: string;
  poll_after_seconds: number;
  admission: AdmissionGrant | null;
}

export interface Range {
  low: number;
  high: number;
}
/**
 * `token` is the header `Queue-Admission` of a hold.
 */
export interface AdmissionGrant {
  token: string;
  expires_at: string;
}
/**
 * What a person may present: the restore ticket of their place and their admission, both for use after a loss of the line, and a code that admits to the priority lane.
 */
export interface VisitBody {
  ticket?: string | null;
  code?: string | null;
  admission?: string | null;
}
/**
 * What proves the draw. `secret`, `opened_at_us` and `participants` are null before the opening. `tiketi-verify-draw` needs all of them.
 */
export interface DrawDocument {
  event_id: string;
  commitment: string;
  algorithm: string;
  secret: string | null;
  opened_at_us: number | null;
  participants: number | null;
}
/**
 * The shared document. A client's position is about `number - serving_number`, less the numbers of `gap` in between, plus `priority.waiting`; see docs of the contract.
 */
export interface Progress {
  event_id: string;
  phase: "ended" | "lobby" | "on_sale" | "paused" | "scheduled" | "sold_out";
  waiting: number;
  active: number;
  capacity: number;
  serving_number: number;
  last_number: number;
  admitted_per_second: number;
  seats_left: number;
  seats_held: number;
  poll_after_seconds: number;
  as_of: string;
  priority: PriorityLane;
  gap: Gap | null;
  opens_at: string;
}

export interface PriorityLane {
  waiting: number;
  serving_number: number;
}
/**
 * Numbers that nobody has; to be left out when a position is computed from a number.
 */
export interface Gap {
  first: number;
  last: number;
}

export interface SeatMapView {
  event_id: string;
  seats: SeatOnMap[];
}

export interface SeatOnMap {
  id: string;
  section: string;
  row: string;
  number: string;
  ticket_type_id: string;
  x: number;
  y: number;
  accessible: boolean;
}
/**
 * `position` counts from 1 and is null unless `status` is `waiting`.
 */
export interface WaitlistPlace {
  status: "lapsed" | "left" | "offered" | "taken" | "waiting";
  position: number | null;
  total: number;
  quantity: number;
  ticket_type_id: string | null;
  joined_at: string;
  offer: OfferView | null;
}
/**
 * The hold made for the person: to be checked out before it expires.
 */
export interface OfferView {
  hold_id: string;
  expires_at: string;
}
/**
 * Without `ticket_type_id` any type will do.
 */
export interface WaitlistJoin {
  quantity?: number;
  ticket_type_id?: string | null;
}

export interface HoldList {
  holds: HoldView[];
}

export interface Checkout {
  payment: PaymentWith;
}

export interface PaymentWith {
  provider?: string;
  token?: string;
}

export interface OrderAnswer {
  order: OrderView;
}
/**
 * `pending` and `declined` orders have no tickets; `action` is what the buyer's browser needs to go on with the payment, where the provider asks for more.
 */
export interface OrderView {
  id: string;
  event_id: string;
  event_name: string;
  venue: string;
  starts_at: string;
  time_zone: string;
  status: "declined" | "paid" | "partly_refunded" | "pending" | "refunded";
  total: number;
  refunded: number;
  currency: string;
  created_at: string;
  tickets: TicketView[];
  action?: string | null;
}
/**
 * `code` is what the QR shows; `seat` is null for general admission.
 */
export interface TicketView {
  id: string;
  code: string;
  seat: HeldSeat | null;
  ticket_type: string;
  price: number;
  state: "refunded" | "used" | "valid";
}
/**
 * What is absent stays. A new address or password needs `current_password`.
 */
export interface ProfileChange {
  name?: string | null;
  email?: string | null;
  password?: string | null;
  current_password?: string | null;
}

export interface OrderList {
  orders: OrderView[];
  next_cursor: string | null;
}
/**
 * Without `ticket_ids` the whole order.
 */
export interface RefundRequest {
  ticket_ids?: string[] | null;
  reason?: string;
}
/**
 * `GET /ws?ticket=` takes it once, within `expires_in` seconds.
 */
export interface WsTicket {
  ticket: string;
  expires_in: number;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /**
   * Stable, snake_case.
   */
  code: string;
  request_id: string;
  errors?: {
    field: string;
    message: string;
  }[];
}

export interface Subscribe {
  event_id: string;
  since?: Since | null;
}
/**
 * The last message seen.
 */
export interface Since {
  epoch: string;
  version: number;
}

export interface OfEvent {
  event_id: string;
}
/**
 * Nothing.
 */
export interface Empty {}
/**
 * `missed` are the messages since `since`, whole. Not `recovered`: changes may have been missed, fetch the availability again; sent unasked when a channel had to begin anew.
 */
export interface SubscribedData {
  event_id: string;
  epoch: string;
  version: number;
  recovered: boolean;
  missed: unknown[];
}
/**
 * A place, and which event it is of: a client may stand in several lines.
 */
export interface PlaceOf {
  status: "admitted" | "lobby" | "passed_over" | "paused" | "sold_out" | "waiting";
  lane: "general" | "lobby" | "priority";
  number: number | null;
  position: number | null;
  total: number;
  eta_seconds: Range | null;
  chance: number | null;
  ticket: string;
  poll_after_seconds: number;
  admission: AdmissionGrant | null;
  event_id: string;
}
/**
 * The place and the hold, each null where there is none.
 */
export interface Restored {
  event_id: string;
  queue: PlaceOf | null;
  hold: HoldView | null;
}

export interface Enter {
  event_id: string;
  admission: AdmissionGrant;
}
/**
 * Seats that came back are held for you; `expires_at` is RFC 3339.
 */
export interface SeatsOffered {
  event_id: string;
  hold_id: string;
  expires_at: string;
}
/**
 * `changes` are [seat index, state]; `general` is what is left per ticket type where it changed; `availability_version` orders this against `GET /api/events/{id}/availability`.
 */
export interface SeatUpdate {
  availability_version: number;
  changes: [number, "a" | "h" | "s" | "x"][];
  general: {
    [k: string]: number;
  };
  event_id: string;
  epoch: string;
  version: number;
}
/**
 * An organiser changed the event: fetch it again.
 */
export interface EventChanged {
  sale_version: number;
  event_id: string;
  epoch: string;
  version: number;
}

export interface SaleMoved {
  event_id: string;
  phase: "ended" | "lobby" | "on_sale" | "paused" | "scheduled" | "sold_out";
}
/**
 * This instance is leaving: connect again after this time, to another one.
 */
export interface Reconnect {
  after_ms: number;
}
/**
 * `event_id` where it is about one.
 */
export interface Refused {
  code: string;
  detail: string;
  event_id?: string | null;
}
