import { describe, expect, it } from "vitest";
import {
  type CsvError,
  csvFromSections,
  sectionsFromCsv,
} from "../../src/features/organiser/csv.ts";
import { section, toggleMark } from "../../src/features/organiser/draft.ts";

const HEADER = "section,row,number,ticket_type,accessible,blocked\n";

function problemOf(text: string) {
  try {
    sectionsFromCsv(text);
  } catch (error) {
    return (error as CsvError).problem;
  }
  return null;
}

describe("seats from a file", () => {
  it("become sections with rows", () => {
    const text = `${HEADER}A,1,1,VIP,,\nA,1,2,VIP,yes,\nA,2,1,VIP,,yes\nA,2,2,VIP,,\n`;
    expect(sectionsFromCsv(text)).toEqual([
      {
        name: "A",
        rows: 2,
        seats_per_row: 2,
        ticket_type: "VIP",
        accessible: [{ row: 1, number: 2 }],
        blocked: [{ row: 2, number: 1 }],
        curve: 0,
      },
    ]);
  });

  it("fill up rows of unequal length with seats that are not for sale", () => {
    const [made] = sectionsFromCsv(`${HEADER}A,1,1,VIP\nA,1,2,VIP\nA,2,1,VIP\n`);
    expect(made?.blocked).toEqual([{ row: 2, number: 2 }]);
  });

  it("may have quoted names, another order of columns, and Windows line ends", () => {
    const text = 'Number,Ticket_Type,Section,Row\r\n1,"R, ""side""",Left,1\r\n';
    expect(sectionsFromCsv(text)[0]).toMatchObject({ name: "Left", ticket_type: 'R, "side"' });
  });

  it("say what is wrong and where", () => {
    expect(problemOf("a,b\n")).toEqual({ kind: "header" });
    expect(problemOf(HEADER)).toEqual({ kind: "empty" });
    expect(problemOf(`${HEADER}A,1,0,VIP\n`)).toEqual({ kind: "number", line: 2 });
    expect(problemOf(`${HEADER}A,1,1,VIP\nA,1,2,R\n`)).toEqual({ kind: "mixed", section: "A" });
  });

  it("come back as they were written", () => {
    const sections = [
      { ...section("A", 2, 3, "VIP"), blocked: [{ row: 1, number: 3 }] },
      { ...section('B "left"', 1, 2, "R, side"), accessible: [{ row: 1, number: 1 }] },
    ];
    expect(sectionsFromCsv(csvFromSections(sections))).toEqual(sections);
  });
});

describe("marking seats", () => {
  it("puts a mark on, and takes it away", () => {
    const plain = section("A", 2, 3, "VIP");
    const marked = toggleMark(plain, "blocked", { row: 1, number: 2 }, false);
    expect(marked.blocked).toEqual([{ row: 1, number: 2 }]);
    expect(toggleMark(marked, "blocked", { row: 1, number: 2 }, false)).toEqual(plain);
  });

  it("does so for a whole row", () => {
    const marked = toggleMark(section("A", 2, 3, "VIP"), "accessible", { row: 2, number: 1 }, true);
    expect(marked.accessible.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(toggleMark(marked, "accessible", { row: 2, number: 3 }, true).accessible).toEqual([]);
  });
});
