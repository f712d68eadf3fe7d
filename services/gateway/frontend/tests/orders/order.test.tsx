// @vitest-environment happy-dom
import { act, screen, waitFor, within } from "@testing-library/react";
import type { Hold, Order, Ticket } from "@tiketi/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyBasket, keepBasket } from "../../src/core/basket.ts";
import { forgetLoaded } from "../../src/core/load.ts";
import OrderList from "../../src/features/orders/list.tsx";
import OrderPage from "../../src/features/orders/order.tsx";
import { EVENT } from "../seats/samples.ts";
import { show } from "../support/render.tsx";
import { serve } from "../support/server.ts";

function ticket(number: number, state: Ticket["state"]): Ticket {
  const seat = { id: `s${number}`, section: "A", row: "3", number: String(number) };
  const type = { ticket_type_id: "t1", ticket_type: "VIP", price: 180_000 };
  return { id: `t${number}`, code: "TK1", seat: { ...seat, ...type }, ...type, state };
}

function order(change: Partial<Order>): Order {
  return {
    id: "o1",
    event_id: "e1",
    event_name: "Concert",
    venue: "Hall",
    starts_at: "2026-12-24T10:30:00Z",
    time_zone: "Asia/Seoul",
    status: "paid",
    total: 540_000,
    refunded: 0,
    currency: "KRW",
    created_at: "2026-11-23T20:00:00Z",
    tickets: [ticket(5, "valid"), ticket(6, "valid"), ticket(7, "valid")],
    ...change,
  };
}

const reply = (change: Partial<Order>) => ({ status: 200, body: { order: order(change) } });
const common = { "GET /api/events/e1": [{ status: 200, body: EVENT }] };

function open(...answers: Partial<Order>[]) {
  serve({ ...common, "GET /api/orders/o1": answers.map(reply) });
  show(<OrderPage params={{ id: "o1" }} />);
}

beforeEach(() => {
  forgetLoaded();
  history.replaceState(null, "", "/orders/o1");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const BASKET = JSON.stringify({
  holdId: "h1",
  eventId: "e1",
  expiresAt: "2030-01-01T00:00:00Z",
});

describe("an order and the basket that it came from", () => {
  const basket = () => localStorage.getItem("tiketi:basket");

  it.each([
    ["paid", "h1", null],
    ["refunded", "h1", null],
    ["paid", "h2", BASKET],
    ["pending", "h1", BASKET],
    ["declined", "h1", BASKET],
  ] as const)("that is %s for the hold %s leaves %s", async (status, hold, left) => {
    keepBasket({ id: "h1", event_id: "e1", expires_at: "2030-01-01T00:00:00Z" } as Hold);
    history.replaceState(null, "", `/orders/o1?hold=${hold}`);
    open({ status, tickets: status === "paid" ? [ticket(5, "valid")] : [] });
    await screen.findByRole("heading", { level: 1 });
    await waitFor(() => expect(basket()).toBe(left));
    emptyBasket();
  });

  it("leads back to seats that are still held when the payment was declined later", async () => {
    history.replaceState(null, "", "/orders/o1?hold=h1");
    open({ status: "declined", tickets: [] });
    const link = await screen.findByRole("link", { name: "Try another way to pay" });
    expect(link.getAttribute("href")).toBe("/holds/h1");
  });
});

describe("an order", () => {
  it.each([
    ["paid", ["valid", "valid", "valid"], 3],
    ["paid", ["used", "valid", "valid"], 3],
    ["partly_refunded", ["valid", "refunded", "used"], 2],
    ["refunded", ["refunded", "refunded", "refunded"], 0],
  ] as const)("that is %s shows the codes of %o: %d", async (status, states, codes) => {
    open({ status, tickets: states.map((state, i) => ticket(i + 5, state)) });
    const cards = await screen.findAllByRole("article");
    const shown = cards.map((card) => within(card).queryByRole("img")?.getAttribute("src"));
    expect(shown).toEqual(
      states.map((state, i) =>
        state === "refunded" ? undefined : `/api/tickets/t${i + 5}/qr.svg`,
      ),
    );
    expect(shown.filter(Boolean)).toHaveLength(codes);
    expect(screen.queryAllByText("This ticket is no longer valid")).toHaveLength(3 - codes);
    expect(screen.queryAllByText("Used")).toHaveLength(states.filter((s) => s === "used").length);
  });

  it.each([
    ["paid", true],
    ["partly_refunded", false],
    ["refunded", false],
  ] as const)("that is %s can be refunded: %s", async (status, refundable) => {
    open({ status });
    await screen.findAllByRole("article");
    expect(screen.queryByRole("button", { name: "Refund" }) !== null).toBe(refundable);
  });

  it("has its total in its own currency", async () => {
    open({ total: 5997, currency: "EUR" });
    expect(await screen.findByText("€59.97")).toBeTruthy();
  });

  it("that is being paid is asked for until it is", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    open({ status: "pending", tickets: [] }, { status: "pending", tickets: [] }, {});
    expect(await screen.findByText("Waiting for the payment provider")).toBeTruthy();
    for (const cards of [0, 3]) {
      await act(() => vi.advanceTimersByTimeAsync(2000));
      expect(screen.queryAllByRole("article")).toHaveLength(cards);
    }
  });

  it("that was declined says that nothing was charged", async () => {
    open({ status: "declined", tickets: [] });
    expect(await screen.findByText("Nothing was charged.")).toBeTruthy();
    expect(screen.queryByRole("article")).toBeNull();
  });
});

it("the list of orders names the state of each", async () => {
  const states = [
    ["paid", "Paid"],
    ["partly_refunded", "Partly refunded"],
    ["refunded", "Refunded"],
    ["pending", "Payment pending"],
    ["declined", "Payment declined"],
  ] as const;
  const orders = states.map(([status], i) => order({ id: `o${i}`, status, total: 1000 + i }));
  serve({ "GET /api/orders": [{ status: 200, body: { orders, next_cursor: null } }] });
  show(<OrderList />);
  const links = await screen.findAllByRole("link");
  expect(links.map((link) => link.getAttribute("href"))).toEqual(
    orders.map(({ id }) => `/orders/${id}`),
  );
  for (const [i, [, text]] of states.entries()) {
    expect(within(links[i] as HTMLElement).getByText(text)).toBeTruthy();
    expect(links[i]?.textContent).toContain(`3 tickets · ₩1,00${i}`);
  }
});
