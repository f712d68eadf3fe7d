import { expect, it } from "vitest";
import { secondsUntil } from "../../src/core/clock.ts";

const NOW = Date.parse("2026-11-23T20:00:00Z");

it.each([
  ["2026-11-23T20:02:05Z", 125],
  ["2026-11-23T20:00:00.250Z", 0.25],
  ["2026-11-23T20:00:00Z", 0],
  ["2026-11-23T19:59:59Z", 0],
  ["2026-11-24T05:02:05+09:00", 125],
])("%s is %d seconds away, and never less than none", (time, seconds) => {
  expect(secondsUntil(time, NOW)).toBe(seconds);
});
