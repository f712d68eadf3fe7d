import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Format, Locale } from "../../src/i18n/format.ts";

// Formats are made once: each test gets them anew.
let formatFor: (locale: Locale) => Format;
beforeEach(async () => {
  vi.resetModules();
  ({ formatFor } = await import("../../src/i18n/format.ts"));
});

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

  it.each([
    ["KRW", 180_000, "₩180,000"],
    ["EUR", 1999, "€19.99"],
    ["EUR", 5, "€0.05"],
    ["KWD", 12_345, "KWD 12.345"],
    ["JPY", 0, "JP¥0"],
  ])("knows how many decimals %s has: %d", (currency, amount, text) => {
    expect(formatFor("en").money(amount, currency).replace("\u00a0", " ")).toBe(text);
  });

  it("writes numbers and shares", () => {
    expect(formatFor("en").number(1_234_567)).toBe("1,234,567");
    expect([0.5, 0.8734, 0.001].map(formatFor("en").percent)).toEqual(["50%", "87.3%", "0.1%"]);
  });

  it.each([
    [0, "5 secs"],
    [5, "5 secs"],
    [6, "10 secs"],
    [54.9, "55 secs"],
    [55, "1 min"],
    [89, "1 min"],
    [90, "2 mins"],
    [3569, "59 mins"],
    [3570, "1 hr"],
    [3749, "1 hr"],
    [3750, "1 hr 5 mins"],
    [7019, "1 hr 55 mins"],
    [7050, "2 hrs"],
    [7199, "2 hrs"],
    [7200, "2 hrs"],
    [9000, "2 hrs 30 mins"],
  ])("rounds %d seconds to %s", (seconds, text) => {
    expect(formatFor("en").duration(seconds)).toBe(text);
  });

  it.each([
    [59.9, "0:59"],
    [60, "1:00"],
    [3599, "59:59"],
    [3600, "1:00:00"],
    [36_061, "10:01:01"],
  ])("counts %d seconds down as %s", (seconds, text) => {
    expect(formatFor("en").clock(seconds)).toBe(text);
  });

  it("makes a format once, for each language its own", () => {
    expect(formatFor("ko")).toBe(formatFor("ko"));
    expect(formatFor("ko").duration(90)).toBe("2분");
    expect(formatFor("en").duration(90)).toBe("2 mins");
  });
});

describe("times are those of the place where somebody is, which is Berlin here", () => {
  it.each([
    ["2027-01-01T10:30:09Z", "Fri, 1 Jan 2027", "11:30", "11:30:09"],
    ["2027-07-01T10:30:09Z", "Thu, 1 Jul 2027", "12:30", "12:30:09"],
    ["2027-01-01T23:30:09Z", "Sat, 2 Jan 2027", "0:30", "00:30:09"],
  ])("%s", (time, day, minute, second) => {
    const format = formatFor("en");
    expect(format.dateTime(time)).toBe(`${day}, ${minute}`);
    expect(format.time(time)).toBe(second);
    expect(format.time(Date.parse(time))).toBe(second);
  });

  it("in Korean too", () => {
    expect(formatFor("ko").dateTime("2027-01-01T10:30:00Z")).toMatch(/2027년 1월 1일.*금.*11:30/);
  });
});

describe("times of an event are those of its place, which is named", () => {
  it.each([
    ["2027-01-01T15:25:00Z", "Asia/Seoul", "en", "Sat, 2 Jan 2027, 0:25 KST"],
    ["2027-01-01T00:30:00Z", "America/New_York", "en", "Thu, 31 Dec 2026, 19:30 EST"],
    ["2027-07-01T23:30:00Z", "America/New_York", "en", "Thu, 1 Jul 2027, 19:30 EDT"],
    ["2027-07-01T18:30:00Z", "Europe/Paris", "en", "Thu, 1 Jul 2027, 20:30 CEST"],
    ["2027-07-01T18:30:00Z", "Europe/London", "en", "Thu, 1 Jul 2027, 19:30 BST"],
    ["2027-07-01T10:30:00Z", "Asia/Kolkata", "en", "Thu, 1 Jul 2027, 16:00 GMT+5:30"],
    ["2027-07-01T10:30:00Z", "UTC", "en", "Thu, 1 Jul 2027, 10:30 UTC"],
  ] as const)("%s in %s, %s: %s", (time, zone, locale, told) => {
    expect(formatFor(locale).dateTime(time, zone)).toBe(told);
  });

  it("in Korean too", () => {
    const told = formatFor("ko").dateTime("2027-01-01T06:25:00Z", "Asia/Seoul");
    expect(told).toMatch(/2027년 1월 1일.*금.* 3:25 KST$/);
  });
});
