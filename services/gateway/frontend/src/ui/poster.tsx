const PALETTES = [
  ["#1b1f4b", "#4a5cff", "#ffb86b"],
  ["#0d3b3a", "#18a999", "#f6e27f"],
  ["#3c1236", "#d0417e", "#ffd1a8"],
  ["#14213d", "#fca311", "#e5e5e5"],
  ["#2b1055", "#7597de", "#f8c3d8"],
  ["#31150f", "#e4572e", "#ffe0b5"],
];

/** Pictures for events that have none: drawn from the id, so that an event keeps its own. */
export function Poster({ seed }: { seed: string }) {
  const next = chance(seed);
  const [ground, main, light] = PALETTES[Math.floor(next() * PALETTES.length)] as string[];
  const rings = 3 + Math.floor(next() * 3);
  const [x, y] = [80 + next() * 240, 60 + next() * 120];
  const turn = Math.floor(next() * 90) - 45;
  return (
    <svg
      className="poster"
      viewBox="0 0 400 240"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <rect width="400" height="240" fill={ground} />
      <g fill="none" stroke={main} strokeWidth="14">
        {Array.from({ length: rings }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rings never change
          <circle key={i} cx={x} cy={y} r={34 + i * 38} opacity={1 - i * 0.17} />
        ))}
      </g>
      <g transform={`rotate(${turn} ${x} ${y})`}>
        <path d={`M${x} ${y} L${x - 90} 420 L${x + 90} 420 Z`} fill={light} opacity="0.28" />
        <path d={`M${x} ${y} L${x - 34} 420 L${x + 34} 420 Z`} fill={light} opacity="0.5" />
      </g>
      <circle cx={x} cy={y} r="16" fill={light} />
    </svg>
  );
}

/** Even numbers from 0 to 1 that depend on the seed alone (FNV-1a, then xorshift). */
function chance(seed: string): () => number {
  let state = 2166136261;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16777619);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}
