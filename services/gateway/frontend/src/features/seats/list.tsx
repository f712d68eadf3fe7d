import { useMemo, useState } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Select } from "../../ui/controls.tsx";
import type { Row } from "./model.ts";
import { typeColour } from "./palette.ts";
import type { Seats } from "./use-seats.ts";

interface Props {
  seats: Seats;
  selection: ReadonlySet<number>;
  passes: (seat: number) => boolean;
  onToggle: (seat: number) => void;
  describe: (seat: number) => string;
}

/** Section, row, seat as ordinary controls: everything the map does, for keyboard and speech. */
export function SeatList({ seats, selection, passes, onToggle, describe }: Props) {
  const { t, format } = useI18n();
  const { model } = seats;
  const [sectionIndex, setSection] = useState(0);
  const [rowIndex, setRow] = useState(0);
  const section = model.sections[sectionIndex];
  const row = section?.rows[rowIndex] ?? section?.rows[0];
  const free = useFree(seats, passes);
  const count = (members: Row[]) =>
    format.number(members.reduce((sum, { seats: some }) => sum + some.filter(free).length, 0));

  if (!section || !row) return null;
  return (
    <div className="seat-list">
      <div className="seat-list-where">
        <Select
          label={t.seats.section}
          value={String(sectionIndex)}
          onChange={(value) => {
            setSection(Number(value));
            setRow(0);
          }}
          options={model.sections.map((each, i) => ({
            value: String(i),
            label: `${each.name} · ${t.seats.available(count(each.rows))}`,
          }))}
        />
        <Select
          label={t.seats.rowLabel}
          value={String(rowIndex)}
          onChange={(value) => setRow(Number(value))}
          options={section.rows.map((each, i) => ({
            value: String(i),
            label: `${t.seats.row(each.name)} · ${t.seats.available(count([each]))}`,
          }))}
        />
      </div>
      <ul className="seat-buttons" aria-label={`${section.name}, ${t.seats.row(row.name)}`}>
        {row.seats.map((seat) => (
          <li key={seat}>
            <button
              type="button"
              className="seat-button"
              aria-pressed={selection.has(seat)}
              aria-disabled={!selection.has(seat) && !free(seat)}
              onClick={() => (selection.has(seat) || free(seat)) && onToggle(seat)}
              data-state={selection.has(seat) ? "mine" : free(seat) ? "a" : "gone"}
            >
              <span
                className="swatch"
                style={{ background: typeColour(model.type[seat] as number) }}
              />
              <span aria-hidden="true">
                {model.labels[seat]?.number}
                {model.accessible[seat] ? " ♿" : ""}
              </span>
              <span className="unseen">{describe(seat)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function useFree(seats: Seats, passes: (seat: number) => boolean): (seat: number) => boolean {
  const { availability } = seats;
  return useMemo(
    () => (seat: number) => availability.state(seat) === "a" && passes(seat),
    [availability, passes],
  );
}
