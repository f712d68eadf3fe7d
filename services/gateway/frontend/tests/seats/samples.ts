import type { EventDetail, Seat } from "@tiketi/client";
import { type SeatModel, seatModel } from "../../src/features/seats/model.ts";

export const EVENT: EventDetail = {
  id: "e1",
  name: "Concert",
  venue: "Hall",
  time_zone: "Asia/Seoul",
  starts_at: "2027-01-01T10:00:00Z",
  sale_opens_at: "2026-11-01T10:00:00Z",
  sale_closes_at: "2026-12-31T10:00:00Z",
  phase: "on_sale",
  price_from: 80_000,
  currency: "KRW",
  seats_total: 0,
  seats_left: 0,
  max_per_user: 4,
  ticket_types: [
    { id: "t1", name: "VIP", price: 180_000, kind: "seated", capacity: 0 },
    { id: "t2", name: "R", price: 80_000, kind: "seated", capacity: 0 },
  ],
};

/** Sections behind each other, as the server lays them out. */
export function hall(...sections: { name: string; rows: number; width: number; type: string }[]) {
  const seats: Seat[] = [];
  let top = 0;
  for (const { name, rows, width, type } of sections) {
    for (let row = 0; row < rows; row++) {
      for (let n = 0; n < width; n++) {
        seats.push({
          id: `s${seats.length}`,
          section: name,
          row: String(row + 1),
          number: String(n + 1),
          ticket_type_id: type,
          x: n - (width - 1) / 2,
          y: top + row,
          accessible: false,
        });
      }
    }
    top += rows + 2;
  }
  return { seats };
}

export function model(...sections: Parameters<typeof hall>): SeatModel {
  return seatModel(hall(...sections), EVENT);
}
