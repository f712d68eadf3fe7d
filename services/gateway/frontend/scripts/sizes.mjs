// Checks the script that a page loads, as the gateway sends it (Brotli), against its budget.
// Run `npm run build` first. A page's script is the entry, the page's chunk, all they import, and
// the larger of the two languages.
import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const BUDGET_KB = 200;
const LINE_BUDGET_KB = 80;
const LINE = "src/features/line/line.tsx";
const LANGUAGES = ["src/i18n/en.ts", "src/i18n/ko.ts"];

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** A chunk and all that it imports at once. */
function withImports(key, into = new Set()) {
  if (into.has(key)) return into;
  into.add(key);
  for (const imported of manifest[key].imports ?? []) withImports(imported, into);
  return into;
}

function kilobytes(keys, compress) {
  const files = [...keys].map((key) => manifest[key].file).filter((file) => file.endsWith(".js"));
  const sizes = files.map((file) => compress(readFileSync(new URL(file, dist))).length);
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

function largest(page, compress) {
  const always = [...withImports("index.html"), ...withImports(page)];
  return Math.max(
    ...LANGUAGES.map((language) =>
      kilobytes(new Set([...always, ...withImports(language)]), compress),
    ),
  );
}

const pages = Object.keys(manifest).filter(
  (key) => key.startsWith("src/features/") && manifest[key].isDynamicEntry,
);
let over = 0;
for (const page of pages.toSorted()) {
  const budget = page === LINE ? LINE_BUDGET_KB : BUDGET_KB;
  const size = largest(page, brotliCompressSync);
  if (size > budget) over += 1;
  const gzip = largest(page, gzipSync).toFixed(1);
  const verdict = size > budget ? "OVER" : "    ";
  process.stdout.write(
    `${verdict} ${page.padEnd(42)}${size.toFixed(1).padStart(6)} kB of ${budget} (gzip ${gzip})\n`,
  );
}
process.exitCode = over > 0 ? 1 : 0;
