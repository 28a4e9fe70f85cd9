// Bundles and minifies the page's scripts into the folder that is named, each also compressed: node build.mjs FOLDER
// The same sources and the same lock give the same bytes; nothing of the machine or the hour is in them.
import { build } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = process.argv[2];
if (!folder) throw new Error("usage: node build.mjs FOLDER");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const common = {
  absWorkingDir: dirname(fileURLToPath(import.meta.url)),
  outdir: resolve(folder),
  bundle: true,
  minify: true,
  target: "es2018", // phones of 2018 and later
  charset: "utf8",
  legalComments: "inline",
  logLevel: "warning",
};
await build({ ...common, entryPoints: ["src/send.ts", "src/log.ts"], format: "esm" });
await build({ ...common, entryPoints: ["src/work.ts"], format: "iife" }); // old phones know no modules in workers
for (const name of readdirSync(folder)) {
  const script = readFileSync(join(folder, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: script.length };
  writeFileSync(join(folder, `${name}.br`), brotliCompressSync(script, { params }));
  writeFileSync(join(folder, `${name}.gz`), gzipSync(script, { level: 9 }));
}
