// One cache in two tabs, each in a renderer process of its own: they run one lookup, and hear of each other.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { haveOwnThreads, holding } from "../support/tabs.mjs";

const { waiting, routes } = holding();
let server;
let browser;
let context;
let one;
let other;

before(async () => {
  server = await serve(routes);
  browser = await launchChromium();
  context = await browser.newContext();
  one = await openPage(context, server.origin);
  other = await openPage(context, server.origin);
  assert.equal(await haveOwnThreads(one, other, waiting), true);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Makes the cache of a tab a global of it. */
function opens(page, kind, storeId, options) {
  return page.evaluate(
    async ([kind, storeId, options]) => {
      const { cacheOf } = await import("/tests/js/support/results_page.mjs");
      globalThis.cache = await cacheOf(globalThis.durastate, kind, storeId, options);
    },
    [kind, storeId, options],
  );
}

const gets = (page, many = 1) =>
  page.evaluate((many) => Promise.all(Array.from({ length: many }, () => globalThis.cache.get("a"))), many);
const finish = (page, value) => page.evaluate((value) => globalThis.cache.finish(value), value);
const looking = (page) => page.evaluate(() => globalThis.cache.looking);
const looks = (page, times = 1) => page.waitForFunction((times) => globalThis.cache.looking.length >= times, times);
const timed = (name, run) => test(name, { timeout: 60_000 }, run);

for (const kind of ["localStorage", "indexedDb"]) {
  describe(kind, () => {
    timed("gets in both tabs at once run one lookup", async () => {
      await opens(one, kind, "one lookup");
      await opens(other, kind, "one lookup");
      const both = Promise.all([gets(one, 50), gets(other, 50)]);
      await Promise.race([looks(one), looks(other)]);
      await Promise.all([finish(one, "found"), finish(other, "found")]);
      assert.deepEqual(new Set((await both).flat()), new Set(["found"]));
      assert.deepEqual([...(await looking(one)), ...(await looking(other))], ["a"]);
    });

    timed("what a tab has looked up the other one reads", async () => {
      await opens(one, kind, "read");
      await opens(other, kind, "read");
      const first = gets(one);
      await looks(one);
      await finish(one, "found");
      assert.deepEqual(await first, ["found"]);
      assert.deepEqual(await gets(other), ["found"]);
      assert.deepEqual(await looking(other), []);
    });

    timed("a tab that is closed in its lookup is waited for no longer than its lease", async () => {
      const closed = await openPage(context, server.origin);
      await opens(closed, kind, "closed", { lease: "1 hour" });
      await opens(other, kind, "closed", { lease: "1 hour" });
      gets(closed).catch(() => undefined);
      await looks(closed);
      const waits = gets(other);
      // It has gone without giving its claim back.
      await closed.close({ runBeforeUnload: false });
      assert.deepEqual(await looking(other), []);
      await other.evaluate(() => {
        const real = Date.now;
        Date.now = () => real.call(Date) + 3_600_001;
      });
      await looks(other);
      await finish(other, "found here");
      assert.deepEqual(await waits, ["found here"]);
      await other.reload();
      await other.evaluate(async () => {
        globalThis.durastate = await import("/dist/index.js");
      });
    });

    timed("what a tab invalidates or sets leaves the memory of the other one", async () => {
      await opens(one, kind, "news");
      await opens(other, kind, "news");
      const first = gets(one);
      await looks(one);
      await finish(one, "old");
      await first;
      await other.evaluate(() => globalThis.cache.invalidate("a"));
      // It is told after a while; until then it has the old one.
      const again = one.evaluate(async () => {
        for (;;) {
          const value = await globalThis.cache.get("a");
          if (value !== "old") return value;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
      await looks(one, 2);
      await finish(one, "new");
      assert.equal(await again, "new");
      await other.evaluate(() => globalThis.cache.set("a", "set"));
      await one.waitForFunction(async () => (await globalThis.cache.get("a")) === "set");
      assert.deepEqual(await looking(one), ["a", "a"]);
      assert.deepEqual(await looking(other), []);
    });
  });
}
