import { Availability } from "@tiketi/client";
import { type ChangeEvent, useCallback, useMemo, useState } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field, Select } from "../../ui/controls.tsx";
import { Notice, toast } from "../../ui/feedback.tsx";
import { type Refusal, ruleAt } from "../../ui/refusals.tsx";
import { SeatGrid } from "../seats/grid.ts";
import { SeatMap } from "../seats/map.tsx";
import { seatModel } from "../seats/model.ts";
import type { Seats } from "../seats/use-seats.ts";
import type { LayoutSection } from "./api.ts";
import { CsvError, type CsvProblem, csvFromSections, sectionsFromCsv } from "./csv.ts";
import { type Mark, previewOf, section, toggleMark } from "./draft.ts";
import { type OrganiserMessages, useOrganiserMessages } from "./messages.ts";

interface Props {
  sections: LayoutSection[];
  /** Names of the tickets with reserved seats. */
  types: string[];
  /** What the server refused. */
  refusals: Refusal[];
  onChange: (sections: LayoutSection[]) => void;
}

const NONE: ReadonlySet<number> = new Set();
const ALL = () => true;

/** Sections as forms, and all of their seats on a map where single ones are marked. */
export function LayoutEditor({ sections, types, refusals, onChange }: Props) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  const [mark, setMark] = useState<Mark>("blocked");
  const [wholeRow, setWholeRow] = useState(false);
  const seats = usePreview(sections, types);
  if (types.length === 0) return <Notice>{o.layout.needsType}</Notice>;

  const change = (place: number, part: Partial<LayoutSection>) =>
    onChange(sections.map((each, i) => (i === place ? within({ ...each, ...part }) : each)));
  const press = (seat: number) => {
    const label = seats.model.labels[seat];
    if (!label) return;
    const at = { row: Number(label.row), number: Number(label.number) };
    onChange(
      sections.map((each) =>
        each.name === label.section ? toggleMark(each, mark, at, wholeRow) : each,
      ),
    );
  };
  return (
    <div className="stack">
      {sections.map((each, i) => (
        <SectionRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a section has no other name while its name is typed
          key={i}
          section={each}
          types={types}
          wrong={(field) => ruleAt(refusals, `layout.sections[${i}].${field}`)}
          onChange={(part) => change(i, part)}
          onRemove={() => onChange(sections.filter((_, other) => other !== i))}
        />
      ))}
      <div className="row">
        <Button
          kind="quiet"
          size="small"
          icon="plus"
          onClick={() =>
            onChange([...sections, section(nextName(sections), 10, 20, types[0] as string)])
          }
        >
          {o.layout.add}
        </Button>
        <Files sections={sections} onImport={onChange} />
        <strong className="figures">{o.layout.total(format.number(seats.model.count))}</strong>
      </div>
      <p className="faint">{o.layout.csvHint}</p>
      <div className="row">
        <span className="field-label">{o.layout.paint}</span>
        {(["blocked", "accessible"] as const).map((each) => (
          <button
            key={each}
            type="button"
            className="chip"
            aria-pressed={mark === each}
            onClick={() => setMark(each)}
          >
            {o.layout.modes[each]}
          </button>
        ))}
        <label className="check">
          <input type="checkbox" checked={wholeRow} onChange={() => setWholeRow(!wholeRow)} />
          {o.layout.wholeRow}
        </label>
      </div>
      <div className="layout-map">
        <SeatMap
          seats={seats}
          selection={NONE}
          passes={ALL}
          onToggle={press}
          describe={(seat) => seats.model.ids[seat] ?? ""}
        />
      </div>
    </div>
  );
}

function usePreview(sections: LayoutSection[], types: string[]): Seats {
  const onChange = useCallback(() => () => undefined, []);
  return useMemo(() => {
    const { layout, states, event } = previewOf(sections, types);
    const model = seatModel(layout, event);
    const availability = new Availability();
    availability.load({ version: 1, states, general: [] });
    return { model, grid: new SeatGrid(model), availability, version: 1, onChange };
  }, [sections, types, onChange]);
}

/** Marks outside of a section that has become smaller are gone. */
function within(each: LayoutSection): LayoutSection {
  const inside = ({ row, number }: { row: number; number: number }) =>
    row <= each.rows && number <= each.seats_per_row;
  return {
    ...each,
    accessible: each.accessible.filter(inside),
    blocked: each.blocked.filter(inside),
  };
}

/** A, B, ... Z, then S27. */
function nextName(sections: LayoutSection[]): string {
  const taken = new Set(sections.map(({ name }) => name));
  for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") if (!taken.has(letter)) return letter;
  return `S${sections.length + 1}`;
}

interface SectionRowProps {
  section: LayoutSection;
  types: string[];
  wrong: (field: keyof LayoutSection) => string | undefined;
  onChange: (part: Partial<LayoutSection>) => void;
  onRemove: () => void;
}

function degrees(event: ChangeEvent<HTMLInputElement>): number {
  return Math.min(180, Math.max(0, Number(event.target.value) || 0));
}

function SectionRow({ section: each, types, wrong, onChange, onRemove }: SectionRowProps) {
  const o = useOrganiserMessages();
  const count = (event: ChangeEvent<HTMLInputElement>) =>
    Math.min(1000, Math.max(1, Math.floor(Number(event.target.value)) || 1));
  return (
    <div className="section-row">
      <Field
        label={o.layout.section}
        value={each.name}
        error={wrong("name")}
        onChange={(event) => onChange({ name: event.target.value })}
        required
      />
      <Field
        label={o.layout.rows}
        type="number"
        min="1"
        value={each.rows}
        error={wrong("rows")}
        onChange={(event) => onChange({ rows: count(event) })}
      />
      <Field
        label={o.layout.perRow}
        type="number"
        min="1"
        value={each.seats_per_row}
        error={wrong("seats_per_row")}
        onChange={(event) => onChange({ seats_per_row: count(event) })}
      />
      <Field
        label={o.layout.curve}
        type="number"
        min="0"
        max="180"
        step="5"
        value={each.curve}
        error={wrong("curve")}
        onChange={(event) => onChange({ curve: degrees(event) })}
      />
      <Select
        label={o.layout.zone}
        value={each.ticket_type}
        error={wrong("ticket_type")}
        onChange={(ticket_type) => onChange({ ticket_type })}
        options={types.map((name) => ({ value: name, label: name }))}
      />
      <Button
        kind="danger"
        size="small"
        icon="cross"
        onClick={onRemove}
        aria-label={o.layout.remove(each.name)}
      />
    </div>
  );
}

interface FilesProps {
  sections: LayoutSection[];
  onImport: (sections: LayoutSection[]) => void;
}

function Files({ sections, onImport }: FilesProps) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  const [problem, setProblem] = useState<string | null>(null);
  const read = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    try {
      const imported = sectionsFromCsv(await file.text());
      const count = imported.reduce((sum, each) => sum + each.rows * each.seats_per_row, 0);
      setProblem(null);
      onImport(imported);
      toast(o.layout.imported(format.number(count)));
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      setProblem(csvText(o, error.problem));
    }
  };
  const save = () => {
    const url = URL.createObjectURL(new Blob([csvFromSections(sections)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "seats.csv";
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <>
      <label className="button file" data-kind="quiet" data-size="small">
        {o.layout.importCsv}
        <input type="file" accept=".csv,text/csv" onChange={(event) => void read(event)} />
      </label>
      <Button kind="quiet" size="small" icon="download" onClick={save}>
        {o.layout.exportCsv}
      </Button>
      {problem && <Notice kind="bad">{problem}</Notice>}
    </>
  );
}

function csvText(o: OrganiserMessages, problem: CsvProblem): string {
  const texts = o.layout.csvErrors;
  if (problem.kind === "number") return texts.number(problem.line);
  if (problem.kind === "mixed") return texts.mixed(problem.section);
  return texts[problem.kind];
}
