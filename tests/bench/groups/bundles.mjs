import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { root } from "../../../js/build/run.mjs";

const peers = [
  {
    program: "effect",
    package: "effect",
    source: `import { Effect } from "effect";
      import { KeyValueStore } from "effect/persistence";
      globalThis.store = Effect.runPromise(Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory));`,
  },
  {
    program: "keyv",
    package: "keyv",
    source: 'import Keyv from "keyv"; globalThis.store = new Keyv();',
  },
  {
    program: "unstorage",
    package: "unstorage",
    source: `import { createStorage } from "unstorage";
      import localStorageDriver from "unstorage/drivers/localstorage";
      globalThis.store = createStorage({ driver: localStorageDriver({}) });`,
  },
];

const packed = {
  raw: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  brotli: (bytes) => brotliCompressSync(bytes),
};

export const bundles = [
  group("bundle of durastate/browser", "dist/browser/index.js"),
  group("bundle of the whole durastate", "dist/index.js"),
];

function group(name, entry) {
  const source = `import { KeyValueStore } from "../../${entry}"; globalThis.store = KeyValueStore.localStorage();`;
  return {
    name,
    note: "a program that opens one store, bundled and minified by esbuild, wasm and all",
    unit: "bytes",
    repetitions: { full: 1, quick: 1 },
    seconds: { full: 0.1, quick: 0.1 },
    columns: ["raw", "gzip", "brotli"],
    contenders: [{ program: "durastate", source }, ...peers],
    async once({ source }, column) {
      return { value: packed[column](await bundle(source)).length };
    },
  };
}

async function bundle(source) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: join(root, "tests/bench") },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}
