/**
 * The shapes of the public API under the names that this client gives them. All of them are generated
 * (`contract.ts`). Times are RFC 3339 strings, money is in the smallest unit.
 */

import type {
  EventView,
  Place,
  SeatMapView,
  SeatUpdate,
  ServerMessage,
  UserView,
} from "./contract.ts";

export type {
  AdmissionGrant as Admission,
  AvailabilityView as AvailabilitySnapshot,
  DrawDocument as Draw,
  EventSummary,
  EventView as EventDetail,
  GeneralLeft,
  HeldSeat,
  HoldView as Hold,
  OrderView as Order,
  Place,
  Progress as LineStatus,
  Restored as RestoredSession,
  SeatOnMap as Seat,
  SeatUpdate,
  TicketTypeView as TicketType,
  TicketView as Ticket,
  UserView as User,
} from "./contract.ts";

export type Phase = EventView["phase"];
export type Role = UserView["role"];
export type PlaceStatus = Place["status"];

/** The immutable layout; a seat's place in `seats` is its index everywhere else. */
export type SeatMapLayout = Pick<SeatMapView, "seats">;

/** Available, held, sold, blocked. */
export type SeatState = SeatUpdate["changes"][number][1];

/** The messages that say to which phase a sale went. */
export type SaleEventType = Exclude<
  Extract<ServerMessage["type"], `event-${string}`>,
  "event-changed"
>;
