// @vitest-environment happy-dom
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetLoaded } from "../../src/core/load.ts";
import CheckoutPage from "../../src/features/basket/checkout.tsx";
import { Toasts } from "../../src/ui/feedback.tsx";
import { EVENT } from "../seats/samples.ts";
import { show } from "../support/render.tsx";
import { problem, serve } from "../support/server.ts";

const HOLD = "GET /api/holds/h1";
const PAY = "POST /api/holds/h1/checkout";
const order = { id: "o1", event_id: "e1", status: "paid", tickets: [] };

function held(seconds: number, order_id: string | null = null) {
  const seat = { id: "s1", section: "A", row: "1", number: "5", ticket_type_id: "t1" };
  const hold = {
    id: "h1",
    event_id: "e1",
    seats: [{ ...seat, ticket_type: "VIP", price: 180_000 }],
    total: 180_000,
    currency: "KRW",
    order_id,
    expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
  };
  return { status: 200, body: { hold } };
}

const common = { "GET /api/events/e1": [{ status: 200, body: EVENT }] };

function checkout() {
  show(<CheckoutPage params={{ id: "h1" }} />);
}

const payButton = () => screen.findByRole("button", { name: "Pay ₩180,000" });

beforeEach(() => {
  forgetLoaded();
  localStorage.clear();
  history.replaceState(null, "", "/holds/h1");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the checkout", () => {
  it("shows what is bought and for how long it is held", async () => {
    serve({ ...common, [HOLD]: [held(125)] });
    checkout();
    expect(await screen.findByText("A, row 1, seat 5")).toBeTruthy();
    expect(screen.getByRole("timer").textContent).toMatch(/^2:0[345]$/);
  });

  it("keeps the seats when the payment is declined, and pays with a new key", async () => {
    const declined = { status: 402, body: problem(402, "payment_declined") };
    const paid = { status: 201, body: { order } };
    const calls = serve({ ...common, [HOLD]: [held(200)], [PAY]: [declined, paid] });
    checkout();
    await userEvent.click(await screen.findByLabelText("Declined"));
    await userEvent.click(await payButton());
    expect(await screen.findByText(/Your seats are still held: try another/)).toBeTruthy();
    await userEvent.click(screen.getByLabelText("Approved"));
    await userEvent.click(await payButton());
    await waitFor(() => expect(location.pathname).toBe("/orders/o1"));
    const keys = calls
      .filter(({ method }) => method === "POST")
      .map((c) => c.headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
  });

  it("repeats a payment whose answer was lost with the same key", async () => {
    const paid = { status: 201, body: { order } };
    const calls = serve({ ...common, [HOLD]: [held(200)], [PAY]: [null, paid] });
    checkout();
    await userEvent.click(await payButton());
    await waitFor(() => expect(location.pathname).toBe("/orders/o1"), { timeout: 15_000 });
    const keys = calls
      .filter(({ method }) => method === "POST")
      .map((c) => c.headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("says so when the time is up", async () => {
    serve({ ...common, [HOLD]: [{ status: 410, body: problem(410, "hold_expired") }] });
    checkout();
    expect(await screen.findByRole("heading", { name: "The time is up" })).toBeTruthy();
  });

  it.each(["offline", "unavailable"])(
    "pays once, though the payment met an outage and was asked for again: %s",
    async (outage) => {
      vi.useFakeTimers({ shouldAdvanceTime: true });
      const away = outage === "offline" ? null : { status: 503, body: problem(503, outage) };
      const paid = { status: 201, body: { order } };
      const calls = serve({
        ...common,
        [HOLD]: [held(200)],
        [PAY]: [away, away, away, paid],
      });
      checkout();
      fireEvent.click(await payButton());
      await act(() => vi.advanceTimersByTimeAsync(4000));
      fireEvent.click(await payButton());
      await waitFor(() => expect(location.pathname).toBe("/orders/o1"));
      const keys = calls
        .filter(({ method }) => method === "POST")
        .map((c) => c.headers["idempotency-key"]);
      expect(keys).toHaveLength(4);
      expect(new Set(keys).size).toBe(1);
    },
  );

  it("lets a payment end that began in time", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    serve({ ...common, [HOLD]: [held(3)], [PAY]: ["never"] });
    checkout();
    fireEvent.click(await payButton());
    await act(() => vi.advanceTimersByTimeAsync(6000));
    expect(screen.queryByRole("heading", { name: "The time is up" })).toBeNull();
    expect(screen.getByRole("timer").textContent).toBe("0:00");
    expect(screen.getByText("Waiting for the payment")).toBeTruthy();
  });

  it("ends with the hold where nobody pays", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    serve({ ...common, [HOLD]: [held(3)] });
    checkout();
    await payButton();
    await waitFor(() => expect(localStorage.getItem("tiketi:basket")).toContain("h1"));
    await act(() => vi.advanceTimersByTimeAsync(4000));
    expect(screen.getByRole("heading", { name: "The time is up" })).toBeTruthy();
    expect(localStorage.getItem("tiketi:basket")).toBeNull();
    expect(screen.getByRole("link").getAttribute("href")).toBe("/events/e1/line");
  });

  it("leaves no basket behind once it is paid", async () => {
    serve({ ...common, [HOLD]: [held(200)], [PAY]: [{ status: 201, body: { order } }] });
    checkout();
    const button = await payButton();
    await waitFor(() => expect(localStorage.getItem("tiketi:basket")).toContain("h1"));
    await userEvent.click(button);
    await waitFor(() => expect(location.pathname).toBe("/orders/o1"));
    expect(localStorage.getItem("tiketi:basket")).toBeNull();
  });

  it("leads to the order of a hold whose payment has begun, and asks for no second one", async () => {
    serve({ ...common, [HOLD]: [held(587, "o7")] });
    checkout();
    await waitFor(() => expect(location.pathname).toBe("/orders/o7"));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("keeps the basket while the provider has not answered", async () => {
    const pending = { status: 202, body: { order: { ...order, status: "pending" } } };
    serve({ ...common, [HOLD]: [held(200)], [PAY]: [pending] });
    checkout();
    await userEvent.click(await payButton());
    await waitFor(() => expect(location.pathname).toBe("/orders/o1"));
    expect(location.search).toBe("?hold=h1&new");
    expect(localStorage.getItem("tiketi:basket")).toContain("h1");
  });
});

describe("giving the seats back", () => {
  async function giveBack(...answers: ({ status: number; body?: unknown } | null)[]) {
    serve({
      ...common,
      [HOLD]: [held(200), held(200, "o7")],
      "DELETE /api/holds/h1": answers,
    });
    show(
      <>
        <CheckoutPage params={{ id: "h1" }} />
        <Toasts />
      </>,
    );
    await userEvent.click(await screen.findByRole("button", { name: "Give the seats back" }));
    const dialog = within(await screen.findByRole("dialog"));
    await userEvent.click(dialog.getByRole("button", { name: "Give the seats back" }));
  }

  it.each([
    ["given back", { status: 204 }],
    ["gone already", { status: 404, body: problem(404, "not_found") }],
  ])("leads to the seats: %s", async (_, answer) => {
    await giveBack(answer);
    await waitFor(() => expect(location.pathname).toBe("/events/e1/seats"));
    expect(localStorage.getItem("tiketi:basket")).toBeNull();
  });

  it.each([
    ["hold_paid", /These seats are paid/],
    ["payment_under_way", /wait until the payment is finished/],
  ])("says why it cannot be done, and leads to the order: %s", async (code, why) => {
    await giveBack({ status: 409, body: problem(409, code) });
    await waitFor(() => expect(location.pathname).toBe("/orders/o7"));
    expect(screen.getByText(why)).toBeTruthy();
  });

  it("does not seem to succeed without a network", async () => {
    await giveBack(null);
    expect(await screen.findByText(/Check your network/, {}, { timeout: 20_000 })).toBeTruthy();
    expect(location.pathname).not.toBe("/events/e1/seats");
    expect(localStorage.getItem("tiketi:basket")).toContain("h1");
  });
});
