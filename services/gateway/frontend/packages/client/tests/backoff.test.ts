import { expect, test } from "vitest";
import { retryDelayMs } from "../src/backoff.ts";

test.each([
  [0, 1000, 2000],
  [1, 1000, 2000],
  [2, 2000, 3000],
  [3, 3000, 4000],
  [4, 4000, 5000],
  [5, 4000, 5000],
  [50, 4000, 5000],
])("try %d comes after %d to %d milliseconds, by chance", (attempt, shortest, longest) => {
  expect(retryDelayMs(attempt, () => 0)).toBe(shortest);
  expect(retryDelayMs(attempt, () => 0.25)).toBe(shortest + 250);
  expect(retryDelayMs(attempt, () => 0.9999)).toBe(longest);
});
