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

  it.each([
    ["yes", true],
    ["YES", true],
    ["Yes", true],
    ["y", true],
    ["TRUE", true],
    ["1", true],
    [" yes ", true],
    ["", false],
    ["no", false],
    ["0", false],
    ["false", false],
    ["yesterday", false],
    ["not yes", false],
  ])("are marked by %j: %s", (mark, marked) => {
    const text = `${HEADER}A,1,1,VIP,${mark},\nA,1,2,VIP,,${mark}\n`;
    const [made] = sectionsFromCsv(text);
    expect(made?.accessible).toEqual(marked ? [{ row: 1, number: 1 }] : []);
    expect(made?.blocked).toEqual(marked ? [{ row: 1, number: 2 }] : []);
  });

  it.each(["0", "-1", "1.5", "x", "", "1e400"])("need whole numbers from 1: %j", (number) => {
    const text = `${HEADER}A,1,1,VIP\n\n  \nA,1,${number},VIP\n`;
    expect(problemOf(text)).toEqual({ kind: "number", line: 5 });
  });

  it.each(["section", "row", "number", "ticket_type"])("need a column for the %s", (name) => {
    expect(problemOf(`${HEADER.replace(name, "else")}A,1,1,VIP\n`)).toEqual({ kind: "header" });
  });

  it("may begin with a byte order mark, and have empty lines and other columns", () => {
    const text = "\uFEFFNote,Section,Row,Number,Ticket_Type\nx, A ,1,1,VIP\n\n,A,1,2,VIP";
    expect(sectionsFromCsv(text)).toMatchObject([{ name: "A", seats_per_row: 2, blocked: [] }]);
  });

  it("may begin with a byte order mark right before a column that is needed", () => {
    const text = "\uFEFFsection,row,number,ticket_type\nA,1,1,VIP\n";
    expect(sectionsFromCsv(text)).toEqual([section("A", 1, 1, "VIP")]);
  });

  it("number the rows in the order in which they come, section by section", () => {
    const text = `${HEADER}B,K,2,R,yes\nA,1,1,VIP\nB,J,1,R\nB,K,1,R\nB,J,3,R,,yes\n`;
    expect(sectionsFromCsv(text)).toEqual([
      {
        ...section("B", 2, 3, "R"),
        accessible: [{ row: 1, number: 2 }],
        blocked: [
          { row: 2, number: 3 },
          { row: 1, number: 3 },
          { row: 2, number: 2 },
        ],
      },
      section("A", 1, 1, "VIP"),
    ]);
  });

  it("say what they lack in one word too", () => {
    expect(() => sectionsFromCsv("")).toThrow("header");
    expect(() => sectionsFromCsv(HEADER)).toThrow("empty");
  });

  it("are written one a line, with quotes where a name needs them", () => {
    const made = {
      ...section('The "stalls", left', 1, 2, "VIP"),
      accessible: [{ row: 1, number: 1 }],
      blocked: [{ row: 1, number: 2 }],
    };
    expect(csvFromSections([made, section("B\nC", 1, 1, "R")])).toBe(
      [
        HEADER.trim(),
        '"The ""stalls"", left",1,1,VIP,yes,',
        '"The ""stalls"", left",1,2,VIP,,yes',
        '"B\nC",1,1,R,,',
        "",
      ].join("\n"),
    );
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
