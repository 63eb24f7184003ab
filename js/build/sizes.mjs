// How large the results are: as they are, and as servers send them.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { root } from "./run.mjs";
import { browser, durastate } from "./targets.mjs";

const inlined = "*wasm.hex.js";
const loaded = ["*.wasm", "*.wasm?module"];
const entries = {
  [durastate.out]: ["index.js", "index.workerd.js", "index.edge.js", "slim.js"],
  [browser.out]: ["index.js"],
};

/** One row for each wasm and for each entry: { what, raw, gzip, brotli }. */
export async function sizes() {
  const rows = [];
  for (const [out, names] of Object.entries(entries)) {
    const wasm = measured(`${out}/durastate.wasm`, readFileSync(join(root, out, "durastate.wasm")));
    rows.push(wasm);
    for (const name of names) {
      const entry = `${out}/${name}`;
      const script = measured(`${entry}: its JavaScript`, await bundle(entry, [...loaded, inlined]));
      rows.push(script);
      if (basename(name) === "index.js") {
        rows.push(measured(`${entry}: with the wasm inlined`, await bundle(entry, loaded)));
        rows.push(sum(`${entry}: wasm + JavaScript`, wasm, script));
      }
    }
  }
  return rows;
}

function measured(what, bytes) {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return { what, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

function sum(what, a, b) {
  return { what, raw: a.raw + b.raw, gzip: a.gzip + b.gzip, brotli: a.brotli + b.brotli };
}

/** Everything that an entry loads, as one minified file. */
async function bundle(entry, external) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    external,
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0].contents;
}

export function table(rows) {
  const columns = ["what", "raw", "gzip", "brotli"];
  const cells = [["bytes", ...columns.slice(1)], ...rows.map((row) => columns.map((column) => String(row[column])))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index].length)));
  const pad = (text, index) => (index === 0 ? text.padEnd(widths[index]) : text.padStart(widths[index]));
  return cells.map((line) => line.map(pad).join("  ")).join("\n");
}
