// @vitest-environment happy-dom

import { screen } from "@testing-library/react";
import type { LineSnapshot } from "@tiketi/client";
import { describe, expect, it } from "vitest";
import { status } from "../../packages/client/tests/samples.ts";
import { Baskets, chanceText } from "../../src/features/line/chance.tsx";
import { en } from "../../src/i18n/en.ts";
import { show } from "../support/render.tsx";

function waiting(seatsLeft: number, seatsHeld: number, chance: number | null): LineSnapshot {
  return {
    place: { status: "waiting", chance },
    status: status({ seats_left: seatsLeft, seats_held: seatsHeld }),
    estimate: { position: 18 },
  } as LineSnapshot;
}

describe("a line in which every remaining seat is in a basket", () => {
  it("says how many seats and people, how likely it is, and that the place is kept", () => {
    show(<Baskets now={waiting(0, 37, 0.12)} />);
    const spoken = screen.getByRole("status");
    expect(spoken.textContent).toContain("All remaining seats are in baskets");
    expect(spoken.textContent).toContain("Your place is kept");
    const shown = spoken.parentElement?.textContent;
    expect(shown).toContain("Seats in baskets: 37. People ahead of you: 17.");
    expect(shown).toContain("unlikely: about 1 in 8");
  });

  it.each([
    [1, 37],
    [0, 0],
  ])("says nothing while %i seats are free and %i held", (left, held) => {
    show(<Baskets now={waiting(left, held, 0.5)} />);
    expect(screen.queryByRole("status")).toBeNull();
  });
});

describe("a chance in words and a number", () => {
  it.each([
    [null, "not known yet"],
    [1, "good: about 9 in 10"],
    [0.7, "good: about 7 in 10"],
    [0.69, "fair: about 7 in 10"],
    [0.3, "fair: about 3 in 10"],
    [0.29, "unlikely: about 1 in 3"],
    [0.05, "unlikely: about 1 in 20"],
    [0.049, "very unlikely: about 1 in 20"],
    [0.003, "very unlikely: about 1 in 333"],
    [0, "none"],
  ])("%s is %s", (chance, text) => {
    expect(chanceText(chance, en)).toBe(text);
  });
});
