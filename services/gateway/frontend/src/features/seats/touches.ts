export interface Point {
  x: number;
  y: number;
}

export interface Movement {
  dx: number;
  dy: number;
  scale: number;
  middle: Point;
}

const SLOP_PX = 8;

/** One or two fingers (or a mouse) as movements: a drag, a pinch, or neither, which is a press. */
export class Touches {
  private readonly at = new Map<number, Point>();
  private began: Point = { x: 0, y: 0 };
  private dragging = false;

  down(id: number, point: Point): void {
    if (this.at.size === 0) [this.began, this.dragging] = [point, false];
    else this.dragging = true;
    this.at.set(id, point);
  }

  /** Null while nothing moves: no finger is down, or it has not left the spot yet. */
  move(id: number, point: Point): Movement | null {
    const before = this.at.get(id);
    if (!before) return null;
    if (!this.dragging && distance(point, this.began) < SLOP_PX) return null;
    this.dragging = true;
    const other = [...this.at].find(([key]) => key !== id)?.[1];
    this.at.set(id, point);
    if (!other) return { dx: point.x - before.x, dy: point.y - before.y, scale: 1, middle: point };
    const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
    return {
      dx: (point.x - before.x) / 2,
      dy: (point.y - before.y) / 2,
      scale: distance(point, other) / Math.max(1, distance(before, other)),
      middle,
    };
  }

  /** Whether this was a press. */
  up(id: number): boolean {
    const known = this.at.delete(id);
    return known && this.at.size === 0 && !this.dragging;
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
