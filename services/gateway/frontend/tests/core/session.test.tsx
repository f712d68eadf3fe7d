// @vitest-environment happy-dom
import { act, screen, waitFor } from "@testing-library/react";
import { useEffect } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetLoaded, useLoad } from "../../src/core/load.ts";
import { SessionProvider, useSession } from "../../src/core/session.tsx";
import { api, live } from "../../src/core/tiketi.ts";
import { QuietSocket } from "../support/quiet-socket.ts";
import { show } from "../support/render.tsx";
import { problem, serve } from "../support/server.ts";

const FIRST = { id: "u1", email: "first@example.com", name: "First", role: "customer" } as const;
const SECOND = { ...FIRST, id: "u2", name: "Second" };
const order = (id: string) => ({ orders: [{ id }], next_cursor: null });
const ME = "GET /api/me";
const ORDERS = "GET /api/orders";
const LOGOUT = { "POST /api/auth/logout": [{ status: 204 }] };

let session: ReturnType<typeof useSession>;

function Orders() {
  const { data } = useLoad("orders", () => api.orders());
  return <p>orders: {data?.orders.map(({ id }) => id).join() ?? "loading"}</p>;
}

function Page() {
  const now = useSession();
  useEffect(() => {
    session = now;
  });
  return (
    <>
      <p>user: {now.user === undefined ? "unknown" : (now.user?.name ?? "nobody")}</p>
      {now.user && <Orders />}
    </>
  );
}

function open() {
  show(
    <SessionProvider>
      <Page />
    </SessionProvider>,
  );
}

beforeEach(() => {
  localStorage.clear();
  forgetLoaded();
});
afterEach(() => vi.unstubAllGlobals());

describe("two accounts at one device", () => {
  it("see nothing of each other, though the second one's answer is on its way", async () => {
    const orders = [{ status: 200, body: order("o1") }, "never" as const];
    serve({ [ME]: [{ status: 200, body: FIRST }], [ORDERS]: orders, ...LOGOUT });
    open();
    expect(await screen.findByText("orders: o1")).toBeTruthy();
    await act(() => session.signOut());
    expect(screen.getByText("user: nobody")).toBeTruthy();
    act(() => session.signedIn(SECOND));
    expect(screen.getByText("user: Second")).toBeTruthy();
    expect(screen.getByText("orders: loading")).toBeTruthy();
  });

  it("have live connections of their own: the first one's ends as they sign out", async () => {
    vi.stubGlobal("WebSocket", QuietSocket);
    serve({ [ME]: [{ status: 200, body: FIRST }], [ORDERS]: ["never" as const], ...LOGOUT });
    open();
    await screen.findByText("user: First");
    const heard = vi.fn();
    const leave = live.subscribe("e1", heard);
    const firsts = QuietSocket.last;
    const closed = vi.spyOn(firsts, "close");
    await waitFor(() => expect(live.state.kind).toBe("live"));
    await act(() => session.signOut());
    expect(closed).toHaveBeenCalled();
    act(() => session.signedIn(SECOND));
    firsts.say("queue-enter", { event_id: "e1", admission: { token: "the first one's" } });
    expect(heard).not.toHaveBeenCalled();
    leave();
  });

  it("see nothing of each other where the first one's session just ended", async () => {
    const orders = [{ status: 200, body: order("o1") }, "never" as const];
    serve({ [ME]: [{ status: 200, body: FIRST }], [ORDERS]: orders });
    open();
    expect(await screen.findByText("orders: o1")).toBeTruthy();
    act(() => session.ended());
    act(() => session.signedIn(SECOND));
    expect(screen.getByText("orders: loading")).toBeTruthy();
  });
});

describe("who is signed in", () => {
  it("is believed while the server cannot be asked, as at an offline door", async () => {
    serve({ [ME]: [{ status: 200, body: FIRST }] });
    open();
    await screen.findByText("user: First");
    await waitFor(() => expect(localStorage.getItem("tiketi:user")).toContain("u1"));
    serve({ [ME]: [{ status: 500, body: problem(500, "internal") }] });
    open();
    await waitFor(() => expect(screen.getAllByText("user: First")).toHaveLength(2));
  });

  it("is nobody where the server says so, and is forgotten", async () => {
    localStorage.setItem("tiketi:user", JSON.stringify(FIRST));
    serve({ [ME]: [{ status: 401, body: problem(401, "unauthenticated") }] });
    open();
    expect(await screen.findByText("user: nobody")).toBeTruthy();
    expect(localStorage.getItem("tiketi:user")).toBeNull();
  });
});
