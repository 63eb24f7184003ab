import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { packagingModules } from "../../../js/build/setup.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { expectOk } from "./support/browsers.mjs";
import { bundle, serveVite } from "./support/bundlers.mjs";
import { execute } from "./support/execute.mjs";
import { bring, project } from "./support/installed.mjs";
import { html } from "./support/pages.mjs";
import { serve } from "./support/server.mjs";

const limits = { timeout: 120_000 };

suite("bundled, in Chromium", () => {
  let browser;

  before(
    async () => {
      await bring(packagingModules);
      browser = await launchChromium();
    },
    { timeout: 600_000 },
  );
  after(() => browser?.close(), { timeout: 30_000 });

  /** A page that loads every adapter. */
  function writeAdapters(folder) {
    const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/durastate/package.json"), "utf8"));
    const entries = Object.keys(exports).filter((entry) => /^\.\/(redis|sql|kv)\//.test(entry));
    assert.ok(entries.length > 20);
    const lines = entries.map((entry, i) => `import * as adapter${i} from "durastate${entry.slice(1)}";`);
    const all = entries.map((_, i) => `...Object.values(adapter${i})`).join(", ");
    lines.push(
      `globalThis.outcome = [${all}].every((made) => typeof made === "function") ? "ok" : "not all are there";`,
    );
    writeFileSync(join(folder, "adapters.mjs"), lines.join("\n"));
  }

  for (const [name, entries] of [
    ["vite", ["entry", "slim", "worker-page", "adapters"]],
    ["webpack", ["entry", "slim", "worker-page", "adapters"]],
    ["esbuild", ["entry", "adapters"]],
    ["rollup", ["entry", "adapters"]],
  ]) {
    for (const entry of entries) {
      test(`${name} builds ${entry}.mjs`, limits, async () => {
        const folder = await project();
        writeAdapters(folder);
        writeFileSync(join(folder, "index.html"), html(`./${entry}.mjs`));
        const out = await bundle[name](folder, entry);
        // Vite writes a page of its own
        if (name !== "vite") writeFileSync(join(out, "index.html"), html("./bundle.js"));
        const server = await serve(out);
        try {
          await expectOk(browser, `${server.address}/`);
        } finally {
          await server.close();
        }
      });
    }
  }

  test("vite serves entry.mjs while developing", limits, async () => {
    const folder = await project();
    writeFileSync(join(folder, "index.html"), html("./entry.mjs"));
    const server = await serveVite(folder);
    try {
      await expectOk(browser, server.address);
    } finally {
      await server.close();
    }
  });
});

suite("bundled, in Node", () => {
  for (const format of ["esm", "cjs"]) {
    test(`esbuild --platform=node --format=${format}`, limits, async () => {
      const folder = await project();
      const out = await bundle.esbuild(folder, "entry", { platform: "node", format });
      writeFileSync(join(out, "package.json"), JSON.stringify({ type: format === "esm" ? "module" : "commonjs" }));
      const { stdout, stderr } = await execute(process.execPath, ["bundle.js"], { cwd: out, seconds: 30 });
      assert.deepEqual({ stdout, stderr }, { stdout: "ok\n", stderr: "" });
    });
  }
});
