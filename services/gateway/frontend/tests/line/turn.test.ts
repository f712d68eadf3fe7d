import { expect, it } from "vitest";
import { type Turn, turnAfter } from "../../src/features/line/turn.ts";

it.each([
  ["none", "waiting", "none"],
  ["none", "lobby", "none"],
  ["none", "passed_over", "none"],
  ["none", "admitted", "mine"],
  ["mine", "admitted", "mine"],
  ["mine", "waiting", "lost"],
  ["mine", "paused", "lost"],
  ["mine", "sold_out", "lost"],
  ["mine", "passed_over", "none"],
  ["lost", "waiting", "lost"],
  ["lost", "sold_out", "lost"],
  ["lost", "passed_over", "none"],
  ["lost", "admitted", "mine"],
] as const)("a turn that is %s, in the line %s: %s", (before, status, after) => {
  expect(turnAfter(before satisfies Turn, status)).toBe(after);
});
