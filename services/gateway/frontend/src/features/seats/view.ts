import type { Bounds } from "./model.ts";

/** Screen = layout * scale + offset, in CSS pixels. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

const TOOLS_PX = 56;

export interface Size {
  width: number;
  height: number;
}

/** Everything in sight, with room at the edges, for the stage above and the buttons below. */
export function wholeView(bounds: Bounds, pitch: number, size: Size): View {
  const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
  const margin = Math.max(pitch * 2, height * 0.03);
  const stage = stageHeight(bounds, pitch);
  const free = Math.max(size.height - TOOLS_PX, size.height / 2);
  const scale = Math.min(size.width / (width + margin * 2), free / (height + margin * 2 + stage));
  return {
    scale,
    x: (size.width - width * scale) / 2 - bounds.left * scale,
    y: (free - (height - stage) * scale) / 2 - bounds.top * scale,
  };
}

/** How much room the stage takes above the first row. */
export function stageHeight(bounds: Bounds, pitch: number): number {
  return Math.max(pitch * 3, (bounds.bottom - bounds.top) * 0.1);
}

/** The same point of the layout stays under the pointer. */
export function zoomAt(view: View, factor: number, x: number, y: number, limits: Limits): View {
  const scale = Math.min(limits.most, Math.max(limits.least, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

export interface Limits {
  least: number;
  most: number;
}

/** From everything in sight to seats of a fingertip's size. */
export function zoomLimits(fitted: View, pitch: number): Limits {
  return { least: fitted.scale * 0.8, most: Math.max(fitted.scale, 56 / pitch) };
}

/** Never lets the map leave the screen altogether. */
export function keepInSight(view: View, bounds: Bounds, size: Size): View {
  const edge = 60;
  const clamp = (offset: number, low: number, high: number, length: number) =>
    Math.min(length - edge - low * view.scale, Math.max(edge - high * view.scale, offset));
  return {
    scale: view.scale,
    x: clamp(view.x, bounds.left, bounds.right, size.width),
    y: clamp(view.y, bounds.top, bounds.bottom, size.height),
  };
}

/** The part of the layout that a screen of `size` shows. */
export function area(view: View, size: Size, margin = 0): Bounds {
  return {
    left: (-margin - view.x) / view.scale,
    right: (size.width + margin - view.x) / view.scale,
    top: (-margin - view.y) / view.scale,
    bottom: (size.height + margin - view.y) / view.scale,
  };
}

/** On the way from one view to another, at an even pace for the eye. */
export function between(a: View, b: View, share: number): View {
  const scale = a.scale * (b.scale / a.scale) ** share;
  const along = b.scale === a.scale ? share : (scale - a.scale) / (b.scale - a.scale);
  return { scale, x: mix(a.x, b.x, along), y: mix(a.y, b.y, along) };
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}
