// @vitest-environment happy-dom
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { AvailabilitySnapshot, EventDetail, Place } from "@tiketi/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { place } from "../../packages/client/tests/samples.ts";
import { forgetLoaded } from "../../src/core/load.ts";
import { SessionProvider } from "../../src/core/session.tsx";
import SeatsPage from "../../src/features/seats/page.tsx";
import { QuietSocket } from "../support/quiet-socket.ts";
import { show } from "../support/render.tsx";
import { type Call, problem, type Reply, serve } from "../support/server.ts";
import { EVENT, hall } from "./samples.ts";

// What is drawn needs a canvas; the list offers the same seats in words.
vi.mock("../../src/features/seats/map.tsx", () => ({ SeatMap: () => null }));

const HOLD = "POST /api/events/e1/holds";
const USER = { id: "u1", email: "a@example.com", name: "A", role: "customer" };
const STANDING = {
  id: "t3",
  name: "Floor",
  price: 45_000,
  kind: "general",
  capacity: 300,
} as const;
const event: EventDetail = { ...EVENT, ticket_types: [...EVENT.ticket_types, STANDING] };
const layout = hall(
  { name: "A", rows: 1, width: 5, type: "t1" },
  { name: "B", rows: 1, width: 5, type: "t2" },
);
const held = {
  id: "h1",
  event_id: "e1",
  seats: [],
  currency: "KRW",
  expires_at: "2027-01-01T10:00:00Z",
};

/** What is answered besides; a test may add to it. */
let offers: Record<string, Reply[]> = {};

interface Sale {
  states?: string;
  left?: number;
  myTurn?: boolean;
  holds?: (Reply | null)[];
  /** What the server asks for what is held. */
  total?: number;
  /** The event when it is asked for again. */
  later?: EventDetail;
}

async function choose({
  states = "aaaaaaaaaa",
  left = 7,
  myTurn = true,
  holds,
  total = 0,
  later = event,
}: Sale = {}) {
  const expires_at = new Date(Date.now() + 125_500).toISOString();
  const mine = myTurn
    ? place({ status: "admitted", position: null, admission: { token: "adm-1", expires_at } })
    : place();
  const snapshot: AvailabilitySnapshot = {
    version: 1,
    states,
    general: [{ ticket_type_id: "t3", left }],
  };
  const calls = serve(
    Object.assign(offers, {
      "GET /api/me": [{ status: 200, body: USER }],
      "GET /api/events/e1": [
        { status: 200, body: event },
        { status: 200, body: later },
      ],
      "DELETE /api/holds/h1": [{ status: 204 }],
      "GET /api/events/e1/seatmap": [{ status: 200, body: layout }],
      "GET /api/events/e1/availability": [{ status: 200, body: snapshot }],
      "GET /api/events/e1/queue": [{ status: 200, body: mine }],
      "POST /api/events/e1/queue": [{ status: 200, body: mine }],
      [HOLD]: holds ?? [{ status: 201, body: { hold: { ...held, total } } }],
    }),
  );
  show(
    <SessionProvider>
      <SeatsPage params={{ id: "e1" }} />
    </SessionProvider>,
  );
  await screen.findByText(myTurn ? /Your turn: 2:0/ : "It is not your turn yet");
  return calls;
}

const asked = (calls: Call[]) => calls.filter(({ path }) => path.endsWith("/holds"));
const press = (name: string | RegExp) => userEvent.click(screen.getByRole("button", { name }));
const chosen = () =>
  within(screen.getByRole("region", { name: "Chosen" }))
    .queryAllByRole("listitem")
    .map((item) => item.textContent);

/** Chooses seats in the list, by section. */
async function pick(section: string, ...names: string[]): Promise<void> {
  await press("List");
  await userEvent.selectOptions(screen.getByLabelText("Section"), section);
  for (const name of names) await press(new RegExp(`${name},`));
}

beforeEach(() => {
  offers = {};
  forgetLoaded();
  localStorage.clear();
  sessionStorage.clear();
  vi.stubGlobal("WebSocket", QuietSocket);
  history.replaceState(null, "", "/events/e1/seats");
});
afterEach(() => vi.unstubAllGlobals());

describe("the best seats", () => {
  it("are those of the price that was asked for", async () => {
    await choose();
    await press("Find");
    expect(chosen()).toEqual(["A 1-1₩180,000", "A 1-2₩180,000"]);
    await press(/^R ?₩/);
    await press("Find");
    expect(chosen()).toEqual(["B 1-1₩80,000", "B 1-2₩80,000"]);
  });

  it("are free ones", async () => {
    await choose({ states: "ahaasaaaaa" });
    await press("Find");
    expect(chosen()).toEqual(["A 1-3₩180,000", "A 1-4₩180,000"]);
  });

  it("are none where no such group is free together", async () => {
    await choose({ states: "ahahahahah" });
    await press("Find");
    expect(chosen()).toEqual([]);
  });
});

describe("what is chosen", () => {
  it("costs the sum of its prices, and is held as it is", async () => {
    const calls = await choose({ total: 340_000 });
    await pick("0", "seat 2");
    await pick("1", "seat 4", "seat 5");
    const total = 180_000 + 80_000 + 80_000;
    await press(`Hold these seats · ₩${total.toLocaleString("en")}`);
    await waitFor(() => expect(location.pathname).toBe("/holds/h1"));
    const [call] = asked(calls);
    expect(call?.body).toEqual({ seat_ids: ["s1", "s8", "s9"] });
    expect(call?.headers["queue-admission"]).toBe("adm-1");
    expect(sessionStorage.getItem("tiketi:chosen:e1")).toBeNull();
    expect(JSON.parse(localStorage.getItem("tiketi:basket") ?? "")).toMatchObject({ holdId: "h1" });
  });

  it("loses what somebody else was faster to hold, and keeps the rest", async () => {
    const taken = { ...problem(409, "seats_unavailable"), unavailable: ["s2"] };
    await choose({ holds: [{ status: 409, body: taken }] });
    await pick("0", "seat 2", "seat 3");
    await press(/^Hold these seats/);
    expect(await screen.findByText(/Just taken by someone else: A 1-3/)).toBeTruthy();
    expect(chosen()).toEqual(["A 1-2₩180,000"]);
  });

  it("is held once, though the first answer was lost", async () => {
    const calls = await choose({
      holds: [null, { status: 201, body: { hold: { ...held, total: 180_000 } } }],
    });
    await pick("0", "seat 2");
    await press(/^Hold these seats/);
    await waitFor(() => expect(location.pathname).toBe("/holds/h1"), { timeout: 15_000 });
    const keys = asked(calls).map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("is asked for with another key when it is another choice", async () => {
    const limit = { status: 409, body: problem(409, "limit_exceeded") };
    const calls = await choose({ holds: [limit] });
    await pick("0", "seat 2");
    await press(/^Hold these seats/);
    expect(await screen.findByText(/the number of tickets one person can have/)).toBeTruthy();
    await pick("0", "seat 3");
    await press(/^Hold these seats/);
    await waitFor(() => expect(asked(calls)).toHaveLength(2));
    const keys = asked(calls).map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
  });

  it("cannot be held before the turn", async () => {
    const calls = await choose({ myTurn: false });
    await pick("0", "seat 2");
    for (const name of [/^Hold these seats/, /^Hold these tickets/]) {
      expect((screen.getByRole("button", { name }) as HTMLButtonElement).disabled).toBe(true);
    }
    expect(asked(calls)).toEqual([]);
  });
});

describe("the nearest instead of what is gone", () => {
  const soon = (seconds: number) => new Date(Date.now() + seconds * 1000 + 500).toISOString();
  const seat = (number: string, id: string) => ({
    id,
    section: "A",
    row: "1",
    number,
    ticket_type_id: "t1",
    ticket_type: "VIP",
    price: 180_000,
  });
  const other = (seconds: number) => ({
    ...held,
    seats: [seat("4", "s3")],
    total: 180_000,
    expires_at: soon(seconds),
  });
  const agree = () => userEvent.click(screen.getByLabelText(/nearest seats if mine are gone/));
  const unavailable = {
    status: 409,
    body: { ...problem(409, "seats_unavailable"), unavailable: ["s1"] },
  };

  it("is asked for only by whoever agreed, and remembered", async () => {
    const calls = await choose({ total: 180_000 });
    await pick("0", "seat 2");
    await agree();
    await press(/^Hold these seats/);
    await waitFor(() => expect(asked(calls)).toHaveLength(1));
    expect(asked(calls)[0]?.body).toEqual({ seat_ids: ["s1"], or_nearest: true });
    expect(localStorage.getItem("tiketi:nearest")).toBe("yes");
  });

  it("is said with its countdown, and leads to the payment", async () => {
    await choose({ holds: [{ status: 201, body: { hold: other(83) } }] });
    await pick("0", "seat 2");
    await agree();
    await press(/^Hold these seats/);
    expect((await screen.findByText("Held for you: A 1-4")).closest("[role=status]")).toBeTruthy();
    expect(screen.getByRole("timer").textContent).toMatch(/1:2[23]/);
    expect(location.pathname).toBe("/events/e1/seats");
    const link = screen.getByRole("link", { name: "Go to payment" });
    expect(link.getAttribute("href")).toBe("/holds/h1");
  });

  it("is waited for where nothing fits, and shown when it is offered", async () => {
    const calls = await choose({ holds: [unavailable] });
    await pick("0", "seat 2");
    await agree();
    await press(/^Hold these seats/);
    expect(await screen.findByText(/nothing as near is free/)).toBeTruthy();
    expect(chosen()).toEqual(["A 1-2₩180,000"]);
    offers["GET /api/holds/h7"] = [{ status: 200, body: { hold: { ...other(47), id: "h7" } } }];
    QuietSocket.last.say("seats-offered", { event_id: "e1", hold_id: "h7", expires_at: soon(47) });
    expect(await screen.findByText("Held for you: A 1-4")).toBeTruthy();
    expect(screen.queryByText(/nothing as near is free/)).toBeNull();
    expect(asked(calls)).toHaveLength(1);
  });

  it("is asked for again while it is waited for, until the person stops", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true, toFake: ["setInterval", "clearInterval"] });
    const calls = await choose({ holds: [unavailable] });
    await pick("0", "seat 2");
    await agree();
    await press(/^Hold these seats/);
    await screen.findByText(/nothing as near is free/);
    vi.advanceTimersByTime(8000);
    await waitFor(() => expect(asked(calls)).toHaveLength(2));
    expect(asked(calls)[1]?.body).toEqual(asked(calls)[0]?.body);
    await press("Stop waiting for returned seats");
    vi.advanceTimersByTime(60_000);
    expect(asked(calls)).toHaveLength(2);
    vi.useRealTimers();
  });

  it("can be given back", async () => {
    await choose({ holds: [{ status: 201, body: { hold: other(83) } }] });
    offers["DELETE /api/holds/h1"] = [{ status: 204 }];
    await pick("0", "seat 2");
    await agree();
    await press(/^Hold these seats/);
    await screen.findByText("Held for you: A 1-4");
    await press("Give the seats back");
    await waitFor(() => expect(screen.queryByText("Held for you: A 1-4")).toBeNull());
    expect(localStorage.getItem("tiketi:basket")).toBeNull();
  });
});

describe("a price that changed while the page was open", () => {
  const dearer: EventDetail = {
    ...event,
    ticket_types: event.ticket_types.map((type) =>
      type.id === "t1" ? { ...type, price: 240_000 } : type,
    ),
  };

  async function held(how: "seat" | "standing") {
    const total = how === "seat" ? 240_000 : 60_000;
    const calls = await choose({ total, later: dearer });
    if (how === "seat") await pick("0", "seat 2");
    await press(how === "seat" ? /^Hold these seats · ₩180,000/ : /^Hold these tickets/);
    const dialog = within(await screen.findByRole("dialog"));
    return { calls, dialog };
  }

  it.each([
    ["seat", "₩180,000", "₩240,000"],
    ["standing", "₩45,000", "₩60,000"],
  ] as const)("is told and agreed to before the checkout: %s", async (how, before, now) => {
    const { dialog } = await held(how);
    expect(dialog.getByText(new RegExp(`from ${before} to ${now}`))).toBeTruthy();
    expect(location.pathname).toBe("/events/e1/seats");
    await userEvent.click(dialog.getByRole("button", { name: `Go on for ${now}` }));
    expect(location.pathname).toBe("/holds/h1");
  });

  it("gives the seats back to whoever does not agree, and shows the new one", async () => {
    const { calls, dialog } = await held("seat");
    await userEvent.click(dialog.getByRole("button", { name: "Give the seats back" }));
    expect(await screen.findByRole("button", { name: /Hold these seats · ₩240,000/ })).toBeTruthy();
    expect(calls.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual([
      "/api/holds/h1",
    ]);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(location.pathname).toBe("/events/e1/seats");
    expect(localStorage.getItem("tiketi:basket")).toBeNull();
  });
});

describe("standing places", () => {
  const floor = () => within(screen.getByRole("group", { name: "Floor" }));

  it.each([
    ["as one person may have", 300, 4],
    ["as are left", 3, 3],
  ])("are taken as many %s, for their price", async (_, left, most) => {
    const calls = await choose({ left, total: 45_000 * most });
    const another = floor().getByRole("button", { name: "One more" }) as HTMLButtonElement;
    for (let i = 0; i < 6; i++) await userEvent.click(another);
    expect(another.disabled).toBe(true);
    await press(`Hold these tickets · ₩${(45_000 * most).toLocaleString("en")}`);
    await waitFor(() => expect(asked(calls)).toHaveLength(1));
    expect(asked(calls)[0]?.body).toEqual({ ticket_type_id: "t3", quantity: most });
  });

  it("that are gone cannot be held", async () => {
    await choose({ left: 0 });
    const button = screen.getByRole("button", { name: /^Hold these tickets/ });
    expect((button as HTMLButtonElement).disabled).toBe(true);
  });
});

describe("a turn that was slept through", () => {
  const line = (status: Place["status"], expires?: number): Reply => {
    const expires_at = new Date(Date.now() + (expires ?? 0) * 1000).toISOString();
    const admission = expires === undefined ? null : { token: "adm-1", expires_at };
    return { status: 200, body: place({ status, admission }) };
  };

  async function sleep(...after: Reply[]) {
    const calls = serve({
      "GET /api/me": [{ status: 200, body: USER }],
      "GET /api/events/e1": [{ status: 200, body: event }],
      "GET /api/events/e1/seatmap": [{ status: 200, body: layout }],
      "GET /api/events/e1/availability": [
        { status: 200, body: { version: 1, states: "aaaaaaaaaa", general: [] } },
      ],
      "POST /api/events/e1/queue": [line("admitted", 300)],
      "GET /api/events/e1/queue": after,
    });
    show(
      <SessionProvider>
        <SeatsPage params={{ id: "e1" }} />
      </SessionProvider>,
    );
    await screen.findByText(/Your turn: 4:5/);
    return calls;
  }

  it.each(["visibilitychange", "focus", "pageshow"])(
    "is told as it is as soon as the page wakes: %s",
    async (sign) => {
      await sleep(line("waiting"));
      const target = sign === "visibilitychange" ? document : globalThis;
      target.dispatchEvent(new Event(sign));
      const told = await screen.findByRole("alert", {}, { timeout: 2000 });
      expect(told.textContent).toContain("Your turn has ended");
      expect(told.textContent).toContain("in line again, at the end");
      expect(screen.queryByText(/kept/)).toBeNull();
      const back = screen.getByRole("link", { name: "Back to the line" });
      expect(back.getAttribute("href")).toBe("/events/e1/line");
    },
  );

  it("is not said to be over while it goes on", async () => {
    const calls = await sleep(line("admitted", 250));
    globalThis.dispatchEvent(new Event("focus"));
    expect(await screen.findByText(/Your turn: 4:0/)).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    globalThis.dispatchEvent(new Event("pageshow")); // of the same waking
    const asked = calls.filter(({ method, path }) => method === "GET" && path.endsWith("/queue"));
    expect(asked).toHaveLength(1);
  });
});
