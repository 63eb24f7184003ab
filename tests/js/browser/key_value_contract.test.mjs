// The behaviours of a KeyValueStore, in a page of Chromium: the same tests that run in Node.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { keyValueContract } from "../contract/key_value.mjs";
import { load, openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";

/** Chromium keeps so many characters for one origin, keys included. */
const ROOM = 5 * 1024 * 1024;
const storage = { nativeBytes: false, atomicity: "process", room: ROOM };
const runs = [
  ["memory", "/dist/index.js", { atomicity: "store" }],
  ["localStorage", "/dist/index.js", storage],
  ["sessionStorage", "/dist/index.js", storage],
  ["storage", "/dist/browser/index.js", storage],
  ["memory", "/dist/browser/index.js", { atomicity: "store" }],
];

let server;
let browser;
before(async () => {
  server = await serve();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const [kind, entry, traits] of runs) {
  describe(`${kind} of ${entry}`, () => {
    let page;
    before(async () => {
      page = await openPage(await browser.newContext(), server.origin);
      await load(page, entry);
      await page.evaluate(
        async ([kind, traits]) => {
          const { collect } = await import("/tests/js/support/page_contract.mjs");
          globalThis.tests = collect(globalThis.durastate, kind, traits);
        },
        [kind, traits],
      );
    });
    after(() => page?.context().close());

    const names = [];
    keyValueContract({ test: (name) => names.push(name), durastate: {}, traits });
    for (const name of names) {
      test(name, { timeout: 60_000 }, () => page.evaluate((name) => globalThis.tests.get(name)(), name));
    }
    test("these were all tests", async () => {
      assert.deepEqual(await page.evaluate(() => [...globalThis.tests.keys()]), names);
    });
  });
}
