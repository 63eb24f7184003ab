// The behaviours of Persistence and PersistedCache on what browsers keep, in a page of Chromium: the same tests that run in Node.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { register } from "../support/results_page.mjs";

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

for (const contract of ["persistence", "cache"]) {
  for (const kind of ["localStorage", "indexedDb"]) {
    describe(`${contract} on ${kind}`, () => {
      let page;
      before(async () => {
        page = await openPage(await browser.newContext(), server.origin);
        await page.evaluate(
          async ([contract, kind]) => {
            const { collect } = await import("/tests/js/support/results_page.mjs");
            globalThis.tests = collect(globalThis.durastate, contract, kind);
          },
          [contract, kind],
        );
      });
      after(() => page?.context().close());

      const names = [];
      register(durastate, contract, kind, (name) => names.push(name));
      for (const name of names) {
        test(name, { timeout: 60_000 }, () => page.evaluate((name) => globalThis.tests.get(name)(), name));
      }
      test("these were all tests", async () => {
        assert.deepEqual(await page.evaluate(() => [...globalThis.tests.keys()]), names);
      });
    });
  }
}
