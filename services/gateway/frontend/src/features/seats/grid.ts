import type { Bounds, SeatModel } from "./model.ts";

/** Seats by place: which are in a rectangle, and which is nearest to a point. */
export class SeatGrid {
  private readonly model: SeatModel;
  private readonly cell: number;
  private readonly columns: number;
  private readonly rows: number;
  /** The seats of cell `c` are `order[starts[c]] .. order[starts[c + 1] - 1]`. */
  private readonly starts: Uint32Array;
  private readonly order: Uint32Array;

  constructor(model: SeatModel) {
    const { bounds, pitch } = model;
    this.model = model;
    this.cell = pitch * 8;
    this.columns = Math.floor((bounds.right - bounds.left) / this.cell) + 1;
    this.rows = Math.floor((bounds.bottom - bounds.top) / this.cell) + 1;
    this.starts = new Uint32Array(this.columns * this.rows + 1);
    this.order = new Uint32Array(model.count);
    this.fill();
  }

  /** Calls `visit` with each seat of the cells that the rectangle touches. */
  within(area: Bounds, visit: (seat: number) => void): void {
    const [left, right] = [this.column(area.left), this.column(area.right)];
    const [top, bottom] = [this.row(area.top), this.row(area.bottom)];
    for (let row = top; row <= bottom; row++) {
      const from = this.starts[row * this.columns + left] as number;
      const to = this.starts[row * this.columns + right + 1] as number;
      for (let k = from; k < to; k++) visit(this.order[k] as number);
    }
  }

  /** The seat nearest to a point, at most `reach` away, or -1. */
  nearest(x: number, y: number, reach: number): number {
    let [best, distance] = [-1, reach * reach];
    const area = { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
    this.within(area, (seat) => {
      const dx = (this.model.x[seat] as number) - x;
      const dy = (this.model.y[seat] as number) - y;
      if (dx * dx + dy * dy <= distance) [best, distance] = [seat, dx * dx + dy * dy];
    });
    return best;
  }

  private fill(): void {
    const { model, starts } = this;
    const cells = new Uint32Array(model.count);
    for (let i = 0; i < model.count; i++) {
      const cell =
        this.row(model.y[i] as number) * this.columns + this.column(model.x[i] as number);
      cells[i] = cell;
      starts[cell + 1] = (starts[cell + 1] as number) + 1;
    }
    for (let c = 1; c < starts.length; c++) {
      starts[c] = (starts[c] as number) + (starts[c - 1] as number);
    }
    const next = starts.slice();
    for (let i = 0; i < model.count; i++) {
      const cell = cells[i] as number;
      this.order[next[cell] as number] = i;
      next[cell] = (next[cell] as number) + 1;
    }
  }

  private column(x: number): number {
    return clamp(Math.floor((x - this.model.bounds.left) / this.cell), this.columns - 1);
  }

  private row(y: number): number {
    return clamp(Math.floor((y - this.model.bounds.top) / this.cell), this.rows - 1);
  }
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

export type Direction = "left" | "right" | "up" | "down";

/** The next seat in a direction, for the arrow keys: straight ahead counts more than near. */
export function seatTowards(model: SeatModel, from: number, direction: Direction): number {
  const [x, y] = [model.x[from] as number, model.y[from] as number];
  const horizontal = direction === "left" || direction === "right";
  const sign = direction === "left" || direction === "up" ? -1 : 1;
  let [best, least] = [from, Number.POSITIVE_INFINITY];
  for (let i = 0; i < model.count; i++) {
    const [dx, dy] = [(model.x[i] as number) - x, (model.y[i] as number) - y];
    const ahead = (horizontal ? dx : dy) * sign;
    const aside = Math.abs(horizontal ? dy : dx);
    if (ahead < model.pitch * 0.3 || aside > ahead * 2) continue;
    const cost = ahead + aside * 2.5;
    if (cost < least) [best, least] = [i, cost];
  }
  return best;
}
