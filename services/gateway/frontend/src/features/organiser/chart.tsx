interface Props {
  label: string;
  /** One value per step, oldest first; null where nothing was known. */
  values: (number | null)[];
  format: (value: number) => string;
}

const [WIDTH, HEIGHT] = [320, 96];

/** A line over time with its latest and largest value in words. */
export function Chart({ label, values, format }: Props) {
  const known = values.filter((value) => value !== null);
  const most = Math.max(0, ...known);
  const last = known.at(-1);
  return (
    <figure className="chart">
      <figcaption>
        <span>{label}</span>
        <strong className="figures">{last === undefined ? "–" : format(last)}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <line className="chart-base" x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} />
        {runs(values).map((run) => (
          <path key={run.from} className="chart-area" d={area(run, values.length, most)} />
        ))}
        {runs(values).map((run) => (
          <path key={run.from} className="chart-line" d={line(run, values.length, most)} />
        ))}
      </svg>
      <span className="chart-most figures">{most > 0 ? `↑ ${format(most)}` : "\u00a0"}</span>
    </figure>
  );
}

interface Run {
  from: number;
  values: number[];
}

/** Stretches without a gap: what is not known is not drawn. */
function runs(values: (number | null)[]): Run[] {
  const found: Run[] = [];
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    const last = found.at(-1);
    if (last && last.from + last.values.length === i) last.values.push(value);
    else found.push({ from: i, values: [value] });
  }
  return found;
}

function points(run: Run, steps: number, most: number): [number, number][] {
  const right = Math.max(1, steps - 1);
  return run.values.map((value, i) => [
    ((run.from + i) / right) * WIDTH,
    HEIGHT - 2 - (most > 0 ? value / most : 0) * (HEIGHT - 8),
  ]);
}

function line(run: Run, steps: number, most: number): string {
  const path = points(run, steps, most).map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return `M${path.join("L")}`;
}

function area(run: Run, steps: number, most: number): string {
  const path = points(run, steps, most);
  const [first, last] = [path[0]?.[0] ?? 0, path.at(-1)?.[0] ?? 0];
  return `${line(run, steps, most)}L${last.toFixed(1)} ${HEIGHT}L${first.toFixed(1)} ${HEIGHT}Z`;
}
