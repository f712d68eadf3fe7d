import type { SeatModel } from "./model.ts";

/**
 * The best `quantity` seats side by side among those that `free` lets through, or null.
 *
 * Nearest to the middle of the stage first; a choice that would leave a single seat between others
 * is taken only where there is none better.
 */
export function bestAvailable(
  model: SeatModel,
  quantity: number,
  free: (seat: number) => boolean,
): number[] | null {
  let best: number[] | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const run of runsOf(model, free)) {
    for (let start = 0; start + quantity <= run.length; start++) {
      const orphans = Number(start === 1) + Number(run.length - start - quantity === 1);
      const seats = run.slice(start, start + quantity);
      const cost = distanceToStage(model, seats) + orphans * model.pitch * 12;
      if (cost < least) [best, least] = [seats, cost];
    }
  }
  return best;
}

/** Free seats that are next to each other, row by row. */
function* runsOf(model: SeatModel, free: (seat: number) => boolean): Generator<number[]> {
  for (const section of model.sections) {
    for (const row of section.rows) {
      let run: number[] = [];
      for (const seat of row.seats) {
        const last = run.at(-1);
        const next = free(seat) && (last === undefined || adjacent(model, last, seat));
        if (next) run.push(seat);
        else {
          if (run.length > 0) yield run;
          run = free(seat) ? [seat] : [];
        }
      }
      if (run.length > 0) yield run;
    }
  }
}

/** An aisle is wider than a seat. */
function adjacent(model: SeatModel, a: number, b: number): boolean {
  const dx = (model.x[a] as number) - (model.x[b] as number);
  const dy = (model.y[a] as number) - (model.y[b] as number);
  return Math.hypot(dx, dy) < model.pitch * 1.6;
}

function distanceToStage(model: SeatModel, seats: number[]): number {
  const middle = (model.bounds.left + model.bounds.right) / 2;
  const sum = seats.reduce((total, seat) => {
    const dx = (model.x[seat] as number) - middle;
    const dy = (model.y[seat] as number) - model.bounds.top;
    return total + Math.hypot(dx, dy * 1.4);
  }, 0);
  return sum / seats.length;
}
