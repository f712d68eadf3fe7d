// @vitest-environment happy-dom
import { act, screen } from "@testing-library/react";
import { Availability } from "@tiketi/client";
import { useEffect, useState } from "react";
import { beforeEach, describe, expect, it } from "vitest";
import { SeatGrid } from "../../src/features/seats/grid.ts";
import type { Seats } from "../../src/features/seats/use-seats.ts";
import { type Selection, useSelection } from "../../src/features/seats/use-selection.ts";
import { Toasts } from "../../src/ui/feedback.tsx";
import { show } from "../support/render.tsx";
import { model } from "./samples.ts";

const made = model({ name: "A", rows: 1, width: 3, type: "t1" });
const grid = new SeatGrid(made);
let selection: Selection;
let change: (seats: Seats) => void;

function hallAt(version: number, states: string): Seats {
  const availability = new Availability();
  availability.load({ version, states, general: [] });
  return { model: made, grid, availability, version, onChange: () => () => undefined };
}

function Page({ states = "aaa", limit = 4 }) {
  const [seats, setSeats] = useState(() => hallAt(1, states));
  const now = useSelection("e1", seats, limit);
  useEffect(() => {
    selection = now;
    change = setSeats;
  });
  return <Toasts />;
}

describe("the chosen seats", () => {
  beforeEach(() => sessionStorage.clear());

  it("lose what somebody else has taken, and say so", async () => {
    show(<Page />);
    act(() => selection.toggle(1));
    expect([...selection.chosen]).toEqual([1]);
    act(() => change(hallAt(2, "aha")));
    expect([...selection.chosen]).toEqual([]);
    expect(await screen.findByText(/was just taken/)).toBeTruthy();
  });

  it("are as many as one person may have, and not one more", async () => {
    show(<Page limit={2} />);
    act(() => selection.toggle(0));
    act(() => selection.toggle(1));
    act(() => selection.toggle(2));
    expect([...selection.chosen]).toEqual([0, 1]);
    expect(await screen.findByText("At most 2 tickets per person.")).toBeTruthy();
    act(() => selection.toggle(0));
    act(() => selection.toggle(2));
    expect([...selection.chosen]).toEqual([1, 2]);
  });

  it.each(["h", "s", "x"])("are free ones only: %s", (state) => {
    show(<Page states={`a${state}a`} />);
    act(() => selection.toggle(1));
    expect([...selection.chosen]).toEqual([]);
    act(() => selection.toggle(2));
    expect([...selection.chosen]).toEqual([2]);
  });

  it("are kept over a reload, and by event", () => {
    const { unmount } = show(<Page />);
    act(() => selection.toggle(1));
    unmount();
    show(<Page />);
    expect([...selection.chosen]).toEqual([1]);
    expect(sessionStorage.getItem("tiketi:chosen:e1")).toBe('["s1"]');
  });

  it("are replaced by others, and lose those that are dropped", () => {
    show(<Page />);
    act(() => selection.toggle(0));
    act(() => selection.choose([1, 2]));
    expect([...selection.chosen]).toEqual([1, 2]);
    act(() => selection.drop([1]));
    expect([...selection.chosen]).toEqual([2]);
  });

  it("keep what is taken because we are holding it", () => {
    show(<Page />);
    act(() => selection.toggle(2));
    act(() => selection.holding(true));
    act(() => change(hallAt(2, "aah")));
    expect([...selection.chosen]).toEqual([2]);
    expect(screen.queryByText(/seat 3 was just taken/)).toBeNull();
  });
});
