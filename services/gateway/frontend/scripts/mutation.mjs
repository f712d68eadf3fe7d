// Mutation testing: changes the code one place at a time, runs the tests, and prints what survived.
//   npm run mutation                        all packages
//   npm run mutation -- client seats        these packages
//   npm run mutation -- src/i18n/format.ts  these files, whose scores are not kept
// The scores of packages are kept in tests/mutants/scores/web.json, others there stay as they are.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Stryker } from "@stryker-mutator/core";

const SCORES = new URL("../../../../tests/mutants/scores/web.json", import.meta.url);
const PACKAGES = {
  client: "packages/client/src/*.ts",
  seats: "src/features/seats/{best,grid,model,touches,view}.ts",
  organiser: "src/features/organiser/{csv,draft}.ts",
  door: "src/features/door/code.ts",
  line: "src/features/line/verify-draw.ts",
  i18n: "src/i18n/format.ts",
};

function scoreOf(mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, timeout] = [count("Killed"), count("Timeout")];
  const survived = count("Survived", "NoCoverage");
  const share = (killed + timeout) / (killed + timeout + survived);
  return { killed, survived, timeout, score: Math.round(share * 10_000) / 10_000 };
}

/** After each package, so that what is interrupted later is not lost. */
function keep(name, score) {
  const known = existsSync(SCORES) ? JSON.parse(readFileSync(SCORES, "utf8")).packages : {};
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync(new URL(".", SCORES), { recursive: true });
  const packages = { ...known, [name]: score };
  writeFileSync(SCORES, `${JSON.stringify({ date, packages }, null, 2)}\n`);
}

const wanted = process.argv.slice(2);
const files = wanted.filter((each) => !(each in PACKAGES));
if (files.length > 0) await new Stryker({ mutate: files }).runMutationTest();
else {
  for (const name of wanted.length > 0 ? wanted : Object.keys(PACKAGES)) {
    keep(name, scoreOf(await new Stryker({ mutate: [PACKAGES[name]] }).runMutationTest()));
  }
}
