// @vitest-environment happy-dom

import { screen } from "@testing-library/react";
import { ApiError, NetworkError } from "@tiketi/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../../src/ui/feedback.tsx";
import { show } from "../support/render.tsx";

function refusal(status: number, code: string) {
  return new ApiError({ status, code, title: "", detail: "" }, null);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a failure's screen", () => {
  it("says what to do, also for a code that it does not know", () => {
    show(<Failure error={refusal(418, "teapot")} onRetry={() => undefined} />);
    expect(screen.getByRole("heading", { name: "Something went wrong" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("tries again by itself while there is no network, and at once when it is back", () => {
    const retry = vi.fn();
    show(<Failure error={new NetworkError(null)} onRetry={retry} />);
    vi.advanceTimersByTime(5100);
    expect(retry).toHaveBeenCalledTimes(1);
    globalThis.dispatchEvent(new Event("online"));
    expect(retry).toHaveBeenCalledTimes(2);
  });

  it("does not repeat a refusal", () => {
    const retry = vi.fn();
    show(<Failure error={refusal(403, "forbidden")} onRetry={retry} />);
    vi.advanceTimersByTime(20_000);
    expect(retry).not.toHaveBeenCalled();
  });

  it("leads to the login when the session has ended, and back here afterwards", () => {
    history.replaceState(null, "", "/orders");
    show(<Failure error={refusal(401, "unauthenticated")} />);
    const login = screen.getByRole("link", { name: "Log in" });
    expect(login.getAttribute("href")).toBe("/login?next=%2Forders");
  });
});
