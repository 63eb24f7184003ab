// Persistence and PersistedCache inside of workerd, on D1 and on Workers KV: each test is a request of its own.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { build } from "esbuild";
import { root } from "../../../js/build/run.mjs";
import { packagingModules } from "../../../js/build/setup.mjs";
import { register } from "./workerd/results_suites.mjs";

let folder;
let miniflare;
let url;
before(
  async () => {
    await packagingModules();
    folder = mkdtempSync(join(tmpdir(), "durastate-workerd-"));
    // as wrangler bundles: workerd's own entry, and wasm stays a module that is imported
    await build({
      absWorkingDir: root,
      entryPoints: ["tests/js/kv/workerd/results.mjs"],
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker", "browser"],
      loader: { ".wasm": "copy" },
      outdir: folder,
      logLevel: "error",
    });
    const { Miniflare } = createRequire(join(root, "tests/js/packaging/package.json"))("miniflare");
    miniflare = new Miniflare({
      modules: true,
      modulesRoot: folder,
      scriptPath: join(folder, "results.js"),
      modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
      compatibilityDate: "2026-04-01",
      d1Databases: { DB: "results" },
      kvNamespaces: ["KV"],
      // else it asks a server what a request looks like
      cf: false,
    });
    url = await miniflare.ready;
  },
  { timeout: 120_000 },
);
after(async () => {
  await miniflare?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** What the worker answers, on a connection of its own: workerd closes those that were idle during a long test. */
async function run(parts) {
  const answer = await new Promise((resolve, reject) => {
    get(new URL(`?${new URLSearchParams(parts)}`, url), { agent: false }, (response) => {
      json(response).then(resolve, reject);
    }).on("error", reject);
  });
  if (answer.error) throw new Error(answer.error);
  return answer;
}

for (const where of ["D1", "KV"]) {
  for (const contract of ["persistence", "cache"]) {
    describe(`${contract} on ${where}`, () => {
      const names = [];
      register(where, contract, { test: (name) => names.push(name), durastate, host: () => undefined });
      for (const name of names) {
        test(name, { timeout: 60_000 }, async () => {
          assert.deepEqual((await run({ where, contract, name })).names, names);
        });
      }
    });
  }
}
