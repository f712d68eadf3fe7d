import "./seats.css";
import {
  type KeyboardEvent,
  type PointerEvent,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { type Direction, seatTowards } from "./grid.ts";
import { Painter } from "./painter.ts";
import { currentPalette } from "./palette.ts";
import { type Point, Touches } from "./touches.ts";
import type { Seats } from "./use-seats.ts";
import {
  between,
  keepInSight,
  type Size,
  type View,
  wholeView,
  zoomAt,
  zoomLimits,
} from "./view.ts";

interface Props {
  seats: Seats;
  selection: ReadonlySet<number>;
  passes: (seat: number) => boolean;
  onToggle: (seat: number) => void;
  describe: (seat: number) => string;
}

const KEYS: Record<string, Direction> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};
/** A seat smaller than this is not aimed at: a press comes nearer instead. */
const PRESSABLE_PX = 11;
const NEARER = 2.6;

/** The seat map on a canvas: mouse, touch and keyboard. The list view offers the same in words. */
export function SeatMap({ seats, selection, passes, onToggle, describe }: Props) {
  const { t } = useI18n();
  const frame = useRef<HTMLDivElement>(null);
  const screen = useRef<HTMLCanvasElement>(null);
  const cover = useRef<HTMLCanvasElement>(null);
  const [focus, setFocus] = useState(-1);
  const [shown, setShown] = useState(false);
  const help = useId();
  const camera = useCamera(seats, frame, screen, cover, t.seats.stage);

  useEffect(() => {
    camera.current?.painter.choose({ selection, focus: shown ? focus : -1, passes });
  }, [camera, selection, focus, shown, passes]);

  const press = (at: Point) => {
    const view = camera.current;
    if (!view) return;
    if (view.seatSize() < PRESSABLE_PX) {
      view.zoom(NEARER, at);
      return;
    }
    const seat = view.seatAt(at);
    if (seat < 0) return;
    setFocus(seat);
    onToggle(seat);
  };

  const keyDown = (event: KeyboardEvent) => {
    const view = camera.current;
    const direction = KEYS[event.key];
    if (!view) return;
    if (direction) {
      const next = focus < 0 ? view.middleSeat() : seatTowards(seats.model, focus, direction);
      setFocus(next);
      setShown(true);
      view.show(next);
    } else if ((event.key === "Enter" || event.key === " ") && focus >= 0) onToggle(focus);
    else if (event.key === "+" || event.key === "=") view.zoom(1.5);
    else if (event.key === "-") view.zoom(1 / 1.5);
    else if (event.key === "0") view.fit();
    else return;
    event.preventDefault();
  };

  const touches = useTouches(camera, press, () => setShown(false));
  return (
    <div className="map" ref={frame}>
      <canvas ref={screen} className="map-layer" />
      <div
        className="map-layer map-pad"
        role="application"
        aria-label={t.seats.mapLabel}
        aria-describedby={help}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the map takes the arrow keys as one widget
        tabIndex={0}
        onKeyDown={keyDown}
        onFocus={() => setShown(true)}
        onBlur={() => setShown(false)}
        {...touches}
      >
        <canvas ref={cover} className="map-layer" />
      </div>
      <p className="unseen" id={help}>
        {t.seats.mapHelp}
      </p>
      <p className="unseen" aria-live="assertive">
        {shown && focus >= 0 ? describe(focus) : ""}
      </p>
      <div className="map-tools">
        <Tool icon="plus" label={t.seats.zoomIn} onPress={() => camera.current?.zoom(1.8)} />
        <Tool icon="minus" label={t.seats.zoomOut} onPress={() => camera.current?.zoom(1 / 1.8)} />
        <Tool icon="fit" label={t.seats.fit} onPress={() => camera.current?.fit()} />
      </div>
    </div>
  );
}

function Tool({ icon, label, onPress }: { icon: IconName; label: string; onPress: () => void }) {
  return (
    <button type="button" className="map-tool" aria-label={label} title={label} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}

// The camera: where the map is looked at, and the painter that follows it

class Camera {
  readonly painter: Painter;
  private readonly seats: Seats;
  private size: Size = { width: 1, height: 1 };
  private view: View = { scale: 1, x: 0, y: 0 };
  private fitted: View = { scale: 1, x: 0, y: 0 };
  private moving = 0;

  constructor(seats: Seats, painter: Painter) {
    this.seats = seats;
    this.painter = painter;
  }

  /** A size of nothing, as while the page is hidden, is not one to draw at. */
  resize(size: Size): void {
    if (size.width < 1 || size.height < 1) return;
    const untouched = this.view.scale === this.fitted.scale;
    this.size = size;
    this.fitted = wholeView(this.seats.model.bounds, this.seats.model.pitch, size);
    this.painter.resize(size, Math.min(globalThis.devicePixelRatio || 1, 2));
    this.place(untouched ? this.fitted : this.view);
  }

  /** The side of a seat on the screen, in CSS pixels. */
  seatSize(): number {
    return this.seats.model.pitch * this.view.scale * 0.78;
  }

  seatAt({ x, y }: Point): number {
    const { scale, x: left, y: top } = this.view;
    const reach = Math.max(this.seats.model.pitch * 0.7, 10 / scale);
    return this.seats.grid.nearest((x - left) / scale, (y - top) / scale, reach);
  }

  middleSeat(): number {
    const { width, height } = this.size;
    const [x, y] = [width / 2, height / 2];
    const { scale, x: left, y: top } = this.view;
    return this.seats.grid.nearest((x - left) / scale, (y - top) / scale, width / scale);
  }

  pan(dx: number, dy: number): void {
    this.stopMoving();
    this.place({ ...this.view, x: this.view.x + dx, y: this.view.y + dy });
  }

  /** At once, as fingers and wheels do. */
  scale(factor: number, at: Point): void {
    this.stopMoving();
    this.place(zoomAt(this.view, factor, at.x, at.y, this.limits()));
  }

  zoom(factor: number, at: Point = { x: this.size.width / 2, y: this.size.height / 2 }): void {
    this.glide(zoomAt(this.view, factor, at.x, at.y, this.limits()));
  }

  fit(): void {
    this.glide(this.fitted);
  }

  /** Brings a seat into sight, large enough to be told from its neighbours. */
  show(seat: number): void {
    const { model } = this.seats;
    const scale = Math.max(this.view.scale, 16 / model.pitch);
    const [x, y] = [(model.x[seat] as number) * scale, (model.y[seat] as number) * scale];
    const { width, height } = this.size;
    const edge = Math.min(width, height) * 0.2;
    const inside =
      scale === this.view.scale &&
      x + this.view.x > edge &&
      x + this.view.x < width - edge &&
      y + this.view.y > edge &&
      y + this.view.y < height - edge;
    if (!inside) this.glide({ scale, x: width / 2 - x, y: height / 2 - y });
  }

  stop(): void {
    this.stopMoving();
    this.painter.stop();
  }

  private limits() {
    return zoomLimits(this.fitted, this.seats.model.pitch);
  }

  private place(view: View): void {
    this.view = keepInSight(view, this.seats.model.bounds, this.size);
    this.painter.look(this.view);
  }

  private glide(to: View): void {
    this.stopMoving();
    const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches;
    const [from, started, length] = [this.view, performance.now(), calm ? 0 : 220];
    const step = (now: number) => {
      const share = length === 0 ? 1 : Math.min(1, (now - started) / length);
      this.place(between(from, to, 1 - (1 - share) ** 3));
      this.moving = share < 1 ? requestAnimationFrame(step) : 0;
    };
    this.moving = requestAnimationFrame(step);
  }

  private stopMoving(): void {
    cancelAnimationFrame(this.moving);
    this.moving = 0;
  }
}

type CameraRef = RefObject<Camera | null>;

function useCamera(
  seats: Seats,
  frame: RefObject<HTMLDivElement | null>,
  screen: RefObject<HTMLCanvasElement | null>,
  cover: RefObject<HTMLCanvasElement | null>,
  stageName: string,
): CameraRef {
  const camera = useRef<Camera | null>(null);
  const { model, grid, availability, onChange } = seats;

  // biome-ignore lint/correctness/useExhaustiveDependencies: `seats` is new with each change; the camera lives as long as the layout
  useEffect(() => {
    if (!frame.current || !screen.current || !cover.current) return;
    const painter = new Painter({
      screen: screen.current,
      cover: cover.current,
      model,
      grid,
      availability,
      palette: currentPalette(),
      stageName,
    });
    const made = new Camera(seats, painter);
    camera.current = made;
    const dress = () => painter.dress(currentPalette(), stageName);
    const dark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
    const observer = new ResizeObserver(([entry]) => {
      if (entry) made.resize(entry.contentRect);
    });
    observer.observe(frame.current);
    dark?.addEventListener("change", dress);
    const unsubscribe = onChange((changed) => painter.update(changed));
    return () => {
      observer.disconnect();
      dark?.removeEventListener("change", dress);
      unsubscribe();
      made.stop();
      camera.current = null;
    };
  }, [model, grid, availability, onChange, stageName]);
  return camera;
}

/** Pointer and wheel handlers that move the camera, and tell a press from a drag. */
function useTouches(camera: CameraRef, press: (at: Point) => void, begin: () => void) {
  const touches = useRef(new Touches());
  const at = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  return {
    ref: useWheel(camera),
    onPointerDown: (event: PointerEvent) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      touches.current.down(event.pointerId, at(event));
      begin();
    },
    onPointerMove: (event: PointerEvent) => {
      const moved = touches.current.move(event.pointerId, at(event));
      if (!moved) return;
      if (moved.scale !== 1) camera.current?.scale(moved.scale, moved.middle);
      camera.current?.pan(moved.dx, moved.dy);
    },
    onPointerUp: (event: PointerEvent) => {
      if (touches.current.up(event.pointerId)) press(at(event));
    },
    onPointerCancel: (event: PointerEvent) => {
      touches.current.up(event.pointerId);
    },
  };
}

/** React listens to wheels passively, which could not keep the page from scrolling. */
function useWheel(camera: CameraRef): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const pad = ref.current;
    if (!pad) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const box = pad.getBoundingClientRect();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018));
      camera.current?.scale(factor, { x: event.clientX - box.left, y: event.clientY - box.top });
    };
    pad.addEventListener("wheel", turn, { passive: false });
    return () => pad.removeEventListener("wheel", turn);
  }, [camera]);
  return ref;
}
