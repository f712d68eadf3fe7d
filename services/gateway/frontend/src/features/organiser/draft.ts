import type { EventDetail, SeatMapLayout } from "@tiketi/client";
import type { LayoutSection, NewEvent, Policy, SeatAt } from "./api.ts";

/** An event while it is being written: texts as typed, times as the browser's own fields give them. */
export interface Draft {
  name: string;
  venue: string;
  startsAt: string;
  opensAt: string;
  closesAt: string;
  currency: string;
  maxPerUser: string;
  types: DraftType[];
  sections: LayoutSection[];
  policy: Policy;
  capacity: string;
  perSecond: string;
  admissionSeconds: string;
  lobbySeconds: string;
  codes: string;
}

export interface DraftType {
  key: string;
  name: string;
  price: string;
  kind: "seated" | "general";
  capacity: string;
}

export function newDraft(now: Date): Draft {
  const days = (n: number) => localTime(new Date(now.getTime() + n * 86_400_000));
  return {
    name: "",
    venue: "",
    startsAt: days(60),
    opensAt: days(7),
    closesAt: days(59),
    currency: "KRW",
    maxPerUser: "4",
    types: [newType("VIP", "150000"), newType("R", "110000")],
    sections: [section("A", 8, 30, "VIP"), section("B", 12, 36, "R")],
    policy: "lobby",
    capacity: "1000",
    perSecond: "50",
    admissionSeconds: "300",
    lobbySeconds: "900",
    codes: "",
  };
}

export function newType(name = "", price = ""): DraftType {
  return { key: crypto.randomUUID(), name, price, kind: "seated", capacity: "" };
}

export function section(
  name: string,
  rows: number,
  seats_per_row: number,
  ticket_type: string,
): LayoutSection {
  return { name, rows, seats_per_row, ticket_type, accessible: [], blocked: [], curve: 0 };
}

/** What the server is sent. Prices are typed in the currency's main unit. */
export function toNewEvent(draft: Draft): NewEvent {
  return {
    name: draft.name.trim(),
    venue: draft.venue.trim(),
    starts_at: instant(draft.startsAt),
    sale_opens_at: instant(draft.opensAt),
    sale_closes_at: instant(draft.closesAt),
    currency: draft.currency,
    max_per_user: Number(draft.maxPerUser),
    ticket_types: draft.types.map((type) => ({
      name: type.name.trim(),
      price: toSmallest(type.price, draft.currency),
      kind: type.kind,
      ...(type.kind === "general" ? { capacity: Number(type.capacity) } : {}),
    })),
    layout: { sections: draft.types.some(isSeated) ? draft.sections : [] },
    queue: {
      policy: draft.policy,
      capacity: Number(draft.capacity),
      per_second: Number(draft.perSecond),
      admission_seconds: Number(draft.admissionSeconds),
      lobby_seconds: Number(draft.lobbySeconds),
      invite_codes: draft.codes
        .split("\n")
        .map((code) => code.trim())
        .filter(Boolean),
    },
  };
}

/** From an amount as typed, such as `19.99`, to the currency's smallest unit. */
export function toSmallest(amount: string, currency: string): number {
  return Math.round(Number(amount) * 10 ** digitsOf(currency));
}

/** The amount as one would type it. */
export function fromSmallest(amount: number, currency: string): string {
  return String(amount / 10 ** digitsOf(currency));
}

function digitsOf(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return format.resolvedOptions().maximumFractionDigits ?? 0;
}

function isSeated(type: DraftType): boolean {
  return type.kind === "seated";
}

/** `2026-11-23T20:00` as the browser's field has it, in the browser's time zone. */
export function localTime(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function instant(local: string): string {
  return local ? new Date(local).toISOString() : "";
}

const GAP_ROWS = 2;

/** The seats as the server will lay them out: section behind section, the stage at the top. */
export function previewOf(sections: LayoutSection[], types: string[]) {
  const seats: SeatMapLayout["seats"] = [];
  const states: string[] = [];
  let [end, before] = [0, 0];
  for (const each of sections) {
    const [blocked, accessible] = [places(each.blocked), places(each.accessible)];
    const depth = depthOf(each);
    const top = end === 0 ? 0 : end + Math.max(0, depth - before);
    for (let row = 1; row <= each.rows; row++) {
      for (let number = 1; number <= each.seats_per_row; number++) {
        const at = `${row}-${number}`;
        const [x, y] = placeOf(each, row - 1, number - 1);
        seats.push({
          id: `${each.name}/${at}`,
          section: each.name,
          row: String(row),
          number: String(number),
          ticket_type_id: each.ticket_type,
          x,
          y: top + y,
          accessible: accessible.has(at),
        });
        states.push(blocked.has(at) ? "x" : "a");
      }
    }
    [end, before] = [top + each.rows + GAP_ROWS, depth];
  }
  const event = {
    ticket_types: types.map((name) => ({ id: name, name, price: 0, kind: "seated", capacity: 0 })),
  } as unknown as EventDetail;
  return { layout: { seats }, states: states.join(""), event };
}

/** How far the ends of a section's first row come forward. */
function depthOf(each: LayoutSection): number {
  const radius = radiusOf(each);
  return Number.isFinite(radius) ? radius * (1 - Math.cos(radians(each.curve) / 2)) : 0;
}

/** Where a seat is: rows are arcs around one point, seats a width apart along them. */
function placeOf(each: LayoutSection, row: number, number: number): [number, number] {
  const aside = number - (each.seats_per_row - 1) / 2;
  const radius = radiusOf(each) + row;
  if (!Number.isFinite(radius)) return [aside, row];
  const angle = aside / radius;
  return [radius * Math.sin(angle), row - radius * (1 - Math.cos(angle))];
}

/** Of the first row; infinite where rows are straight. */
function radiusOf(each: LayoutSection): number {
  const straight = !each.curve || each.seats_per_row === 1;
  return straight ? Number.POSITIVE_INFINITY : (each.seats_per_row - 1) / radians(each.curve);
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function places(some: SeatAt[]): Set<string> {
  return new Set(some.map(({ row, number }) => `${row}-${number}`));
}

export type Mark = "blocked" | "accessible";

/** Marks a seat, or its whole row, or takes the mark away where the seat has it. */
export function toggleMark(
  each: LayoutSection,
  mark: Mark,
  at: SeatAt,
  wholeRow: boolean,
): LayoutSection {
  const marked = places(each[mark]).has(`${at.row}-${at.number}`);
  const row = Array.from({ length: each.seats_per_row }, (_, i) => ({
    row: at.row,
    number: i + 1,
  }));
  const changed = places(wholeRow ? row : [at]);
  const rest = each[mark].filter(({ row: r, number }) => !changed.has(`${r}-${number}`));
  return { ...each, [mark]: marked ? rest : [...rest, ...(wholeRow ? row : [at])] };
}
