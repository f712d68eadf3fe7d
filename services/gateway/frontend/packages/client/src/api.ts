import { type CallOptions, Http, type HttpOptions } from "./http.ts";
import type {
  AvailabilitySnapshot,
  Draw,
  EventDetail,
  EventSummary,
  Hold,
  LineStatus,
  Order,
  Place,
  SeatMapLayout,
  User,
} from "./types.ts";

export type HoldRequest = (
  | { seat_ids: string[] }
  | { ticket_type_id: string; quantity: number }
) & {
  /** Where others were faster, as many seats nearby; where there are none, those that come back. */
  or_nearest?: boolean;
};

/** What puts back a place or an admission that the line has lost. */
export interface Presented {
  ticket?: string;
  admission?: string;
}

/** The calls of a fan's way from sign-up to ticket, each one request. */
export class Tiketi {
  readonly http: Http;

  constructor(options: HttpOptions = {}) {
    this.http = new Http(options);
  }

  // Accounts

  signUp(account: { email: string; password: string; name: string }): Promise<User> {
    return this.http.post<{ user: User }>("/api/auth/signup", { body: account }).then(user);
  }

  logIn(credentials: { email: string; password: string }): Promise<User> {
    return this.http.post<{ user: User }>("/api/auth/login", { body: credentials }).then(user);
  }

  /** Mails a link to the account with this address, if there is one. The link works for 30 minutes. */
  requestPasswordReset(email: string): Promise<void> {
    return this.http.post("/api/auth/password-reset", { body: { email } });
  }

  /** `token` is the part of the mailed link after `#`. Fails with `reset_expired`. */
  resetPassword(reset: { token: string; password: string }): Promise<void> {
    return this.http.post("/api/auth/password-reset/confirm", { body: reset });
  }

  logOut(): Promise<void> {
    return this.http.post("/api/auth/logout");
  }

  /** Fails with `unauthenticated` without a session. */
  me(): Promise<User> {
    return this.http.get("/api/me");
  }

  updateMe(change: { name: string }): Promise<User> {
    return this.http.patch("/api/me", { body: change });
  }

  /** Erases the personal data of the account. */
  eraseMe(): Promise<void> {
    return this.http.delete("/api/me");
  }

  // Events

  events(options?: CallOptions): Promise<EventSummary[]> {
    return this.http
      .get<{ events: EventSummary[] }>("/api/events", options)
      .then((answer) => answer.events);
  }

  event(eventId: string, options?: CallOptions): Promise<EventDetail> {
    return this.http.get(`/api/events/${eventId}`, options);
  }

  seatMap(eventId: string, options?: CallOptions): Promise<SeatMapLayout> {
    return this.http.get(`/api/events/${eventId}/seatmap`, options);
  }

  availability(eventId: string, options?: CallOptions): Promise<AvailabilitySnapshot> {
    return this.http.get(`/api/events/${eventId}/availability`, options);
  }

  // The line

  /** Joins; joining again changes nothing. `code` opens the priority lane of invited people. */
  join(eventId: string, presented: Presented & { code?: string } = {}): Promise<Place> {
    return this.http.post(`/api/events/${eventId}/queue`, { body: presented });
  }

  /** Says that the person is still there: to be called when they act, never by itself. */
  stay(eventId: string): Promise<Place> {
    return this.http.post(`/api/events/${eventId}/queue/stay`);
  }

  place(eventId: string, { ticket, admission }: Presented = {}): Promise<Place> {
    const headers: Record<string, string> = {};
    if (ticket) headers["queue-ticket"] = ticket;
    if (admission) headers["queue-admission"] = admission;
    return this.http.get(`/api/events/${eventId}/queue`, { headers });
  }

  leave(eventId: string): Promise<void> {
    return this.http.delete(`/api/events/${eventId}/queue`);
  }

  lineStatus(eventId: string): Promise<LineStatus> {
    return this.http.get(`/api/events/${eventId}/queue/status`);
  }

  draw(eventId: string): Promise<Draw> {
    return this.http.get(`/api/events/${eventId}/queue/draw`);
  }

  // Seats and orders

  hold(
    eventId: string,
    request: HoldRequest,
    admission: string,
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<Hold> {
    const headers = { "queue-admission": admission };
    return this.http
      .post<{ hold: Hold }>(`/api/events/${eventId}/holds`, {
        body: request,
        headers,
        idempotencyKey,
      })
      .then((answer) => answer.hold);
  }

  getHold(holdId: string): Promise<Hold> {
    return this.http.get<{ hold: Hold }>(`/api/holds/${holdId}`).then((answer) => answer.hold);
  }

  release(holdId: string): Promise<void> {
    return this.http.delete(`/api/holds/${holdId}`);
  }

  /** Repeat a call whose answer was lost with the same `idempotencyKey`: nobody pays twice. */
  checkout(holdId: string, token: string, idempotencyKey: string): Promise<Order> {
    return this.http
      .post<{ order: Order }>(`/api/holds/${holdId}/checkout`, {
        body: { payment: { provider: "sandbox", token } },
        idempotencyKey,
        timeoutMs: 45_000,
      })
      .then((answer) => answer.order);
  }

  orders(cursor?: string): Promise<{ orders: Order[]; next_cursor: string | null }> {
    return this.http.get("/api/orders", { query: { cursor } });
  }

  order(orderId: string): Promise<Order> {
    return this.http.get<{ order: Order }>(`/api/orders/${orderId}`).then((answer) => answer.order);
  }

  refund(orderId: string): Promise<Order> {
    return this.http
      .post<{ order: Order }>(`/api/orders/${orderId}/refund`, {
        body: {},
        idempotencyKey: crypto.randomUUID(),
      })
      .then((answer) => answer.order);
  }
}

function user(answer: { user: User }): User {
  return answer.user;
}
