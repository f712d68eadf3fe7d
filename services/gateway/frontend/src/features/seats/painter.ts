import type { Availability } from "@tiketi/client";
import type { SeatGrid } from "./grid.ts";
import type { SeatModel } from "./model.ts";
import { area, type Size, stageHeight, type View } from "./view.ts";

export interface Palette {
  /** One colour per ticket type. */
  types: string[];
  held: string;
  sold: string;
  blocked: string;
  dimmed: string;
  mine: string;
  onMine: string;
  onSeat: string;
  /** The font families of the page. */
  font: string;
  ink: string;
  page: string;
  stage: string;
  onStage: string;
}

export interface Chosen {
  selection: ReadonlySet<number>;
  /** The seat that the keyboard is at, or -1. */
  focus: number;
  /** Which seats the filters let through. */
  passes: (seat: number) => boolean;
}

const [AVAILABLE, HELD, SOLD] = [97, 104, 115];
const MARGIN = 0.3;
const SETTLE_MS = 90;
const NUMBERS_FROM_PX = 20;
const ROUND_FROM_PX = 7;

/**
 * Draws the map in three layers: a scene of all seats around the screen, kept as a picture; the
 * screen, a copy of that picture moved and scaled; and a cover with what is chosen.
 *
 * Panning and zooming only copy the picture, and it is drawn anew when the movement has settled or
 * leaves it. A live change paints its one seat into the picture. So neither costs more with more
 * seats.
 */
export class Painter {
  private readonly screen: CanvasRenderingContext2D;
  private readonly cover: CanvasRenderingContext2D;
  private readonly scene: CanvasRenderingContext2D;
  private readonly model: SeatModel;
  private readonly grid: SeatGrid;
  private readonly availability: Availability;
  private palette: Palette;
  private stageName: string;
  private size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private view: View = { scale: 1, x: 0, y: 0 };
  private sceneView: View | null = null;
  private chosen: Chosen = { selection: new Set(), focus: -1, passes: () => true };
  private changed = new Set<number>();
  private frame = 0;
  private settle: ReturnType<typeof setTimeout> | null = null;

  constructor(options: {
    screen: HTMLCanvasElement;
    cover: HTMLCanvasElement;
    model: SeatModel;
    grid: SeatGrid;
    availability: Availability;
    palette: Palette;
    stageName: string;
  }) {
    this.screen = context(options.screen);
    this.cover = context(options.cover);
    this.scene = context(document.createElement("canvas"));
    this.model = options.model;
    this.grid = options.grid;
    this.availability = options.availability;
    this.palette = options.palette;
    this.stageName = options.stageName;
  }

  resize(size: Size, ratio: number): void {
    this.size = size;
    this.ratio = ratio;
    for (const target of [this.screen, this.cover]) {
      target.canvas.width = pixels(size.width * ratio);
      target.canvas.height = pixels(size.height * ratio);
    }
    this.scene.canvas.width = pixels(size.width * (1 + 2 * MARGIN) * ratio);
    this.scene.canvas.height = pixels(size.height * (1 + 2 * MARGIN) * ratio);
    this.redraw();
  }

  dress(palette: Palette, stageName: string): void {
    this.palette = palette;
    this.stageName = stageName;
    this.redraw();
  }

  look(view: View): void {
    this.view = view;
    this.schedule();
  }

  /** What is chosen, focused or filtered has changed; a filter changes the scene as well. */
  choose(chosen: Chosen): void {
    const filtered = chosen.passes !== this.chosen.passes;
    this.chosen = chosen;
    if (filtered) this.redraw();
    else this.schedule();
  }

  /** These seats have another state. */
  update(seats: Iterable<number>): void {
    for (const seat of seats) this.changed.add(seat);
    this.schedule();
  }

  redraw(): void {
    this.sceneView = null;
    this.schedule();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    if (this.settle !== null) clearTimeout(this.settle);
  }

  private schedule(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private paint(): void {
    if (this.sceneView === null || !this.covers(this.sceneView)) this.paintScene();
    else this.paintChanged();
    this.copyScene();
    this.paintCover();
  }

  /** Whether the picture still fills the screen sharply enough to be shown moved and scaled. */
  private covers(scene: View): boolean {
    const stretch = this.view.scale / scene.scale;
    if (stretch > 2.2 || stretch < 0.6) return false;
    const [mx, my] = [this.size.width * MARGIN, this.size.height * MARGIN];
    const left = this.view.x - (scene.x + mx) * stretch;
    const top = this.view.y - (scene.y + my) * stretch;
    const right = left + this.size.width * (1 + 2 * MARGIN) * stretch;
    const bottom = top + this.size.height * (1 + 2 * MARGIN) * stretch;
    return left <= 0 && top <= 0 && right >= this.size.width && bottom >= this.size.height;
  }

  private paintScene(): void {
    this.changed.clear();
    this.sceneView = this.view;
    const { scene } = this;
    scene.setTransform(1, 0, 0, 1, 0, 0);
    scene.fillStyle = this.palette.page;
    scene.fillRect(0, 0, scene.canvas.width, scene.canvas.height);
    this.paintStage();
    this.paintSeats();
    this.paintSectionNames();
  }

  private copyScene(): void {
    const scene = this.sceneView as View;
    const stretch = this.view.scale / scene.scale;
    const { screen, ratio, size } = this;
    const left = this.view.x - (scene.x + size.width * MARGIN) * stretch;
    const top = this.view.y - (scene.y + size.height * MARGIN) * stretch;
    const picture = this.scene.canvas;
    screen.imageSmoothingEnabled = stretch !== 1;
    screen.drawImage(
      picture,
      Math.round(left * ratio),
      Math.round(top * ratio),
      picture.width * stretch,
      picture.height * stretch,
    );
    if (stretch !== 1) this.sharpenSoon();
  }

  private sharpenSoon(): void {
    if (this.settle !== null) clearTimeout(this.settle);
    this.settle = setTimeout(() => this.redraw(), SETTLE_MS);
  }

  // The scene

  private place(seat: number): [number, number] {
    const view = this.sceneView as View;
    return [
      ((this.model.x[seat] as number) * view.scale + view.x + this.size.width * MARGIN) *
        this.ratio,
      ((this.model.y[seat] as number) * view.scale + view.y + this.size.height * MARGIN) *
        this.ratio,
    ];
  }

  /** The side of a seat in device pixels. */
  private side(view: View): number {
    return Math.max(1, this.model.pitch * view.scale * 0.78 * this.ratio);
  }

  private colour(seat: number): string {
    const state = this.availability.states[seat];
    if (state === HELD) return this.palette.held;
    if (state === SOLD) return this.palette.sold;
    if (state !== AVAILABLE) return this.palette.blocked;
    if (!this.chosen.passes(seat)) return this.palette.dimmed;
    return this.palette.types[
      (this.model.type[seat] as number) % this.palette.types.length
    ] as string;
  }

  private paintSeats(): void {
    const byColour = new Map<string, number[]>();
    const { width, height } = this.size;
    const margin = Math.max(width, height) * MARGIN + this.model.pitch * this.view.scale;
    this.grid.within(area(this.view, this.size, margin), (seat) => {
      const colour = this.colour(seat);
      const known = byColour.get(colour);
      if (known) known.push(seat);
      else byColour.set(colour, [seat]);
    });
    for (const [colour, seats] of byColour) this.paintGroup(colour, seats);
    this.paintLabels([...byColour.values()].flat());
  }

  private paintGroup(colour: string, seats: number[]): void {
    const { scene } = this;
    const side = this.side(this.sceneView as View);
    const round = side >= ROUND_FROM_PX * this.ratio;
    scene.fillStyle = colour;
    scene.beginPath();
    for (const seat of seats) {
      const [x, y] = this.place(seat);
      if (round) scene.roundRect(x - side / 2, y - side / 2, side, side, side * 0.28);
      else scene.fillRect(x - side / 2, y - side / 2, side, side);
    }
    if (round) scene.fill();
  }

  /** Numbers once there is room for them; before that, a dot marks wheelchair places. */
  private paintLabels(seats: number[]): void {
    const side = this.side(this.sceneView as View);
    if (side >= NUMBERS_FROM_PX * this.ratio) this.paintNumbers(seats, side);
    else if (side >= ROUND_FROM_PX * this.ratio) this.paintDots(seats, side);
  }

  private paintDots(seats: number[], side: number): void {
    const { scene } = this;
    scene.fillStyle = this.palette.onSeat;
    for (const seat of seats) {
      if (!this.model.accessible[seat]) continue;
      const [x, y] = this.place(seat);
      scene.beginPath();
      scene.arc(x, y, side * 0.2, 0, 2 * Math.PI);
      scene.fill();
    }
  }

  private paintNumbers(seats: number[], side: number): void {
    const { scene } = this;
    scene.textAlign = "center";
    scene.textBaseline = "middle";
    scene.font = `600 ${Math.round(side * 0.36)}px ${this.palette.font}`;
    for (const seat of seats) {
      const [x, y] = this.place(seat);
      const free = this.availability.states[seat] === AVAILABLE && this.chosen.passes(seat);
      scene.fillStyle = free ? this.palette.onSeat : this.palette.ink;
      scene.globalAlpha = free ? 1 : 0.55;
      const mark = this.model.accessible[seat] ? "♿" : "";
      scene.fillText(`${mark}${this.model.labels[seat]?.number ?? ""}`, x, y + side * 0.02);
    }
    scene.globalAlpha = 1;
  }

  private paintChanged(): void {
    if (this.changed.size === 0) return;
    const { scene } = this;
    const side = this.side(this.sceneView as View);
    const gap = Math.ceil(side / 2) + 1;
    const seats = [...this.changed].filter((seat) => this.onScene(seat, gap));
    this.changed.clear();
    const byColour = new Map<string, number[]>();
    scene.fillStyle = this.palette.page;
    for (const seat of seats) {
      const [x, y] = this.place(seat);
      if (side >= ROUND_FROM_PX * this.ratio) {
        scene.fillRect(x - side / 2 - 1, y - side / 2 - 1, side + 2, side + 2);
      }
      const colour = this.colour(seat);
      byColour.set(colour, [...(byColour.get(colour) ?? []), seat]);
    }
    for (const [colour, group] of byColour) this.paintGroup(colour, group);
    this.paintLabels(seats);
  }

  private onScene(seat: number, gap: number): boolean {
    const [x, y] = this.place(seat);
    const { width, height } = this.scene.canvas;
    return x > -gap && y > -gap && x < width + gap && y < height + gap;
  }

  private paintStage(): void {
    const view = this.sceneView as View;
    const { bounds, pitch } = this.model;
    const height = stageHeight(bounds, pitch);
    const middle = (bounds.left + bounds.right) / 2;
    const half = Math.max(pitch * 6, (bounds.right - bounds.left) * 0.28);
    const x = (at: number) => (at * view.scale + view.x + this.size.width * MARGIN) * this.ratio;
    const y = (at: number) => (at * view.scale + view.y + this.size.height * MARGIN) * this.ratio;
    const [top, bottom] = [y(bounds.top - height), y(bounds.top - height * 0.35)];
    const { scene } = this;
    scene.fillStyle = this.palette.stage;
    scene.beginPath();
    scene.roundRect(x(middle - half), top, x(middle + half) - x(middle - half), bottom - top, [
      4 * this.ratio,
      4 * this.ratio,
      (bottom - top) * 0.6,
      (bottom - top) * 0.6,
    ]);
    scene.fill();
    scene.fillStyle = this.palette.onStage;
    scene.textAlign = "center";
    scene.textBaseline = "middle";
    const size = Math.min((bottom - top) * 0.5, 28 * this.ratio);
    scene.font = `700 ${Math.max(8 * this.ratio, size)}px ${this.palette.font}`;
    scene.fillText(this.stageName, x(middle), (top + bottom) / 2);
  }

  /** Over the seats while they are too small to be told apart, above the first row afterwards. */
  private paintSectionNames(): void {
    const view = this.sceneView as View;
    const { scene, model } = this;
    const far = model.pitch * view.scale < ROUND_FROM_PX;
    const size = (far ? 15 : 13) * this.ratio;
    scene.font = `700 ${size}px ${this.palette.font}`;
    scene.textAlign = "center";
    scene.textBaseline = "middle";
    scene.lineJoin = "round";
    scene.lineWidth = 5 * this.ratio;
    scene.strokeStyle = this.palette.page;
    scene.fillStyle = this.palette.ink;
    for (const section of model.sections) {
      const [mx, my] = [this.size.width * MARGIN, this.size.height * MARGIN];
      const x = (section.x * view.scale + view.x + mx) * this.ratio;
      const at = far ? section.y : section.top - model.pitch * 0.95;
      const y = (at * view.scale + view.y + my) * this.ratio;
      scene.strokeText(section.name, x, y);
      scene.fillText(section.name, x, y);
    }
  }

  // The cover

  private paintCover(): void {
    const { cover } = this;
    cover.clearRect(0, 0, cover.canvas.width, cover.canvas.height);
    const side = Math.max(this.side(this.view), 5 * this.ratio);
    for (const seat of this.chosen.selection) this.paintMine(seat, side);
    if (this.chosen.focus >= 0) this.paintFocus(this.chosen.focus, side);
  }

  private onScreen(seat: number): [number, number] {
    return [
      ((this.model.x[seat] as number) * this.view.scale + this.view.x) * this.ratio,
      ((this.model.y[seat] as number) * this.view.scale + this.view.y) * this.ratio,
    ];
  }

  private paintMine(seat: number, side: number): void {
    const { cover } = this;
    const [x, y] = this.onScreen(seat);
    const outer = side * 1.16;
    cover.fillStyle = this.palette.mine;
    cover.beginPath();
    cover.roundRect(x - outer / 2, y - outer / 2, outer, outer, outer * 0.28);
    cover.fill();
    cover.strokeStyle = this.palette.onMine;
    cover.lineWidth = Math.max(1.2, side * 0.12);
    cover.lineCap = cover.lineJoin = "round";
    cover.beginPath();
    cover.moveTo(x - side * 0.24, y + side * 0.02);
    cover.lineTo(x - side * 0.05, y + side * 0.2);
    cover.lineTo(x + side * 0.26, y - side * 0.18);
    cover.stroke();
  }

  private paintFocus(seat: number, side: number): void {
    const { cover } = this;
    const [x, y] = this.onScreen(seat);
    const outer = side + 8 * this.ratio;
    for (const [width, colour] of [
      [5, this.palette.page],
      [3, this.palette.ink],
    ] as const) {
      cover.lineWidth = width * this.ratio;
      cover.strokeStyle = colour;
      cover.beginPath();
      cover.roundRect(x - outer / 2, y - outer / 2, outer, outer, outer * 0.3);
      cover.stroke();
    }
  }
}

/** At least one: a canvas of none cannot be drawn from. */
function pixels(length: number): number {
  return Math.max(1, Math.round(length));
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const made = canvas.getContext("2d");
  if (!made) throw new Error("this browser cannot draw on a canvas");
  return made;
}
