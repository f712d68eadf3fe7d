// @vitest-environment happy-dom
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetLoaded } from "../../src/core/load.ts";
import type { AdminEvent, EventNow } from "../../src/features/organiser/api.ts";
import LivePage from "../../src/features/organiser/live.tsx";
import { EVENT } from "../seats/samples.ts";
import { show } from "../support/render.tsx";
import { problem, serve } from "../support/server.ts";

const QUEUE = "PATCH /api/admin/events/e1/queue";
const event: AdminEvent = {
  ...EVENT,
  cancelled: false,
  version: 19,
  unreadable: [],
  queue: {
    policy: "lobby",
    capacity: 700,
    per_second: 30,
    grace_seconds: 170,
    admission_seconds: 300,
    lobby_seconds: 900,
    adaptive: false,
    invite_codes: [],
    paused: false,
  },
};

/** All numbers different and none of them zero, so that no figure passes for another. */
const now: EventNow = {
  id: "e1",
  name: "Concert",
  phase: "on_sale",
  lobby: 71,
  waiting: 4321,
  active: 611,
  capacity: 700,
  per_second: 30,
  pace: 29,
  admitted_per_second: 27.46,
  admitted_total: 413,
  drain_seconds: 156,
  oldest_wait_seconds: 780,
  passed_over: 13,
  no_shows_total: 17,
  seats_total: 9000,
  sold: 2345,
  held: 432,
  left: 6223,
  revenue: 123_456_000,
  currency: "KRW",
  orders: 1201,
  refunds: 19,
  sold_last_hour: 876,
  conversion: 0.873,
  series: { waiting: [], active: [], admitted_per_second: [], sold: [], held: [] },
};

function overviewOf(each: Partial<EventNow>) {
  return {
    as_of: "2026-11-23T20:00:00Z",
    events: [
      { ...now, id: "e0", sold: 1, waiting: 2 },
      { ...now, ...each },
    ],
    services: [{ name: "queue", instances: 4, ready: 3, cpu: 0.62, loop_lag_p99_seconds: 0.012 }],
    api: { requests_per_second: 1503, p95_seconds: 0.087, error_share: 0.0013 },
    till: { hold_seconds_p95: 0.031, checkout_seconds_p95: 0.44 },
    connections: 5123,
    scaling: { desired: 6, running: 4, reason: "" },
    sources: [
      { name: "queue", stale: false },
      { name: "booking", stale: true },
    ],
    series: {},
  };
}

function open(each: Partial<EventNow> = {}, changed: Partial<AdminEvent["queue"]> = {}) {
  const calls = serve({
    "GET /api/admin/events/e1": [
      { status: 200, body: { ...event, queue: { ...event.queue, ...changed } } },
    ],
    "GET /api/admin/overview": [{ status: 200, body: overviewOf(each) }],
    [QUEUE]: [{ status: 200, body: {} }],
  });
  show(<LivePage params={{ id: "e1" }} />);
  return () => calls.filter(({ method }) => method === "PATCH").map(({ body }) => body);
}

async function figure(label: string): Promise<string> {
  const found = await screen.findAllByText(label, { selector: "dt" });
  return found.map((term) => term.nextElementSibling?.textContent).join(" | ");
}

/** The step of 0.1 is no matter of happy-dom's, whose check of it suffers from rounding. */
function submit(field: HTMLElement): void {
  fireEvent.submit(field.closest("form") as HTMLFormElement);
}

beforeEach(() => forgetLoaded());
afterEach(() => vi.unstubAllGlobals());

describe("the figures of a sale", () => {
  it.each([
    ["Waiting", "4,321"],
    ["Choosing now", "611 / 700"],
    ["Admitted per second", "27.5 / 30"],
    ["Sold", "2,345 / 9,000"],
    ["Held", "432"],
    ["Left", "6,223"],
    ["Revenue", "₩123,456,000"],
    ["Orders", "1,201"],
    ["Refunds", "19"],
  ])("%s: %s", async (label, value) => {
    open();
    expect(await figure(label)).toBe(value);
  });

  it("are unknown where they are, and not none", async () => {
    open({ sold: null, waiting: null, revenue: null });
    expect(await figure("Waiting")).toBe("–");
    expect(await figure("Revenue")).toBe("–");
  });

  it("say which service is no longer heard", async () => {
    open();
    expect(await screen.findByText(/No fresh figures from: booking\./)).toBeTruthy();
    const row = screen.getByRole("row", { name: /^queue/ });
    expect(within(row).getByText("3 / 4")).toBeTruthy();
  });
});

describe("the controls of a sale", () => {
  it("send the pace as the pace and the capacity as the capacity", async () => {
    const sent = open();
    const pace = await screen.findByLabelText("People let in per second");
    const capacity = screen.getByLabelText("People choosing at once");
    expect([pace, capacity].map((field) => (field as HTMLInputElement).value)).toEqual([
      "30",
      "700",
    ]);
    await userEvent.clear(pace);
    await userEvent.type(pace, "45.5");
    await userEvent.clear(capacity);
    await userEvent.type(capacity, "1200");
    submit(pace);
    await waitFor(() => expect(sent()).toEqual([{ per_second: 45.5, capacity: 1200 }]));
  });

  it.each([
    [false, "Pause the sale", true],
    [true, "Go on selling", false],
  ])("turn a pause around (paused: %s)", async (paused, name, wanted) => {
    const sent = open({}, { paused });
    await userEvent.click(await screen.findByRole("button", { name }));
    await waitFor(() => expect(sent()).toEqual([{ paused: wanted }]));
  });

  it("keep what was typed and say why where it is refused", async () => {
    open();
    const pace = await screen.findByLabelText("People let in per second");
    serve({
      "GET /api/admin/overview": [{ status: 200, body: overviewOf({}) }],
      [QUEUE]: [{ status: 403, body: problem(403, "forbidden") }],
    });
    await userEvent.clear(pace);
    await userEvent.type(pace, "99");
    submit(pace);
    expect(await screen.findByText("Log in with an account that has access.")).toBeTruthy();
    expect((pace as HTMLInputElement).value).toBe("99");
  });
});
