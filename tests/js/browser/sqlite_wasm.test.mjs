// SQLite as WebAssembly in Chromium: in memory in a page, and in the origin's own files in a worker.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { sqliteWasmTests } from "../support/sqlite_wasm.mjs";

const SQLITE = new URL("../clients/node_modules/@sqlite.org/sqlite-wasm/dist/", import.meta.url);
const FILES = ["index.mjs", "sqlite3.wasm", "sqlite3-opfs-async-proxy.js", "sqlite3-worker1.mjs"];

// Files of the origin with a lock on them need memory that is shared, which pages get that let nobody in.
const isolated = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const routes = {
  "/isolated": (_, response) => {
    for (const [name, value] of Object.entries(isolated)) response.setHeader(name, value);
    response.setHeader("content-type", "text/html").end("<!doctype html><title>test</title>");
  },
  "/worker.mjs": async (_, response) => {
    for (const [name, value] of Object.entries(isolated)) response.setHeader(name, value);
    const file = await readFile(new URL("../support/sqlite_wasm_worker.mjs", import.meta.url));
    response.setHeader("content-type", "text/javascript").end(file);
  },
};
for (const name of FILES) {
  routes[`/sqlite-wasm/${name}`] = async (_, response) => {
    for (const [header, value] of Object.entries(isolated)) response.setHeader(header, value);
    const type = name.endsWith(".wasm") ? "application/wasm" : "text/javascript";
    response.setHeader("content-type", type).end(await readFile(new URL(name, SQLITE)));
  };
}

let server;
let browser;
before(async () => {
  server = await serve(routes);
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const [what, kind, isInWorker] of [
  ["oo1.DB in a page", "memory", false],
  ["oo1.OpfsDb in a worker", "opfs", true],
  ["OpfsSAHPoolDb in a worker", "pool", true],
]) {
  describe(what, () => {
    let page;
    before(async () => {
      page = await openPage(await browser.newContext(), server.origin, "/isolated");
      await page.evaluate(
        async ([kind, isInWorker]) => {
          if (!isInWorker) {
            const { runner } = await import("/tests/js/support/sqlite_wasm.mjs");
            globalThis.run = await runner(kind);
            return;
          }
          const worker = new Worker(`/worker.mjs?kind=${kind}`, { type: "module" });
          let next = 0;
          globalThis.run = (name) =>
            new Promise((resolve, reject) => {
              const id = next++;
              const hear = ({ data }) => {
                if (data.id !== id) return;
                worker.removeEventListener("message", hear);
                if (data.error) reject(new Error(data.error));
                else resolve(data.names);
              };
              worker.addEventListener("message", hear);
              worker.addEventListener("error", (event) => reject(new Error(event.message)), { once: true });
              worker.postMessage({ id, name });
            });
        },
        [kind, isInWorker],
      );
    });
    after(() => page?.context().close());

    const names = [];
    sqliteWasmTests({ test: (name) => names.push(name), durastate: {} }, kind);
    for (const name of names) {
      test(name, { timeout: 120_000 }, () => page.evaluate(async (name) => void (await globalThis.run(name)), name));
    }
    test("these were all tests", async () => {
      assert.deepEqual(await page.evaluate(() => globalThis.run()), names);
    });
  });
}
