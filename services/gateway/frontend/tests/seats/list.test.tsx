// @vitest-environment happy-dom
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Availability } from "@tiketi/client";
import { describe, expect, it, vi } from "vitest";
import { SeatGrid } from "../../src/features/seats/grid.ts";
import { SeatList } from "../../src/features/seats/list.tsx";
import type { Seats } from "../../src/features/seats/use-seats.ts";
import { show } from "../support/render.tsx";
import { model } from "./samples.ts";

function hallOf(states: string): Seats {
  const made = model(
    { name: "A", rows: 2, width: 3, type: "t1" },
    { name: "B", rows: 1, width: 2, type: "t2" },
  );
  const availability = new Availability();
  availability.load({ version: 1, states, general: [] });
  const onChange = () => () => undefined;
  return { model: made, grid: new SeatGrid(made), availability, version: 1, onChange };
}

function list(states: string, chosen: number[] = []) {
  const onToggle = vi.fn();
  show(
    <SeatList
      seats={hallOf(states)}
      selection={new Set(chosen)}
      passes={() => true}
      onToggle={onToggle}
      describe={(seat) => `seat ${seat}`}
    />,
  );
  return onToggle;
}

describe("the list of seats", () => {
  it("offers the seats of one row, and says which can be had", async () => {
    const onToggle = list("ahsaaaaa");
    expect(screen.getAllByRole("button")).toHaveLength(3);
    expect(screen.getByRole("button", { name: "seat 1" }).getAttribute("aria-disabled")).toBe(
      "true",
    );
    await userEvent.click(screen.getByRole("button", { name: "seat 0" }));
    expect(onToggle).toHaveBeenCalledWith(0);
  });

  it("counts what is free in each section and row", () => {
    list("ahsaaaax");
    expect(screen.getByRole("option", { name: "A · 4 free" })).toBeTruthy();
    expect(screen.getByRole("option", { name: "Row 1 · 1 free" })).toBeTruthy();
    expect(screen.getByRole("option", { name: "B · 1 free" })).toBeTruthy();
  });

  it("goes to another section and row", async () => {
    list("aaaaaaaa");
    await userEvent.selectOptions(screen.getByLabelText("Section"), "1");
    expect(screen.getAllByRole("button").map((seat) => seat.lastChild?.textContent)).toEqual([
      "seat 6",
      "seat 7",
    ]);
  });

  it("marks what is chosen as pressed", () => {
    list("aaaaaaaa", [2]);
    expect(screen.getByRole("button", { name: "seat 2", pressed: true })).toBeTruthy();
  });
});
