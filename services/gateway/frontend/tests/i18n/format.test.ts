import { describe, expect, it } from "vitest";
import { formatFor } from "../../src/i18n/format.ts";

describe("figures by locale", () => {
  it("writes money in the currency's own digits", () => {
    expect(formatFor("ko").money(180_000, "KRW")).toBe("₩180,000");
    expect(formatFor("en").money(1999, "EUR")).toBe("€19.99");
  });

  it("rounds waiting times to what a person would say", () => {
    const { duration } = formatFor("en");
    expect([3, 42, 90, 3600, 5000].map(duration)).toEqual([
      "5 secs",
      "45 secs",
      "2 mins",
      "1 hr",
      "1 hr 25 mins",
    ]);
  });

  it("counts down with minutes and seconds", () => {
    const { clock } = formatFor("ko");
    expect([-3, 9, 245, 3725].map(clock)).toEqual(["0:00", "0:09", "4:05", "1:02:05"]);
  });
});
