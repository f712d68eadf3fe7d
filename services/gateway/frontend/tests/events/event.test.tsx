// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import type { EventDetail, EventSummary } from "@tiketi/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Shell } from "../../src/app/shell.tsx";
import { emptyBasket } from "../../src/core/basket.ts";
import { forgetLoaded } from "../../src/core/load.ts";
import { SessionProvider } from "../../src/core/session.tsx";
import EventPage from "../../src/features/events/event.tsx";
import EventList from "../../src/features/events/list.tsx";
import OrderList from "../../src/features/orders/list.tsx";
import { EVENT } from "../seats/samples.ts";
import { show } from "../support/render.tsx";
import { problem, type Reply, serve } from "../support/server.ts";

const USER = { id: "u1", email: "a@example.com", name: "A", role: "customer" };
const HOLD = {
  id: "h7",
  event_id: "e1",
  seats: [],
  total: 80_000,
  currency: "KRW",
  order_id: null,
};
const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const offered = () => ({ status: 200, body: { holds: [{ ...HOLD, expires_at: soon(300) }] } });

function serveWith(replies: Record<string, (Reply | null)[]>) {
  return serve({
    "GET /api/me": [{ status: 200, body: USER }],
    "GET /api/events/e1": [{ status: 200, body: EVENT }],
    "GET /api/orders": [{ status: 200, body: { orders: [], next_cursor: null } }],
    "GET /api/holds": [offered()],
    "GET /api/events/e1/waitlist": [{ status: 404, body: problem(404, "not_waiting") }],
    ...replies,
  });
}

function open(page: React.ReactNode) {
  show(
    <SessionProvider>
      <Shell layout={{}}>{page}</Shell>
    </SessionProvider>,
  );
}

beforeEach(() => {
  forgetLoaded();
  localStorage.clear();
  emptyBasket();
  history.replaceState(null, "", "/events/e1");
});
afterEach(() => vi.unstubAllGlobals());

describe("seats that the waiting list offers", () => {
  it.each(["on_sale", "sold_out", "paused", "ended"] as const)(
    "are on the event and in the header, whatever its phase: %s",
    async (phase) => {
      serveWith({ "GET /api/events/e1": [{ status: 200, body: { ...EVENT, phase } }] });
      open(<EventPage params={{ id: "e1" }} />);
      const checkout = await screen.findByRole("link", { name: "Go to checkout" });
      expect(checkout.getAttribute("href")).toBe("/holds/h7");
      const basket = await screen.findByRole("link", { name: /Your seats, [45]:\d\d left/ });
      expect(basket.getAttribute("href")).toBe("/holds/h7");
      const said = screen.getAllByRole("status").map(({ textContent }) => textContent);
      expect(said.join()).toContain("Seats are reserved for you");
    },
  );

  it("are in my tickets, with their event and its date", async () => {
    serveWith({});
    open(<OrderList />);
    const checkout = await screen.findByRole("link", { name: "Go to checkout" });
    expect(checkout.getAttribute("href")).toBe("/holds/h7");
    expect((await screen.findByText("Concert")).parentElement?.textContent).toMatch(/KST/);
  });

  it("are gone when their time is over", async () => {
    serveWith({
      "GET /api/holds": [{ status: 200, body: { holds: [{ ...HOLD, expires_at: soon(-1) }] } }],
    });
    open(<OrderList />);
    await screen.findByText("No tickets yet");
    expect(screen.queryByRole("link", { name: "Go to checkout" })).toBeNull();
  });

  it("do not hide the place of those who wait on when others are offered seats", async () => {
    const entry = { status: "waiting", position: 3, quantity: 2, offer: null };
    serveWith({
      "GET /api/events/e1": [{ status: 200, body: { ...EVENT, phase: "on_sale" } }],
      "GET /api/holds": [{ status: 200, body: { holds: [] } }],
      "GET /api/events/e1/waitlist": [{ status: 200, body: entry }],
    });
    open(<EventPage params={{ id: "e1" }} />);
    expect(await screen.findByText("You are number 3 on the list.")).toBeTruthy();
    await waitFor(() => expect(localStorage.getItem("tiketi:waits")).toBe("1"));
  });

  it("are not asked for without a session", async () => {
    const calls = serveWith({
      "GET /api/me": [{ status: 401, body: problem(401, "unauthenticated") }],
    });
    open(<EventPage params={{ id: "e1" }} />);
    await screen.findByRole("heading", { name: "Concert" });
    await screen.findAllByRole("link", { name: "Log in" });
    expect(calls.filter(({ path }) => path === "/api/holds")).toEqual([]);
  });
});

describe("the list of events", () => {
  const named = (from: number, count: number): EventSummary[] =>
    Array.from({ length: count }, (_, i) => ({
      ...(EVENT satisfies EventDetail),
      id: `e${from + i}`,
      name: `Evening ${from + i}`,
    }));

  it("has the events of every page, with their dates in the event's zone", async () => {
    const page = (events: EventSummary[], next_cursor: string | null) => [
      { status: 200, body: { events, next_cursor } },
    ];
    serveWith({
      "GET /api/holds": [{ status: 200, body: { holds: [] } }],
      "GET /api/events?limit=100": page(named(0, 100), "c1"),
      "GET /api/events?limit=100&cursor=c1": page(named(100, 100), "c2"),
      "GET /api/events?limit=100&cursor=c2": page(named(200, 7), null),
    });
    open(<EventList />);
    expect(await screen.findAllByRole("heading", { level: 2 })).toHaveLength(207);
    expect(screen.getByRole("heading", { name: "Evening 206" })).toBeTruthy();
    expect(screen.getAllByText(/KST/).length).toBeGreaterThanOrEqual(207);
  });
});
