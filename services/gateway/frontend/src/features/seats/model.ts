import type { EventDetail, SeatMapLayout, TicketType } from "@tiketi/client";

export interface Row {
  name: string;
  /** Indices of the row's seats, from one end to the other. */
  seats: number[];
}

export interface Section {
  name: string;
  rows: Row[];
  /** The middle of its seats. */
  x: number;
  y: number;
  /** Where its first row is in the middle. */
  top: number;
}

export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** A seat map made ready for drawing and searching; a seat is its index in the layout. */
export interface SeatModel {
  count: number;
  ids: string[];
  x: Float32Array;
  y: Float32Array;
  /** Index into `types`. */
  type: Uint8Array;
  accessible: Uint8Array;
  types: TicketType[];
  labels: { section: string; row: string; number: string }[];
  sections: Section[];
  bounds: Bounds;
  /** The usual distance between neighbours, in the layout's own unit. */
  pitch: number;
  indexOf: Map<string, number>;
}

export function seatModel(layout: SeatMapLayout, event: EventDetail): SeatModel {
  const { seats } = layout;
  const types = event.ticket_types;
  const typeIndex = new Map(types.map((type, i) => [type.id, i]));
  const x = Float32Array.from(seats, (seat) => seat.x);
  const y = bent(layout);
  return {
    count: seats.length,
    ids: seats.map((seat) => seat.id),
    x,
    y,
    type: Uint8Array.from(seats, (seat) => typeIndex.get(seat.ticket_type_id) ?? 0),
    accessible: Uint8Array.from(seats, (seat) => (seat.accessible ? 1 : 0)),
    types,
    labels: seats.map(({ section, row, number }) => ({ section, row, number: String(number) })),
    sections: sectionsOf(layout, x, y),
    bounds: boundsOf(x, y),
    pitch: pitchOf(layout),
    indexOf: new Map(seats.map((seat, i) => [seat.id, i])),
  };
}

const BEND = 0.06;

/** A layout whose rows are all straight is drawn the way a hall is built, in arcs to the stage. */
function bent({ seats }: SeatMapLayout): Float32Array {
  if (isCurved(seats)) return Float32Array.from(seats, ({ y }) => y);
  let reach = 1;
  for (const seat of seats) reach = Math.max(reach, Math.abs(seat.x));
  return Float32Array.from(seats, ({ x, y }) => y - BEND * reach * 2 * (x / reach) ** 2);
}

/** Whether neighbours in some row are at different distances from the stage. */
function isCurved(seats: SeatMapLayout["seats"]): boolean {
  return seats.some((seat, i) => {
    const next = seats[i + 1];
    return next?.section === seat.section && next.row === seat.row && next.y !== seat.y;
  });
}

function sectionsOf(layout: SeatMapLayout, x: Float32Array, y: Float32Array): Section[] {
  const sections = new Map<string, Map<string, number[]>>();
  for (const [i, seat] of layout.seats.entries()) {
    const rows = getOr(sections, seat.section, () => new Map<string, number[]>());
    getOr(rows, seat.row, (): number[] => []).push(i);
  }
  return [...sections].map(([name, rows]) => {
    const seats = [...rows.values()].flat();
    const at = (of: Float32Array) => seats.reduce((sum, i) => sum + (of[i] ?? 0), 0) / seats.length;
    const first = [...rows.values()][0] ?? [];
    return {
      name,
      rows: [...rows].map(([row, members]) => ({ name: row, seats: members })),
      x: at(x),
      y: at(y),
      top: y[first[first.length >> 1] ?? 0] ?? 0,
    };
  });
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function boundsOf(x: Float32Array, y: Float32Array): Bounds {
  const bounds = { left: 0, top: 0, right: 0, bottom: 0 };
  if (x.length === 0) return bounds;
  bounds.left = bounds.top = Number.POSITIVE_INFINITY;
  bounds.right = bounds.bottom = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < x.length; i++) {
    bounds.left = Math.min(bounds.left, x[i] as number);
    bounds.right = Math.max(bounds.right, x[i] as number);
    bounds.top = Math.min(bounds.top, y[i] as number);
    bounds.bottom = Math.max(bounds.bottom, y[i] as number);
  }
  return bounds;
}

/** The median distance between seats that follow each other in a row. */
function pitchOf({ seats }: SeatMapLayout): number {
  const distances: number[] = [];
  for (let i = 1; i < seats.length && distances.length < 5000; i++) {
    const [a, b] = [seats[i - 1], seats[i]];
    if (!a || !b || a.row !== b.row || a.section !== b.section) continue;
    distances.push(Math.hypot(b.x - a.x, b.y - a.y));
  }
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] || 1;
}
