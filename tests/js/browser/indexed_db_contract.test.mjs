// The behaviours of a KeyValueStore on IndexedDB, in a page of Chromium.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { keyValueContract } from "../contract/key_value.mjs";
import { load, openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";

const traits = { nativeBytes: true, atomicity: "origin" };

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

for (const entry of ["/dist/index.js", "/dist/browser/index.js"]) {
  describe(`indexedDb of ${entry}`, () => {
    let page;
    before(async () => {
      page = await openPage(await browser.newContext(), server.origin);
      await load(page, entry);
      await page.evaluate(async (traits) => {
        const { collect } = await import("/tests/js/support/indexed_db_page.mjs");
        globalThis.tests = collect(globalThis.durastate, traits);
      }, traits);
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
