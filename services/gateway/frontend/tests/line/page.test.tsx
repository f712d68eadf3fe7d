// @vitest-environment happy-dom
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { LineStatus, Place } from "@tiketi/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { place, status } from "../../packages/client/tests/samples.ts";
import { forgetLoaded } from "../../src/core/load.ts";
import { SessionProvider } from "../../src/core/session.tsx";
import LinePage from "../../src/features/line/line.tsx";
import { EVENT } from "../seats/samples.ts";
import { QuietSocket } from "../support/quiet-socket.ts";
import { show } from "../support/render.tsx";
import { problem, type Reply, serve } from "../support/server.ts";

const USER = { id: "u1", email: "a@example.com", name: "A", role: "customer" };

/** The page for somebody whose join is answered so. */
async function stand(joined: Reply) {
  serve({
    "GET /api/me": [{ status: 200, body: USER }],
    "GET /api/events/e1": [{ status: 200, body: EVENT }],
    "POST /api/events/e1/queue": [joined],
    "GET /api/events/e1/queue": [joined],
  });
  show(
    <SessionProvider>
      <LinePage params={{ id: "e1" }} />
    </SessionProvider>,
  );
  await screen.findByText("Concert");
}

const at = (change: Partial<Place>) => stand({ status: 200, body: place(change) });
const heading = (name: string) => screen.findByRole("heading", { level: 1, name });

/** What stands beside a label. */
async function fact(label: string): Promise<string | null> {
  return (await screen.findByText(label)).nextElementSibling?.textContent ?? null;
}

function hear(type: string, data: object): void {
  act(() => QuietSocket.last.say(type, data));
}

const progress = (change: Partial<LineStatus>) =>
  hear("queue-progress", status({ event_id: "e1", ...change }));

beforeEach(() => {
  forgetLoaded();
  localStorage.clear();
  vi.stubGlobal("WebSocket", QuietSocket);
  history.replaceState(null, "", "/events/e1/line");
});
afterEach(() => vi.unstubAllGlobals());

describe("the line says where somebody stands", () => {
  it.each([
    ["lobby", "You are in the lobby"],
    ["waiting", "You are in line"],
    ["passed_over", "You are next in"],
    ["paused", "The sale is paused"],
    ["sold_out", "Sold out"],
  ] as const)("%s: %s", async (state, title) => {
    await at({ status: state });
    expect(await heading(title)).toBeTruthy();
  });

  it("at the turn: how long it lasts, and the way to the seats", async () => {
    await at({ status: "waiting" });
    await heading("You are in line");
    const expires_at = new Date(Date.now() + 125_500).toISOString();
    hear("queue-enter", { event_id: "e1", admission: { token: "a", expires_at } });
    expect(await heading("It is your turn")).toBeTruthy();
    expect(screen.getByRole("timer").textContent).toMatch(/^2:0[45]$/);
    const seats = screen.getByRole("link", { name: "Choose seats" });
    expect(seats.getAttribute("href")).toBe("/events/e1/seats");
    expect(location.pathname).toBe("/events/e1/line");
    expect(document.title).toContain("It is your turn!");
  });

  it("goes straight to the seats where nobody had to wait", async () => {
    const admission = { token: "a", expires_at: new Date(Date.now() + 60_000).toISOString() };
    await at({ status: "admitted", admission });
    await waitFor(() => expect(location.pathname).toBe("/events/e1/seats"));
  });

  it("follows the shared document", async () => {
    await at({ number: 1100, position: 100 });
    await heading("You are in line");
    progress({ serving_number: 1000, waiting: 512, seats_left: 1234 });
    progress({ serving_number: 1070, waiting: 482, seats_left: 1201 });
    expect(await screen.findByText("30")).toBeTruthy();
    expect(screen.getByText("of 482 in line")).toBeTruthy();
    expect(await fact("Seats left")).toBe("1,201");
    expect(document.title).toContain("(30) Concert");
  });

  it("says who is next", async () => {
    await at({ position: 1, total: 340 });
    expect(await screen.findByText("You are next")).toBeTruthy();
  });

  it("counts who is in the lobby", async () => {
    await at({ status: "lobby", number: null, position: null });
    await heading("You are in the lobby");
    progress({ phase: "lobby", waiting: 4321 });
    expect(await fact("Lobby")).toBe("4,321");
  });
});

describe("a sale by invitation", () => {
  const refused = { status: 403, body: problem(403, "invite_required") };

  it("asks for the code, and says nothing is wrong before one was tried", async () => {
    await stand(refused);
    const code = await screen.findByLabelText("Invite code");
    expect(code.getAttribute("aria-invalid")).toBeNull();
    await userEvent.type(code, "lotus");
    expect(code.getAttribute("aria-invalid")).toBeNull();
  });

  it("says clearly that a code is wrong, until another one is typed", async () => {
    await stand(refused);
    const code = await screen.findByLabelText("Invite code");
    await userEvent.type(code, "lotus");
    await userEvent.click(screen.getByRole("button", { name: "Join with the code" }));
    expect((await screen.findByRole("alert")).textContent).toContain("This code is not valid");
    expect(code.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(code.getAttribute("aria-describedby") ?? "")).toBeTruthy();
    await userEvent.type(code, "5");
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("the line says what to expect", () => {
  it.each([
    [null, "not known yet"],
    [0.29, "unlikely: about 1 in 3"],
    [1, "good: about 9 in 10"],
  ])("a chance of %s is %s", async (chance, text) => {
    await at({ chance });
    expect(await fact("Chance of seats")).toBe(text);
  });

  it.each([
    [null, "being measured"],
    [{ low: 120, high: 300 }, "2 mins to 5 mins"],
    [{ low: 295, high: 305 }, "under 5 mins"],
    [{ low: 4, high: 600 }, "under 10 mins"],
    [{ low: 5, high: 600 }, "5 secs to 10 mins"],
  ])("a wait of %o is %s", async (eta, text) => {
    await at({ eta_seconds: eta });
    expect(await fact("Expected wait")).toBe(text);
  });

  it.each([
    [null, "–"],
    [1100, "1100"],
    [12_345_678, "12345678"],
    [1_790_000_001_234_567, "…1234567"],
  ])("the number %s is shown as %s", async (number, text) => {
    await at({ number });
    expect(await fact("Your number")).toBe(text);
  });
});

describe("the line where somebody cannot join", () => {
  it.each([
    ["too_many_requests", 429, "A little too fast"],
    ["forbidden", 403, "Not for this account"],
    ["something_new", 418, "Something went wrong"],
  ])("says why: %s", async (code, statusCode, title) => {
    await stand({ status: statusCode, body: problem(statusCode, code) });
    expect(await screen.findByRole("heading", { name: title })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("leads to the login where the session has ended", async () => {
    await stand({ status: 401, body: problem(401, "unauthenticated") });
    const login = await screen.findByRole("link", { name: "Log in" });
    expect(login.getAttribute("href")).toBe("/login?next=%2Fevents%2Fe1%2Fline");
  });
});

describe("the line of an event that an organiser changes", () => {
  const sale_version = 7;
  const changed = (version: number) =>
    hear("event-changed", { event_id: "e1", epoch: "x", version, sale_version });

  beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
  afterEach(() => vi.useRealTimers());

  it("shows the event as it is now, at its own moment, and fetches it once for changes that follow each other", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.75);
    const calls = serve({
      "GET /api/me": [{ status: 200, body: USER }],
      "GET /api/events/e1": [
        { status: 200, body: EVENT },
        { status: 200, body: { ...EVENT, name: "Concert, moved to the park" } },
      ],
      "POST /api/events/e1/queue": [{ status: 200, body: place() }],
      "GET /api/events/e1/queue": [{ status: 200, body: place() }],
    });
    show(
      <SessionProvider>
        <LinePage params={{ id: "e1" }} />
      </SessionProvider>,
    );
    await screen.findByText("Concert");
    const fetched = () => calls.filter(({ path }) => path === "/api/events/e1").length;
    changed(1);
    await act(() => vi.advanceTimersByTimeAsync(3_000));
    changed(2);
    await act(() => vi.advanceTimersByTimeAsync(6_500));
    expect(fetched()).toBe(1);
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    expect(await screen.findByText("Concert, moved to the park")).toBeTruthy();
    expect(fetched()).toBe(2);
  });
});
