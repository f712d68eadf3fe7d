// @vitest-environment happy-dom

import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { ApiError } from "@tiketi/client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SessionProvider } from "../../src/core/session.tsx";
import Enter from "../../src/features/account/enter.tsx";
import CreateEvent from "../../src/features/organiser/create.tsx";
import { type FieldTexts, refusalsOf, ruleAt } from "../../src/ui/refusals.tsx";
import { show, showInKorean } from "../support/render.tsx";
import { serve } from "../support/server.ts";

// What is drawn needs a canvas; tests/browser/journeys marks the same form in a real browser.
vi.mock("../../src/features/seats/map.tsx", () => ({ SeatMap: () => null }));

const TEXTS: FieldTexts = {
  name: { label: "Name", rule: "1 to 200 characters." },
  "ticket_types[].price": { label: "Price", rule: "0 or more." },
  other: { label: "Another field", rule: "Not accepted." },
};

function invalid(...fields: string[]) {
  const errors = fields.map((field) => ({ field, message: "is wrong in English" }));
  return { status: 422, code: "invalid", title: "", detail: "", errors };
}

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

describe("the fields that the server refused", () => {
  const refused = (...fields: string[]) =>
    refusalsOf(new ApiError(invalid(...fields), null), TEXTS).map(({ label, rule }) => [
      label,
      rule,
    ]);

  it.each([
    ["name", [["Name", "1 to 200 characters."]]],
    ["ticket_types[0].price", [["Price 1", "0 or more."]]],
    ["ticket_types[11].price", [["Price 12", "0 or more."]]],
    ["ticket_types[0].colour", [["Another field 1", "Not accepted."]]],
    ["body", [["Another field", "Not accepted."]]],
  ])("are told in the reader's words: %s", (field, told) => {
    expect(refused(field)).toEqual(told);
  });

  it("are none for any other failure", () => {
    expect(refusalsOf(new Error("offline"), TEXTS)).toEqual([]);
    expect(refused()).toEqual([]);
  });

  it("are marked one by one, by their position", () => {
    const refusals = refusalsOf(new ApiError(invalid("ticket_types[1].price"), null), TEXTS);
    expect(ruleAt(refusals, "ticket_types[1].price")).toBe("0 or more.");
    expect(ruleAt(refusals, "ticket_types[0].price")).toBeUndefined();
    expect(ruleAt(refusals, "name")).toBeUndefined();
  });
});

describe("a form that the server refused", () => {
  it("marks the fields of a new event and says in Korean what they accept", async () => {
    const user = userEvent.setup();
    serve({
      "POST /api/admin/events": [
        {
          status: 422,
          body: invalid("venue", "ticket_types[1].price", "queue.capacity", "layout"),
        },
      ],
    });
    const { container } = showInKorean(<CreateEvent />);
    await user.type(screen.getAllByLabelText("이름")[0] as HTMLElement, "공연");
    await user.type(screen.getByLabelText("장소"), "장소");
    await user.click(screen.getByRole("button", { name: "공연 만들기" }));
    const venue = screen.getByLabelText("장소");
    await screen.findByText("장소: 1자 이상 200자 이하로 입력하세요.");
    expect(venue.getAttribute("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(venue);
    const described = venue.getAttribute("aria-describedby") as string;
    expect(document.getElementById(described)?.textContent).toBe(
      "1자 이상 200자 이하로 입력하세요.",
    );
    const wrong = [...container.querySelectorAll('[aria-invalid="true"]')];
    const prices = screen.getAllByLabelText("가격 (KRW)");
    expect(wrong).toEqual([venue, prices[1], screen.getByLabelText("동시 선택 인원")]);
    expect(
      screen.getByText("좌석: 좌석은 모두 100,000석까지, 구역 이름은 서로 달라야 합니다."),
    ).toBeTruthy();
    expect(container.textContent).not.toMatch(/is wrong|ticket_types/);
  });

  it("marks the name of a new account that only the server refuses", async () => {
    const user = userEvent.setup();
    history.replaceState(null, "", "/signup");
    serve({ "POST /api/auth/signup": [{ status: 422, body: invalid("name") }] });
    show(
      <SessionProvider>
        <Enter />
      </SessionProvider>,
    );
    await user.type(screen.getByLabelText("Name"), "Kim\u0007");
    await user.type(screen.getByLabelText("Email"), "kim@example.com");
    await user.type(screen.getByLabelText("Password"), "correct horse");
    await user.click(screen.getByRole("button", { name: "Create account" }));
    const rule = "1 to 100 letters, without line breaks or control characters.";
    await screen.findByText(`Name: ${rule}`);
    expect(screen.getByLabelText("Name").getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByLabelText("Email").getAttribute("aria-invalid")).toBeNull();
  });
});
