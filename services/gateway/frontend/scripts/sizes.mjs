// Checks the script a page loads, compressed, against its budget: `npm run build` first.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGETS_KB = {
  "src/features/events/list.tsx": 200,
  "src/features/line/line.tsx": 80,
};

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** A chunk and all that it imports at once. */
function withImports(key, into = new Set()) {
  if (into.has(key)) return into;
  into.add(key);
  for (const imported of manifest[key].imports ?? []) withImports(imported, into);
  return into;
}

function kilobytes(keys) {
  const files = [...keys].map((key) => manifest[key].file).filter((file) => file.endsWith(".js"));
  const bytes = files.map(
    (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length,
  );
  return bytes.reduce((sum, size) => sum + size, 0) / 1000;
}

const pages = Object.keys(manifest).filter((key) => key.startsWith("src/features/"));
const always = withImports("index.html");
let failed = false;
for (const page of pages) {
  const languages = ["src/i18n/en.ts", "src/i18n/ko.ts"];
  const size = Math.max(
    ...languages.map((language) =>
      kilobytes(new Set([...always, ...withImports(page), ...withImports(language)])),
    ),
  );
  const budget = BUDGETS_KB[page] ?? 200;
  const over = size > budget;
  failed ||= over;
  process.stdout.write(
    `${over ? "OVER " : "     "}${page.padEnd(44)}${size.toFixed(1).padStart(7)} kB of ${budget}\n`,
  );
}
process.exit(failed ? 1 : 0);
