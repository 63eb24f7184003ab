import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { build } from "esbuild";
import { packagingModules } from "../../../js/build/setup.mjs";
import { bring, project } from "./support/installed.mjs";

suite("in workerd", () => {
  let out;

  before(
    async () => {
      await bring(packagingModules);
      const folder = await project();
      out = join(folder, "out");
      // as wrangler bundles: workerd's own entry, and wasm stays a module that is imported
      await build({
        absWorkingDir: folder,
        entryPoints: ["workerd.mjs"],
        bundle: true,
        format: "esm",
        target: "es2022",
        conditions: ["workerd", "worker", "browser"],
        loader: { ".wasm": "copy" },
        outdir: out,
      });
    },
    { timeout: 600_000 },
  );

  test("the wasm is a module of its own, and in no script", () => {
    assert.equal(readdirSync(out).filter((name) => name.endsWith(".wasm")).length, 1);
    const wasmInHex = Buffer.from("\0asm").toString("hex");
    assert.ok(!readFileSync(join(out, "workerd.js"), "utf8").includes(wasmInHex));
  });

  for (const when of ["2024-01-01", "the newest compatibility date"]) {
    test(`import works with ${when}`, { timeout: 60_000 }, async () => {
      const { Miniflare } = await import("miniflare");
      const { compatibilityDate } = await import("workerd");
      const miniflare = new Miniflare({
        modules: true,
        modulesRoot: out,
        scriptPath: join(out, "workerd.js"),
        modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
        compatibilityDate: /^\d/.test(when) ? when : compatibilityDate,
        // else it asks a server what a request looks like
        cf: false,
      });
      try {
        const response = await miniflare.dispatchFetch("http://localhost/");
        assert.equal(await response.text(), "ok");
      } finally {
        await miniflare.dispose();
      }
    });
  }
});
