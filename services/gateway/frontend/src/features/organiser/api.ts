import type { contract, Role } from "@tiketi/client";
import { api } from "../../core/tiketi.ts";

// What organisers ask for. Shares are 0 to 1, money is in the smallest unit, durations are seconds.

export type QueueSettings = Required<contract.QueueSettings>;
export type Policy = QueueSettings["policy"];
export type AdminEvent = contract.AdminEventView & { queue: QueueSettings };
export type SeatAt = contract.SeatAt;
export type LayoutSection = Required<contract.Section>;
export type NewEvent = contract.NewEvent & { layout: { sections: LayoutSection[] } };
export type EventNow = contract.EventNow;
export type Overview = contract.Overview;
export type OrderLine = contract.OrderLineView;
export type SalesReport = contract.SalesReport;

const { http } = api;
const of = (eventId: string) => `/api/admin/events/${eventId}`;

export const organiser = {
  overview: () => http.get<Overview>("/api/admin/overview"),
  event: (id: string) => http.get<AdminEvent>(of(id)),
  create: (event: NewEvent, idempotencyKey: string) =>
    http.post<AdminEvent>("/api/admin/events", { body: event, idempotencyKey }),
  change: (id: string, change: contract.EventChange) =>
    http.patch<AdminEvent>(of(id), { body: change }),
  changeQueue: (id: string, change: contract.QueueChange) =>
    http.patch<unknown>(`${of(id)}/queue`, { body: change }),
  block: (id: string, seatIds: string[]) =>
    http.post<unknown>(`${of(id)}/block`, { body: { seat_ids: seatIds } }),
  unblock: (id: string, seatIds: string[]) =>
    http.post<unknown>(`${of(id)}/unblock`, { body: { seat_ids: seatIds } }),
  orders: (id: string, cursor?: string) =>
    http.get<contract.OrderLineList>(`${of(id)}/orders`, {
      query: { cursor, limit: 50 },
    }),
  refund: (orderId: string) =>
    http.post<unknown>(`/api/orders/${orderId}/refund`, {
      body: {},
      idempotencyKey: crypto.randomUUID(),
    }),
  report: (id: string) => http.get<SalesReport>(`${of(id)}/report`),
  reportCsv: (id: string) => `${of(id)}/report?format=csv`,
  staff: () => http.get<contract.StaffList>("/api/admin/staff"),
  setRole: (email: string, role: Role) =>
    http.post<unknown>("/api/admin/staff", { body: { email, role } }),
};
