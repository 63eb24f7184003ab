// D1 and the SQLite of Durable Objects, inside of workerd.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { root } from "../../../js/build/run.mjs";
import { d1Tests, durableObjectTests } from "./workerd/tests.mjs";

let folder;
let miniflare;

before(
  async () => {
    folder = mkdtempSync(join(tmpdir(), "durastate-workerd-"));
    // as wrangler bundles: workerd's own entry, and wasm stays a module that is imported
    await build({
      absWorkingDir: root,
      entryPoints: ["tests/js/sql/workerd/worker.mjs"],
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:workers"],
      loader: { ".wasm": "copy" },
      outdir: folder,
      logLevel: "error",
    });
    const { Miniflare } = createRequire(join(root, "tests/js/packaging/package.json"))("miniflare");
    miniflare = new Miniflare({
      modules: true,
      modulesRoot: folder,
      scriptPath: join(folder, "worker.js"),
      modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
      compatibilityDate: "2026-04-01",
      d1Databases: { DB: "tests" },
      durableObjects: { KEEPER: { className: "Keeper", useSQLite: true } },
      // else it asks a server what a request looks like
      cf: false,
    });
    await miniflare.ready;
  },
  { timeout: 120_000 },
);
after(async () => {
  await miniflare?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

for (const [what, path, register] of [
  ["D1", "d1", d1Tests],
  ["the storage of a Durable Object", "durable-object", durableObjectTests],
]) {
  describe(what, () => {
    const names = [];
    register({ test: (name) => names.push(name), durastate: {} });
    for (const name of names) {
      test(name, { timeout: 120_000 }, async () => {
        const response = await miniflare.dispatchFetch(`http://localhost/${path}?test=${encodeURIComponent(name)}`);
        const { error, names: all } = await response.json();
        if (error) throw new Error(error);
        assert.deepEqual(all, names);
      });
    }
  });
}
