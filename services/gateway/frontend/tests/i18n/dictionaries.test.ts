import { expect, it } from "vitest";
import { en } from "../../src/i18n/en.ts";
import { ko } from "../../src/i18n/ko.ts";

/** Every text with its path; functions are called with something of each kind. */
function texts(messages: object, path = ""): [string, string][] {
  return Object.entries(messages).flatMap(([key, value]): [string, string][] => {
    const at = `${path}/${key}`;
    if (typeof value === "string") return [[at, value]];
    if (typeof value === "function") return [[at, value("2", "3", "4")]];
    return texts(value, at);
  });
}

it("says everything in both languages", () => {
  const korean = new Map(texts(ko));
  for (const [at, text] of texts(en)) {
    expect(korean.get(at), at).toBeTruthy();
    expect(text, at).toBeTruthy();
  }
});

it("has no Korean text left in English, nor the other way round", () => {
  const foreign = /^\/(nav\/language|events\/(day|hour|minute|second))/;
  for (const [at, text] of texts(ko)) {
    if (!foreign.test(at) && /[a-z]{4,}/i.test(text)) {
      expect(text, at).toMatch(/https|CSV|Enter|PDF|[가-힣]/);
    }
  }
  for (const [at, text] of texts(en))
    if (!foreign.test(at)) expect(text, at).not.toMatch(/[가-힣]/);
});
