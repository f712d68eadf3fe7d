// @vitest-environment happy-dom

import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SessionProvider } from "../../src/core/session.tsx";
import { ForgotPassword, ResetPassword } from "../../src/features/account/recover.tsx";
import { show, showInKorean } from "../support/render.tsx";
import { problem, serve } from "../support/server.ts";

const ASK = "POST /api/auth/password-reset";
const CONFIRM = "POST /api/auth/password-reset/confirm";

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  history.replaceState(null, "", "/");
});

describe("somebody who forgot the password", () => {
  async function ask(email: string) {
    const user = userEvent.setup();
    await user.type(screen.getByLabelText(/Email|이메일/), email);
    await user.click(screen.getByRole("button"));
  }

  it("is told that a link is on its way, without learning who has an account", async () => {
    const calls = serve({ [ASK]: [{ status: 202 }] });
    show(<ForgotPassword />);
    await ask("kim@example.com");
    const told = await screen.findByText(/If there is an account for kim@example.com/);
    expect(told.closest('[role="status"]')).not.toBeNull();
    expect(calls.map((call) => call.body)).toEqual([{ email: "kim@example.com" }]);
  });

  it("is told when this site sends no mail", async () => {
    serve({ [ASK]: [{ status: 503, body: problem(503, "mail_unavailable") }] });
    showInKorean(<ForgotPassword />);
    await ask("kim@example.com");
    await screen.findByText("이 사이트는 메일을 보낼 수 없습니다. 주최자에게 문의해 주세요.");
  });

  it("is not asked to wait for a mail to what is no address", async () => {
    const calls = serve({});
    show(<ForgotPassword />);
    await ask("kim");
    await screen.findByText("This does not look like an email address.");
    expect(calls).toEqual([]);
  });
});

describe("whoever follows the mailed link", () => {
  function open(secret: string) {
    history.replaceState(null, "", `/reset-password#${secret}`);
    show(
      <SessionProvider>
        <ResetPassword />
      </SessionProvider>,
    );
    return userEvent.setup();
  }

  it("chooses a new password and logs in with it", async () => {
    const calls = serve({ [CONFIRM]: [{ status: 204 }] });
    const user = open("s3cret");
    await user.type(screen.getByLabelText("New password"), "12345678");
    await user.click(screen.getByRole("button", { name: "Choose a new password" }));
    await vi.waitFor(() => expect(location.pathname).toBe("/login"));
    const sent = calls.filter((call) => call.path.endsWith("/confirm"));
    expect(sent.map((call) => call.body)).toEqual([{ token: "s3cret", password: "12345678" }]);
  });

  it("is told at once what a password needs", async () => {
    const calls = serve({});
    const user = open("s3cret");
    await user.type(screen.getByLabelText("New password"), "1234567");
    await user.click(screen.getByRole("button", { name: "Choose a new password" }));
    await screen.findByText("At least 8 characters, please.");
    expect(calls.filter((call) => call.path.endsWith("/confirm"))).toEqual([]);
  });

  it("can ask for another one when it is used or too old", async () => {
    serve({ [CONFIRM]: [{ status: 410, body: problem(410, "reset_expired") }] });
    const user = open("s3cret");
    await user.type(screen.getByLabelText("New password"), "12345678");
    await user.click(screen.getByRole("button", { name: "Choose a new password" }));
    await screen.findByText(/This link was used already or is too old/);
    expect(screen.getByRole("link", { name: "Send a link" }).getAttribute("href")).toBe(
      "/forgot-password",
    );
  });

  it("is told so when the link lost its end on the way", () => {
    serve({});
    open("");
    expect(screen.getByText(/This link was used already or is too old/)).toBeTruthy();
  });
});
