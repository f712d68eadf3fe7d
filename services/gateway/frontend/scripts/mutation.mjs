// Mutation testing: changes the code of the client and of the app's pure modules, one place at a
// time, and runs the tests. `npm run mutation` takes all of it and keeps the scores in
// tests/mutants/scores/web.json; `npm run mutation -- src/i18n/format.ts` takes the files named and
// keeps nothing. Both print what survived.
import { mkdirSync, writeFileSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";

const SCORES = new URL("../../../../tests/mutants/scores/web.json", import.meta.url);
const PACKAGES = {
  client: "packages/client/src/",
  seats: "src/features/seats/",
  organiser: "src/features/organiser/",
  door: "src/features/door/",
  line: "src/features/line/",
  i18n: "src/i18n/",
};
const STATUSES = {
  killed: ["Killed"],
  survived: ["Survived", "NoCoverage"],
  timeout: ["Timeout"],
};

function scoreOf(mutants) {
  const count = (statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, survived, timeout] = Object.values(STATUSES).map(count);
  const share = (killed + timeout) / (killed + survived + timeout);
  return { killed, survived, timeout, score: Math.round(share * 1000) / 10 };
}

function keep(mutants) {
  const packages = Object.fromEntries(
    Object.entries(PACKAGES).map(([name, folder]) => [
      name,
      scoreOf(mutants.filter(({ fileName }) => fileName.includes(folder))),
    ]),
  );
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync(new URL(".", SCORES), { recursive: true });
  writeFileSync(SCORES, `${JSON.stringify({ date, packages }, null, 2)}\n`);
}

const files = process.argv.slice(2);
const stryker = new Stryker(files.length > 0 ? { mutate: files } : {});
const mutants = await stryker.runMutationTest();
if (files.length === 0) keep(mutants);
