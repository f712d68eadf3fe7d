import type { LayoutSection, SeatAt } from "./api.ts";

export type CsvProblem =
  | { kind: "header" }
  | { kind: "empty" }
  | { kind: "number"; line: number }
  | { kind: "mixed"; section: string };

export class CsvError extends Error {
  readonly problem: CsvProblem;

  constructor(problem: CsvProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

interface SeatLine {
  section: string;
  row: string;
  number: number;
  type: string;
  accessible: boolean;
  blocked: boolean;
}

/**
 * Sections from a list of seats, one a line. Rows are numbered in the order in which they come;
 * numbers that a row lacks become seats that are not for sale. Throws CsvError.
 */
export function sectionsFromCsv(text: string): LayoutSection[] {
  const bySection = new Map<string, SeatLine[]>();
  for (const seat of seatLines(text)) {
    bySection.set(seat.section, [...(bySection.get(seat.section) ?? []), seat]);
  }
  if (bySection.size === 0) throw new CsvError({ kind: "empty" });
  return [...bySection].map(([name, seats]) => sectionOf(name, seats));
}

function sectionOf(name: string, seats: SeatLine[]): LayoutSection {
  const type = seats[0]?.type ?? "";
  if (seats.some((seat) => seat.type !== type))
    throw new CsvError({ kind: "mixed", section: name });
  const rows = [...new Set(seats.map(({ row }) => row))];
  const width = Math.max(...seats.map(({ number }) => number));
  const at = (seat: SeatLine): SeatAt => ({ row: rows.indexOf(seat.row) + 1, number: seat.number });
  const there = new Set(seats.map((seat) => `${at(seat).row}-${seat.number}`));
  const missing: SeatAt[] = [];
  for (let row = 1; row <= rows.length; row++) {
    for (let number = 1; number <= width; number++) {
      if (!there.has(`${row}-${number}`)) missing.push({ row, number });
    }
  }
  return {
    name,
    rows: rows.length,
    seats_per_row: width,
    ticket_type: type,
    accessible: seats.filter((seat) => seat.accessible).map(at),
    blocked: [...seats.filter((seat) => seat.blocked).map(at), ...missing],
    curve: 0,
  };
}

function seatLines(text: string): SeatLine[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const header = cells(lines[0] ?? "").map((name) => name.toLowerCase());
  const column = (name: string) => header.indexOf(name);
  const needed = ["section", "row", "number", "ticket_type"];
  if (needed.some((name) => column(name) < 0)) throw new CsvError({ kind: "header" });
  return lines.slice(1).flatMap((line, i) => {
    if (!line.trim()) return [];
    const values = cells(line);
    const value = (name: string) => values[column(name)] ?? "";
    const number = Number(value("number"));
    if (!Number.isInteger(number) || number < 1) {
      throw new CsvError({ kind: "number", line: i + 2 });
    }
    const [section, row, type] = [value("section"), value("row"), value("ticket_type")];
    return [
      {
        section,
        row,
        number,
        type,
        accessible: yes(value("accessible")),
        blocked: yes(value("blocked")),
      },
    ];
  });
}

function yes(value: string): boolean {
  return /^(yes|y|true|1)$/i.test(value);
}

/** The cells of one line; a quoted cell may hold commas and doubled quotes. */
function cells(line: string): string[] {
  const found = `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...found].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? "").trim() : quoted.replaceAll('""', '"'),
  );
}

export function csvFromSections(sections: LayoutSection[]): string {
  const lines = ["section,row,number,ticket_type,accessible,blocked"];
  for (const each of sections) {
    const has = (some: SeatAt[], row: number, number: number) =>
      some.some((seat) => seat.row === row && seat.number === number) ? "yes" : "";
    for (let row = 1; row <= each.rows; row++) {
      for (let number = 1; number <= each.seats_per_row; number++) {
        const marks = [has(each.accessible, row, number), has(each.blocked, row, number)];
        lines.push([quote(each.name), row, number, quote(each.ticket_type), ...marks].join(","));
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function quote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
