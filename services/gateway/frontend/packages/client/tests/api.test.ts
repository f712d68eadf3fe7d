import { beforeEach, describe, expect, it, vi } from "vitest";
import { Tiketi } from "../src/index.ts";

const fetch = vi.fn<typeof globalThis.fetch>();
const api = new Tiketi({ baseUrl: "https://t.example", fetch });
const user = { id: "u1", email: "a@example.com", name: "A", role: "customer" } as const;

/** Answers once with `body`; gives what the call came to and what was asked. */
async function asked<T>(body: unknown, call: () => Promise<T>) {
  fetch.mockResolvedValueOnce(new Response(body === undefined ? null : JSON.stringify(body)));
  const limit = vi.spyOn(AbortSignal, "timeout");
  const result = await call();
  const [url, init] = fetch.mock.calls[0] ?? [];
  return {
    result,
    request: `${init?.method} ${String(url).replace("https://t.example", "")}`,
    body: init?.body === undefined ? undefined : JSON.parse(String(init.body)),
    headers: init?.headers as Record<string, string>,
    timeoutMs: limit.mock.calls[0]?.[0],
  };
}

beforeEach(() => fetch.mockReset());

describe("a fan's calls", () => {
  const account = { email: "a@example.com", password: "a long password", name: "A" };
  const credentials = { email: "a@example.com", password: "a long password" };
  const hold = { id: "h1" };
  const order = { id: "o1" };

  it.each([
    ["sign up", () => api.signUp(account), { user }, user, "POST /api/auth/signup", account],
    ["log in", () => api.logIn(credentials), { user }, user, "POST /api/auth/login", credentials],
    ["log out", () => api.logOut(), undefined, undefined, "POST /api/auth/logout", undefined],
    ["who I am", () => api.me(), user, user, "GET /api/me", undefined],
    ["my name", () => api.updateMe({ name: "B" }), user, user, "PATCH /api/me", { name: "B" }],
    ["erase me", () => api.eraseMe(), undefined, undefined, "DELETE /api/me", undefined],
    [
      "events",
      () => api.events(),
      { events: [{ id: "e1" }] },
      [{ id: "e1" }],
      "GET /api/events",
      undefined,
    ],
    [
      "an event",
      () => api.event("e1"),
      { id: "e1" },
      { id: "e1" },
      "GET /api/events/e1",
      undefined,
    ],
    [
      "the seat map",
      () => api.seatMap("e1"),
      { seats: [] },
      { seats: [] },
      "GET /api/events/e1/seatmap",
      undefined,
    ],
    [
      "the states",
      () => api.availability("e1"),
      { version: 7 },
      { version: 7 },
      "GET /api/events/e1/availability",
      undefined,
    ],
    [
      "join",
      () => api.join("e1"),
      { position: 7 },
      { position: 7 },
      "POST /api/events/e1/queue",
      {},
    ],
    [
      "my place",
      () => api.place("e1"),
      { position: 7 },
      { position: 7 },
      "GET /api/events/e1/queue",
      undefined,
    ],
    [
      "leave",
      () => api.leave("e1"),
      undefined,
      undefined,
      "DELETE /api/events/e1/queue",
      undefined,
    ],
    [
      "the line",
      () => api.lineStatus("e1"),
      { waiting: 7 },
      { waiting: 7 },
      "GET /api/events/e1/queue/status",
      undefined,
    ],
    [
      "the draw",
      () => api.draw("e1"),
      { participants: 7 },
      { participants: 7 },
      "GET /api/events/e1/queue/draw",
      undefined,
    ],
    ["a hold", () => api.getHold("h1"), { hold }, hold, "GET /api/holds/h1", undefined],
    ["give back", () => api.release("h1"), undefined, undefined, "DELETE /api/holds/h1", undefined],
    [
      "orders",
      () => api.orders(),
      { orders: [order], next_cursor: null },
      { orders: [order], next_cursor: null },
      "GET /api/orders",
      undefined,
    ],
    [
      "more orders",
      () => api.orders("c2"),
      { orders: [] },
      { orders: [] },
      "GET /api/orders?cursor=c2",
      undefined,
    ],
    ["an order", () => api.order("o1"), { order }, order, "GET /api/orders/o1", undefined],
    ["a refund", () => api.refund("o1"), { order }, order, "POST /api/orders/o1/refund", {}],
  ])("%s", async (_, call: () => Promise<unknown>, answer, result, request, body) => {
    const seen = await asked(answer, call);
    expect([seen.result, seen.request, seen.body]).toEqual([result, request, body]);
    expect(seen.timeoutMs).toBe(15_000);
  });

  it("joining presents what brings back a place", async () => {
    const presented = { ticket: "t", admission: "a", code: "INVITED" };
    expect((await asked({}, () => api.join("e1", presented))).body).toEqual(presented);
  });

  it("asking for the place presents what brings it back, where there is any", async () => {
    const both = await asked({}, () => api.place("e1", { ticket: "t", admission: "a" }));
    expect(both.headers).toMatchObject({ "queue-ticket": "t", "queue-admission": "a" });
    fetch.mockReset();
    const none = await asked({}, () => api.place("e1"));
    expect(Object.keys(none.headers)).toEqual(["accept"]);
  });

  it("holding shows the admission, and has a key of its own unless one is given", async () => {
    const request = { seat_ids: ["s1", "s2"] };
    const first = await asked({ hold }, () => api.hold("e1", request, "a"));
    expect([first.result, first.request, first.body]).toEqual([
      hold,
      "POST /api/events/e1/holds",
      request,
    ]);
    expect(first.headers["queue-admission"]).toBe("a");
    fetch.mockReset();
    const second = await asked({ hold }, () => api.hold("e1", request, "a"));
    expect(second.headers["idempotency-key"]).not.toBe(first.headers["idempotency-key"]);
    fetch.mockReset();
    const repeated = await asked({ hold }, () => api.hold("e1", request, "a", "again"));
    expect(repeated.headers["idempotency-key"]).toBe("again");
  });

  it("paying is repeated with the caller's key, and waits as long as a bank takes", async () => {
    const seen = await asked({ order }, () => api.checkout("h1", "tok_ok", "k1"));
    expect([seen.result, seen.request]).toEqual([order, "POST /api/holds/h1/checkout"]);
    expect(seen.body).toEqual({ payment: { provider: "sandbox", token: "tok_ok" } });
    expect(seen.headers["idempotency-key"]).toBe("k1");
    expect(seen.timeoutMs).toBe(45_000);
  });

  it("each refund has a key of its own, so that a lost answer is repeated", async () => {
    const first = await asked({ order }, () => api.refund("o1"));
    fetch.mockReset();
    const second = await asked({ order }, () => api.refund("o1"));
    const keys = [first, second].map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toBeTruthy();
    expect(keys[1]).not.toBe(keys[0]);
  });
});
