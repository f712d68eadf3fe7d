export type Locale = "ko" | "en";

export interface Format {
  number(value: number): string;
  percent(share: number): string;
  money(amount: number, currency: string): string;
  /** In the reader's own time zone, or in `zone` (`Asia/Seoul`), which is then named. */
  dateTime(time: string, zone?: string): string;
  time(time: string | number): string;
  /** `4:05`, or `1:02:09` from an hour on. */
  clock(seconds: number): string;
  /** A rounded waiting time: `40 sec`, `12 min`, `1 hr 20 min`. */
  duration(seconds: number): string;
}

const cache = new Map<Locale, Format>();

export function formatFor(locale: Locale): Format {
  const known = cache.get(locale);
  if (known) return known;
  const made = make(locale === "ko" ? "ko-KR" : "en-GB");
  cache.set(locale, made);
  return made;
}

function make(tag: string): Format {
  const number = new Intl.NumberFormat(tag);
  const percent = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 });
  const dateTimes = new Map<string | undefined, Intl.DateTimeFormat>();
  const dateTime = (at: Date, zone: string | undefined) => {
    const known = dateTimes.get(zone) ?? dateTimeIn(tag, zone);
    dateTimes.set(zone, known);
    return known.format(at);
  };
  const time = new Intl.DateTimeFormat(tag, { timeStyle: "medium" });
  const unit = (value: number, of: "second" | "minute" | "hour") =>
    new Intl.NumberFormat(tag, { style: "unit", unit: of, unitDisplay: "short" }).format(value);
  return {
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    money: (amount, currency) => money(tag, amount, currency),
    dateTime: (at, zone) => {
      const time = dateTime(new Date(at), zone);
      return zone ? `${time} ${zoneName(new Date(at), zone)}` : time;
    },
    time: (at) => time.format(new Date(at)),
    clock,
    duration: (seconds) => {
      if (seconds < 55) return unit(Math.max(5, Math.ceil(seconds / 5) * 5), "second");
      const minutes = Math.max(1, Math.round(seconds / 60));
      if (minutes < 60) return unit(minutes, "minute");
      const rest = Math.round((minutes % 60) / 5) * 5;
      const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
      return rest % 60 ? `${unit(hours, "hour")} ${unit(rest, "minute")}` : unit(hours, "hour");
    },
  };
}

function dateTimeIn(tag: string, zone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(tag, {
    year: "numeric",
    month: "short",
    day: "numeric",
    weekday: "short",
    hour: "numeric",
    minute: "2-digit",
    timeZone: zone,
  });
}

/** Browsers know no abbreviation for these; tickets and mails have them. */
const ZONE_NAMES: Record<string, string> = { "Asia/Seoul": "KST", "Asia/Tokyo": "JST" };

/** `KST`, `EST`, `CET`, or `GMT+5:30` where the zone has no usual abbreviation. */
function zoneName(at: Date, zone: string): string {
  const names = ["en-US", "en-GB"].map((tag) => {
    const format = new Intl.DateTimeFormat(tag, { timeZone: zone, timeZoneName: "short" });
    return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  });
  return ZONE_NAMES[zone] ?? names.find((name) => !/^GMT[+-]/.test(name)) ?? names[0] ?? zone;
}

function money(tag: string, amount: number, currency: string): string {
  const format = new Intl.NumberFormat(tag, { style: "currency", currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 0;
  return format.format(amount / 10 ** digits);
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
