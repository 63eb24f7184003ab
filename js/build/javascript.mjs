// The JavaScript of a build: core.js, start.js and what they share, the entries, and the wasm in both its forms.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failed, root } from "./run.mjs";
import { adapters } from "./targets.mjs";

/** What all parts have in common. Source maps carry the sources, so that no file outside of the package is named. */
const output = {
  absWorkingDir: root,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: "linked",
  sourcesContent: true,
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
  logOverride: { "import-is-undefined": "error" },
};

export async function writeJavaScript({ name, api, entries, out }) {
  const { build } = await import("esbuild");
  const glue = `target/bindgen/${name}`;
  mkdirSync(join(root, out), { recursive: true });

  const { metafile } = await build({
    ...output,
    entryPoints: { core: source(`js/${api}.ts`), start: source("js/instance.ts") },
    outdir: out,
    bundle: true,
    splitting: true,
    // One wasm instance: both must see the same glue.
    chunkNames: "shared",
    alias: { "#glue": join(root, glue, "glue.js") },
    metafile: true,
  });
  const expected = ["core.js", "shared.js", "start.js"];
  const written = Object.keys(metafile.outputs).filter((file) => file.endsWith(".js"));
  const names = written.map((file) => file.slice(out.length + 1)).sort();
  if (names.join() !== expected.join()) {
    throw new Failed(`${out} got ${names.join(", ")} instead of ${expected.join(", ")}`);
  }

  const stems = entries ?? typeScriptIn("js/entry");
  await build({
    ...output,
    entryPoints: stems.map((stem) => ({ in: source(`js/entry/${stem}.ts`), out: outputStem(stem) })),
    outdir: out,
  });

  const wasm = readFileSync(join(root, glue, "durastate.wasm"));
  copyFileSync(join(root, glue, "durastate.wasm"), join(root, out, "durastate.wasm"));
  // Hex and not base64: base64 hides the bytes' patterns from compressors (+38 % after brotli, hex +8 %).
  writeFileSync(join(root, out, "wasm.hex.js"), `export default "${wasm.toString("hex")}";\n`);
}

/** Each adapter by itself, so that nobody pays for another's. */
export async function writeAdapters(out) {
  const { build } = await import("esbuild");
  await build({
    ...output,
    entryPoints: adapters.map((path) => ({ in: source(`js/hosts/${path}.ts`), out: path })),
    outdir: out,
    bundle: true,
    // All of `minify` but white space: with that would go the comments that keep bundlers from what only workerd has.
    minify: false,
    minifySyntax: true,
    minifyIdentifiers: true,
  });
}

/** js/entry/index.workerd.ts is what users import; js/entry/workerd.ts is how it starts the wasm. */
function outputStem(stem) {
  return /^(index|slim|wasm)\b/.test(stem) ? stem : `wasm.${stem}`;
}

function typeScriptIn(folder) {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  return names.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")).map((name) => name.slice(0, -3));
}

function source(path) {
  if (!existsSync(join(root, path))) throw new Failed(`${path} does not exist`);
  return path;
}
