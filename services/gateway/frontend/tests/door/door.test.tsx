// @vitest-environment happy-dom
import { generateKeyPairSync } from "node:crypto";
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetLoaded } from "../../src/core/load.ts";
import { scan } from "../../src/features/door/camera.ts";
import DoorPage from "../../src/features/door/page.tsx";
import { Toasts } from "../../src/ui/feedback.tsx";
import { EVENT as SHOW } from "../seats/samples.ts";
import { show } from "../support/render.tsx";
import { type Call, problem, type Reply, serve } from "../support/server.ts";
import { codeOf, EVENT, manifestOf, TICKET } from "./samples.ts";

// There is no camera here: the test holds the codes before it.
vi.mock("../../src/features/door/camera.ts", () => ({
  scan: vi.fn(async () => () => undefined),
  prepare: vi.fn(async () => undefined),
}));

const CHECK = "POST /api/checkin";
const SYNC = "POST /api/checkin/sync";
const MANIFEST = `GET /api/checkin/events/${EVENT}/manifest`;
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const MINE = codeOf(privateKey);
const OTHER = codeOf(privateKey, EVENT, TICKET.replace("m", "n"));
const LOST = null;

const refused = (status: number, code: string, more = {}) => ({
  status,
  body: { ...problem(status, code), ...more },
});

function admitted(id = TICKET): Reply {
  const seat = { section: "A", row: "3", number: "17" };
  return { status: 200, body: { ticket: { id, ticket_type: "VIP", seat, holder: "Mina" } } };
}

/** The door's page, with its manifest, whose checks are answered so. */
async function open(replies: Record<string, (Reply | null)[]>): Promise<Call[]> {
  const calls = serve({
    "GET /api/events?limit=100": [{ status: 200, body: { events: [{ ...SHOW, id: EVENT }] } }],
    [MANIFEST]: [{ status: 200, body: manifestOf(publicKey) }],
    [SYNC]: [LOST],
    ...replies,
  });
  show(
    <>
      <DoorPage />
      <Toasts />
    </>,
  );
  await screen.findByText(/This device can work offline/);
  return calls;
}

it("tells the evenings of a run apart", async () => {
  const run = ["2027-01-08T10:30:00Z", "2027-01-09T05:00:00Z"].map((starts_at, i) => ({
    ...SHOW,
    id: i ? "b".repeat(20) : EVENT,
    starts_at,
  }));
  await open({ "GET /api/events?limit=100": [{ status: 200, body: { events: run } }] });
  const names = screen.getAllByRole("option").map((option) => option.textContent);
  expect(names).toEqual([
    "Concert · Fri, 8 Jan 2027, 19:30 KST",
    "Concert · Sat, 9 Jan 2027, 14:00 KST",
  ]);
});

async function check(code: string): Promise<void> {
  fireEvent.change(screen.getByLabelText("Ticket code"), { target: { value: code } });
  await userEvent.click(screen.getByRole("button", { name: "Check" }));
}

/** What the large sign says now. */
const answer = () => document.querySelector(".door-answer")?.textContent ?? "";
const says = (text: string) => waitFor(() => expect(answer()).toContain(text));
const synced = (calls: Call[]) => calls.filter(({ path }) => path === "/api/checkin/sync");

beforeEach(() => {
  forgetLoaded();
  localStorage.clear();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a door with a network", () => {
  it("says who may enter, and where they sit", async () => {
    const calls = await open({ [CHECK]: [admitted()] });
    await check(MINE);
    await says("Welcome");
    expect(answer()).toContain("A 3-17");
    expect(answer()).toContain("VIP · Mina");
    expect(answer()).not.toContain("offline");
    const asked = calls.find(({ path }) => path === "/api/checkin");
    expect(asked?.body).toEqual({ code: MINE, event_id: EVENT, device: expect.any(String) });
  });

  it.each([
    ["already_used", 409, "Already used"],
    ["ticket_cancelled", 409, "Ticket was refunded"],
    ["wrong_event", 409, "Ticket for another event"],
    ["unknown_ticket", 404, "Not a valid ticket"],
    ["something_new", 422, "Not a valid ticket"],
  ])("turns away at %s", async (code, status, text) => {
    await open({ [CHECK]: [refused(status, code, { used_at: "2026-11-23T20:00:00Z" })] });
    await check(MINE);
    await says(text);
    expect(answer()).toMatch(/Scanned .*Nov 2026/);
    expect(answer()).not.toContain("Welcome");
  });

  it("decides nothing by itself when the session has ended", async () => {
    await open({ [CHECK]: [refused(401, "unauthenticated")] });
    await check(MINE);
    expect(await screen.findByText(/could not be checked/)).toBeTruthy();
    expect(answer()).not.toContain("Welcome");
  });
});

describe("a door that has lost its network, or the service behind it", () => {
  it.each([
    ["an answer that was lost", LOST],
    ["a part that is down", refused(503, "unavailable")],
    ["a part that fails", refused(500, "internal")],
  ])("lets a genuine ticket in once: %s", async (_, reply) => {
    await open({ [CHECK]: [reply] });
    await check(MINE);
    await says("Welcome (offline)");
    expect(screen.getByText(/Offline: codes are verified/)).toBeTruthy();
    await check(MINE);
    await says("Already used");
    await check(OTHER);
    await says("Welcome (offline)");
    expect(screen.getByText("2 scans to sync")).toBeTruthy();
  });

  it("knows whom it let in while it had one", async () => {
    await open({ [CHECK]: [admitted(), LOST] });
    await check(MINE);
    await says("Welcome");
    await check(MINE);
    await says("Already used");
    expect(screen.queryByText(/to sync/)).toBeNull();
  });

  it("still knows after the page was loaded anew", async () => {
    await open({ [CHECK]: [LOST] });
    await check(MINE);
    await says("Welcome (offline)");
    document.body.innerHTML = "";
    await open({ [CHECK]: [LOST] });
    await check(MINE);
    await says("Already used");
  });

  it("refuses what it cannot know", async () => {
    await open({ [CHECK]: [LOST] });
    await check(codeOf(generateKeyPairSync("ed25519").privateKey));
    await says("Not a valid ticket");
    expect(screen.queryByText(/to sync/)).toBeNull();
  });

  it("lets nobody in without a manifest", async () => {
    localStorage.clear();
    serve({
      "GET /api/events?limit=100": [{ status: 200, body: { events: [{ ...SHOW, id: EVENT }] } }],
      [CHECK]: [LOST],
    });
    show(
      <>
        <DoorPage />
        <Toasts />
      </>,
    );
    await screen.findByText(/Open this page once online/);
    await check(MINE);
    expect(await screen.findByText(/could not be checked/)).toBeTruthy();
    expect(answer()).not.toContain("Welcome");
  });
});

describe("scans made offline", () => {
  const results = (...outcomes: string[]) => ({
    status: 200,
    body: { results: outcomes.map((outcome) => ({ outcome })) },
  });

  it("are told until they have been heard, once each", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const calls = await open({ [CHECK]: [LOST], [SYNC]: [LOST, results("accepted")] });
    await check(` ${MINE.toLowerCase()} `);
    await says("Welcome (offline)");
    await act(() => vi.advanceTimersByTimeAsync(5000));
    expect(screen.getByText("1 scan to sync")).toBeTruthy();
    await act(() => vi.advanceTimersByTimeAsync(5000));
    expect(screen.getByText("Everything is synced")).toBeTruthy();
    expect(screen.getByText("Online")).toBeTruthy();
    await act(() => vi.advanceTimersByTimeAsync(15_000));
    expect(synced(calls)).toHaveLength(2);
    const scans = synced(calls).map(({ body }) => (body as { scans: object[] }).scans);
    expect(scans[0]).toEqual(scans[1]);
    expect(scans[0]).toEqual([
      {
        code: MINE.toLowerCase(),
        scanned_at: expect.stringMatching(/Z$/),
        device: expect.any(String),
      },
    ]);
  });

  it("that another door made too are told of", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await open({ [CHECK]: [LOST], [SYNC]: [results("double", "accepted")] });
    await check(MINE);
    await says("Welcome (offline)");
    await check(OTHER);
    await act(() => vi.advanceTimersByTimeAsync(5000));
    expect(screen.getByText("1 ticket was used twice")).toBeTruthy();
  });

  it("that were doubles add up over the syncs of an evening", async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    await open({ [CHECK]: [LOST], [SYNC]: [results("double"), results("double")] });
    for (const code of [MINE, OTHER]) {
      await check(code);
      await says("Welcome (offline)");
      await act(() => vi.advanceTimersByTimeAsync(5000));
    }
    expect(screen.getByText("2 tickets were used twice")).toBeTruthy();
  });
});

describe("a code before the camera", () => {
  async function camera(replies: Record<string, (Reply | null)[]>) {
    const calls = await open(replies);
    await userEvent.click(screen.getByRole("button", { name: "Use the camera" }));
    await waitFor(() => expect(scan).toHaveBeenCalled());
    const [, found] = vi.mocked(scan).mock.lastCall ?? [];
    const hold = (code: string) => act(async () => found?.(code));
    const checked = () =>
      calls
        .filter(({ path }) => path === "/api/checkin")
        .map(({ body }) => (body as { code: string }).code);
    return { hold, checked };
  }

  beforeEach(() => {
    vi.mocked(scan).mockClear();
    vi.mocked(scan).mockImplementation(async () => () => undefined);
    vi.useFakeTimers({ toFake: ["Date"] });
  });

  it("is checked once while it is held there, and anew after a while", async () => {
    const { hold, checked } = await camera({ [CHECK]: [admitted()] });
    for (let i = 0; i < 20; i++) {
      await hold(MINE);
      vi.setSystemTime(Date.now() + 3999);
    }
    expect(checked()).toEqual([MINE]);
    vi.setSystemTime(Date.now() + 1);
    await hold(MINE);
    expect(checked()).toEqual([MINE, MINE]);
  });

  it("is checked at once where the next person's follows", async () => {
    const { hold, checked } = await camera({ [CHECK]: [admitted(), admitted("t2")] });
    await hold(MINE);
    vi.setSystemTime(Date.now() + 150);
    await hold(OTHER);
    expect(checked()).toEqual([MINE, OTHER]);
  });

  it("is typed where there is no camera", async () => {
    vi.mocked(scan).mockRejectedValue(new DOMException("no", "NotAllowedError"));
    await camera({});
    expect(await screen.findByText(/The camera is not allowed/)).toBeTruthy();
  });
});

it("counts everyone who was let in here, more than the last scans that it lists", async () => {
  await open({ [CHECK]: [admitted()] });
  await userEvent.click(screen.getByRole("button", { name: "Use the camera" }));
  await waitFor(() => expect(scan).toHaveBeenCalled());
  const [, found] = vi.mocked(scan).mock.lastCall ?? [];
  for (let i = 0; i < 60; i++) await act(async () => found?.(`code ${i}`));
  expect(await screen.findByText(/60 let in from here/)).toBeTruthy();
  expect(screen.getAllByRole("listitem")).toHaveLength(10);
});

it.each([
  ["by the server", [admitted(), refused(409, "already_used")]],
  ["by the server for another evening", [admitted(), refused(409, "wrong_event")]],
  ["by itself", [admitted(), LOST]],
])("does not count those it turned away: %s", async (_, replies) => {
  await open({ [CHECK]: replies });
  await check(MINE);
  await says("Welcome");
  await check(MINE);
  await waitFor(() => expect(answer()).not.toContain("Welcome"));
  expect(await screen.findByText(/1 let in from here/)).toBeTruthy();
});
