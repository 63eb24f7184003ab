// `modify` of localStorage under Web Locks, in one tab and across two.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { call, haveOwnThreads, holding } from "../support/tabs.mjs";

const LOCK = "durastate:localStorage:n";
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
beforeEach(async () => {
  await one.evaluate(() => localStorage.clear());
  await call(one, "set", "n", "0");
  await other.waitForFunction(() => localStorage.getItem("n") === "0");
});

/** Begins `count` increments at once, and gives what the store answered. */
function increments(page, count, kind) {
  return page.evaluate(
    ([count, kind]) => {
      const kv = globalThis.durastate.KeyValueStore.localStorage();
      const add = (n) => String(Number(n) + 1);
      const change = kind === "sync" ? add : async (n) => add(n);
      return Promise.all(Array.from({ length: count }, () => kv.modify("n", change)));
    },
    [count, kind],
  );
}

test("modify waits for a tab that holds the lock of its key, and for no other lock", async () => {
  await other.evaluate(
    (name) =>
      new Promise((held) => {
        navigator.locks.request(name, () => {
          held();
          return new Promise((release) => (globalThis.release = release));
        });
      }),
    LOCK,
  );
  await one.evaluate(() => {
    globalThis.modified = durastate.KeyValueStore.localStorage().modify("n", () => "changed");
  });
  await one.waitForFunction(
    async (name) => (await navigator.locks.query()).pending.some((lock) => lock.name === name),
    LOCK,
  );
  assert.equal(await call(one, "get", "n"), "0");
  await call(one, "set", "m", "1");
  assert.equal(await one.evaluate(() => durastate.KeyValueStore.localStorage().modify("m", (m) => `${m}!`)), "1!");
  await other.evaluate(() => globalThis.release());
  assert.equal(await one.evaluate(() => globalThis.modified), "changed");
});

test("no lock is held while an asynchronous function thinks, nor afterwards", async () => {
  const free = () => one.waitForFunction(async () => (await navigator.locks.query()).held.length === 0);
  await one.evaluate(() => {
    globalThis.runs = [];
    const change = () => new Promise((decide) => globalThis.runs.push(decide));
    globalThis.modified = durastate.KeyValueStore.localStorage().modify("n", change);
  });
  await one.waitForFunction(() => globalThis.runs.length === 1);
  await free();
  assert.deepEqual(await increments(other, 1, "sync"), ["1"]);
  await one.waitForFunction(() => localStorage.getItem("n") === "1");
  await one.evaluate(() => globalThis.runs[0]("stale"));
  await one.waitForFunction(() => globalThis.runs.length === 2);
  await free();
  await one.evaluate(() => globalThis.runs[1]("decided"));
  assert.equal(await one.evaluate(() => globalThis.modified), "decided");
  await free();
});

for (const kind of ["sync", "async"]) {
  test(`${kind}: two documents of one renderer lose no increment`, async () => {
    const seen = await one.evaluate(async (kind) => {
      const frame = document.createElement("iframe");
      frame.src = "/frame";
      await new Promise((resolve) => {
        frame.onload = resolve;
        document.body.append(frame);
      });
      const inner = await frame.contentWindow.eval(`import("/dist/index.js")`);
      const stores = [durastate, inner].map(({ KeyValueStore }) => KeyValueStore.localStorage());
      const add = (n) => String(Number(n) + 1);
      const change = kind === "sync" ? add : async (n) => add(n);
      const seen = await Promise.all(Array.from({ length: 200 }, (_, i) => stores[i % 2].modify("n", change)));
      frame.remove();
      return seen;
    }, kind);
    assert.equal(new Set(seen).size, 200);
    assert.equal(await call(one, "get", "n"), "200");
  });

  test(`${kind}: increments of two renderers all end well, and the tabs agree in the end`, async (t) => {
    const count = 500;
    const seen = await Promise.all([one, other].map((page) => increments(page, count, kind)));
    assert.deepEqual(
      seen.map(({ length }) => length),
      [count, count],
    );
    // Each renderer has a copy of localStorage of its own, so nobody can promise that no increment is lost.
    await call(one, "set", "end", "1");
    await other.waitForFunction(() => localStorage.getItem("end") === "1");
    await call(other, "set", "end", "2");
    await one.waitForFunction(() => localStorage.getItem("end") === "2");
    const values = [await call(one, "get", "n"), await call(other, "get", "n")].map(Number);
    assert.equal(values[0], values[1]);
    assert.ok(values[0] >= 1 && values[0] <= 2 * count, `${values[0]} of ${2 * count}`);
    t.diagnostic(`${values[0]} of ${2 * count} increments are there`);
  });
}

describe("where there are no locks", () => {
  for (const [what, take] of [
    ["none at all", () => Object.defineProperty(navigator, "locks", { value: undefined, configurable: true })],
    [
      "locks that are forbidden",
      () => {
        const request = () => Promise.reject(new DOMException("denied", "SecurityError"));
        Object.defineProperty(navigator, "locks", { value: { request }, configurable: true });
      },
    ],
  ]) {
    test(`${what}: modify works, and no increment of a tab is lost`, async () => {
      const page = await openPage(context, server.origin);
      await page.evaluate(take);
      for (const kind of ["sync", "async"]) await increments(page, 100, kind);
      assert.equal(await call(page, "get", "n"), "200");
      await page.close();
    });
  }

  test("what the user's function throws is not taken for a refused lock", async () => {
    const runs = await one.evaluate(async () => {
      let runs = 0;
      const change = () => {
        runs += 1;
        throw new DOMException("the user's own", "SecurityError");
      };
      const error = await durastate.KeyValueStore.localStorage()
        .modify("n", change)
        .catch((thrown) => thrown);
      return [runs, error.message];
    });
    assert.deepEqual(runs, [1, "the user's own"]);
  });
});
