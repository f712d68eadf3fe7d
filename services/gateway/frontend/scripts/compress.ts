import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(js|css|html|svg)$/;
const LEAST_BYTES = 1000;

/** Puts a `.br` and a `.gz` beside each text file: compressed once, as well as it goes. */
export function compress(): Plugin {
  let folder = "";
  return {
    name: "compress",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    async closeBundle() {
      const names = await readdir(folder, { recursive: true });
      await Promise.all(
        names.filter((name) => TEXT.test(name)).map((name) => both(join(folder, name))),
      );
    },
  };
}

async function both(path: string): Promise<void> {
  if ((await stat(path)).size < LEAST_BYTES) return;
  const content = await readFile(path);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  await writeFile(`${path}.br`, brotliCompressSync(content, { params: quality }));
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
}
