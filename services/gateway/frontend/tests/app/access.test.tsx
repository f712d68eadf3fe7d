// @vitest-environment happy-dom
import { screen, waitFor } from "@testing-library/react";
import type { Role } from "@tiketi/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { App } from "../../src/app/app.tsx";
import { PAGES } from "../../src/app/routes.tsx";
import { match } from "../../src/core/router.tsx";
import { SessionProvider } from "../../src/core/session.tsx";
import { show } from "../support/render.tsx";
import { problem, serve } from "../support/server.ts";

// Who may see a page is asked of the real table; what the page then shows is another matter.
vi.mock("../../src/app/routes.tsx", async (original) => {
  const { PAGES } = await original<typeof import("../../src/app/routes.tsx")>();
  const component = () => <p>the page itself</p>;
  return { PAGES: PAGES.map((page) => ({ ...page, component })) };
});

const BY_ACCESS = {
  everyone: ["/", "/events/e1", "/login", "/signup", "/forgot-password", "/reset-password"],
  customer: [
    "/events/e1/line",
    "/events/e1/draw",
    "/events/e1/seats",
    "/holds/h1",
    "/orders",
    "/orders/o1",
    "/profile",
  ],
  staff: ["/door"],
  admin: [
    "/admin",
    "/admin/staff",
    "/admin/events/new",
    "/admin/events/e1",
    "/admin/events/e1/edit",
    "/admin/events/e1/seats",
    "/admin/events/e1/orders",
    "/admin/events/e1/report",
  ],
};
const RANKS = ["everyone", "customer", "staff", "admin"] as const;
const PATHS = RANKS.flatMap((access) => BY_ACCESS[access].map((path) => [access, path] as const));

function visit(path: string, role: Role | null) {
  const user = { id: "u1", email: "a@example.com", name: "A", role };
  const me = role
    ? { status: 200, body: user }
    : { status: 401, body: problem(401, "unauthenticated") };
  serve({ "GET /api/me": [me] });
  history.replaceState(null, "", path);
  show(
    <SessionProvider>
      <App />
    </SessionProvider>,
  );
}

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

it("has judged every page", () => {
  const judged = (path: string) => PATHS.some(([, each]) => match(path, each) !== null);
  expect(PAGES.filter(({ path }) => !judged(path))).toEqual([]);
});

describe.each(["customer", "staff", "admin"] as const)("a session of %s", (role) => {
  const may = (access: (typeof RANKS)[number]) => RANKS.indexOf(access) <= RANKS.indexOf(role);

  it.each(PATHS.filter(([access]) => may(access)))("sees a page for %s: %s", async (_, path) => {
    visit(path, role);
    expect(await screen.findByText("the page itself")).toBeTruthy();
  });

  it.each(PATHS.filter(([access]) => !may(access)))("has none for %s: %s", async (_, path) => {
    visit(path, role);
    expect(await screen.findByRole("heading", { name: "Not for this account" })).toBeTruthy();
    expect(screen.queryByText("the page itself")).toBeNull();
  });
});

describe("without a session", () => {
  it.each(BY_ACCESS.everyone)("a page for everyone is seen: %s", async (path) => {
    visit(path, null);
    expect(await screen.findByText("the page itself")).toBeTruthy();
  });

  it.each(PATHS.filter(([access]) => access !== "everyone"))(
    "a page for %s leads to the login and back: %s",
    async (_, path) => {
      visit(path, null);
      await waitFor(() => expect(location.pathname).toBe("/login"));
      expect(new URLSearchParams(location.search).get("next")).toBe(path);
    },
  );
});

it("says so where there is no such page", async () => {
  visit("/nowhere", "admin");
  expect(await screen.findByRole("heading", { name: "Not here" })).toBeTruthy();
});
