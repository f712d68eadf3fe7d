import type { ReactNode } from "react";

interface Palette {
  ground: string;
  main: string;
  light: string;
}

const PALETTES: Palette[] = [
  { ground: "#1b1f4b", main: "#4a5cff", light: "#ffb86b" },
  { ground: "#0d3b3a", main: "#18a999", light: "#f6e27f" },
  { ground: "#3c1236", main: "#d0417e", light: "#ffd1a8" },
  { ground: "#14213d", main: "#fca311", light: "#e5e5e5" },
  { ground: "#2b1055", main: "#7597de", light: "#f8c3d8" },
  { ground: "#31150f", main: "#e4572e", light: "#ffe0b5" },
  { ground: "#10312b", main: "#8fc93a", light: "#fff3b0" },
  { ground: "#1f2933", main: "#ef476f", light: "#a8dadc" },
];

type Chance = () => number;
const MOTIFS = [rings, strings, arches, discs];

/** Pictures for events that have none: drawn from the id, so that an event keeps its own. */
export function Poster({ seed }: { seed: string }) {
  const next = chance(seed);
  const palette = PALETTES[Math.floor(next() * PALETTES.length)] as Palette;
  const motif = MOTIFS[Math.floor(next() * MOTIFS.length)] as (typeof MOTIFS)[number];
  return (
    <svg
      className="poster"
      viewBox="0 0 400 240"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <rect width="400" height="240" fill={palette.ground} />
      {motif(palette, next)}
    </svg>
  );
}

/** A lamp and its beam. */
function rings({ main, light }: Palette, next: Chance): ReactNode {
  const [x, y] = [90 + next() * 220, 70 + next() * 80];
  const turn = Math.floor(next() * 90) - 45;
  return (
    <>
      <g fill="none" stroke={main} strokeWidth="14">
        {[0, 1, 2, 3].map((i) => (
          <circle key={i} cx={x} cy={y} r={34 + i * 38} opacity={1 - i * 0.2} />
        ))}
      </g>
      <g transform={`rotate(${turn} ${x} ${y})`} fill={light}>
        <path d={`M${x} ${y} L${x - 90} 420 L${x + 90} 420 Z`} opacity="0.28" />
        <path d={`M${x} ${y} L${x - 34} 420 L${x + 34} 420 Z`} opacity="0.5" />
      </g>
      <circle cx={x} cy={y} r="16" fill={light} />
    </>
  );
}

/** Vibrating strings. */
function strings({ main, light }: Palette, next: Chance): ReactNode {
  const lines = Array.from({ length: 11 }, (_, i) => {
    const [y, swing] = [14 + i * 21, (next() - 0.5) * 120];
    return `M-10 ${y} C 120 ${y + swing}, 280 ${y - swing}, 410 ${y}`;
  });
  const [x, y] = [110 + next() * 180, 80 + next() * 80];
  return (
    <>
      <circle cx={x} cy={y} r="64" fill={main} />
      <g fill="none" stroke={light} strokeWidth="3" opacity="0.85">
        {lines.map((line) => (
          <path key={line} d={line} />
        ))}
      </g>
    </>
  );
}

/** A stage seen from the stalls. */
function arches({ main, light }: Palette, next: Chance): ReactNode {
  const x = 130 + next() * 140;
  return (
    <>
      {[5, 4, 3, 2, 1].map((i) => (
        <path
          key={i}
          d={`M${x - i * 40} 250 V${190 - i * 14} A${i * 40} ${i * 40} 0 0 1 ${x + i * 40} ${190 - i * 14} V250 Z`}
          fill={i % 2 ? main : light}
          opacity={0.25 + (5 - i) * 0.17}
        />
      ))}
    </>
  );
}

/** Records, or moons. */
function discs({ main, light, ground }: Palette, next: Chance): ReactNode {
  const offset = next() * 60;
  return (
    <>
      {[0, 1, 2].map((i) => {
        const [x, y, r] = [70 + i * 120 + offset, 60 + next() * 120, 46 + next() * 44];
        return (
          <g key={i}>
            <circle cx={x} cy={y} r={r} fill={i === 1 ? light : main} opacity="0.9" />
            <circle cx={x + r * 0.34} cy={y - r * 0.22} r={r * 0.82} fill={ground} />
            <circle cx={x + r * 0.34} cy={y - r * 0.22} r={r * 0.2} fill={light} />
          </g>
        );
      })}
    </>
  );
}

/** Numbers from 0 to 1 that depend on the seed alone (FNV-1a, then mulberry32). */
function chance(seed: string): Chance {
  let state = 2166136261;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
