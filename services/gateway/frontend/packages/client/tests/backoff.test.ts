import { expect, test } from "vitest";
import { retryDelayMs } from "../src/backoff.ts";

test("pauses grow from one second to five at the most, and not for all alike", () => {
  for (const chance of [0, 0.5, 0.999]) {
    const pauses = [1, 2, 3, 4, 5].map((attempt) => retryDelayMs(attempt, () => chance));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(pauses[0]).toBeGreaterThanOrEqual(1000);
    expect(pauses[4]).toBeLessThanOrEqual(5000);
  }
  expect(retryDelayMs(1, () => 0.9)).toBeGreaterThan(retryDelayMs(1, () => 0.1));
});
