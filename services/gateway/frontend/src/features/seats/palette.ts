import type { Palette } from "./painter.ts";

/** Told apart in every kind of colour vision, dark enough for white numbers. */
const LIGHT = ["#5b3fc4", "#0f7a8a", "#b1540a", "#a3316f", "#38761d", "#4a5568"];
const DARK = ["#b7a3ff", "#5fd0de", "#ffb066", "#ff9ccb", "#93d977", "#c3cad6"];

function isDark(): boolean {
  return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

/** The colour of ticket type number `index`, as on the map. */
export function typeColour(index: number): string {
  const colours = isDark() ? DARK : LIGHT;
  return colours[index % colours.length] as string;
}

export function currentPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  const dark = isDark();
  return {
    types: dark ? DARK : LIGHT,
    held: dark ? "#565b69" : "#b4b7c1",
    sold: dark ? "#2b2e37" : "#d3d5d9",
    blocked: dark ? "#1f2128" : "#e4e4e0",
    dimmed: dark ? "#33363f" : "#d4d5da",
    mine: dark ? "#ffffff" : "#14151a",
    onMine: dark ? "#14151a" : "#ffffff",
    onSeat: dark ? "#14151a" : "#ffffff",
    font: token("--font"),
    ink: token("--ink"),
    page: token("--page"),
    stage: token("--sunken"),
    onStage: token("--ink-soft"),
  };
}
