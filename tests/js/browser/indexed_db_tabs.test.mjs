// One database of IndexedDB in two tabs, each in a renderer process of its own.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { haveOwnThreads, holding, told } from "../support/tabs.mjs";

const { waiting, routes } = holding();
let server;
let browser;
let one;
let other;

before(async () => {
  server = await serve(routes);
  browser = await launchChromium();
  const context = await browser.newContext();
  one = await openPage(context, server.origin);
  other = await openPage(context, server.origin);
  assert.equal(await haveOwnThreads(one, other, waiting), true);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Calls a method of a page's store in the database of this name. */
function call(page, options, method, ...args) {
  return page.evaluate(
    ([options, method, args]) => globalThis.durastate.KeyValueStore.indexedDb(options)[method](...args),
    [options, method, args],
  );
}

/** Begins `count` increments at once, and gives what the store answered. */
function increments(page, options, count, kind) {
  return page.evaluate(
    ([options, count, kind]) => {
      const kv = globalThis.durastate.KeyValueStore.indexedDb(options);
      const add = (n) => String(Number(n) + 1);
      const change = kind === "sync" ? add : async (n) => add(n);
      return Promise.all(Array.from({ length: count }, () => kv.modify("n", change)));
    },
    [options, count, kind],
  );
}

/** Begins to record what a watcher is told, under a name that `told` reads it by. */
function watch(page, options, name, key) {
  return page.evaluate(
    ([options, name, key]) => {
      const told = [];
      globalThis.recorded = { ...globalThis.recorded, [name]: told };
      const kv = globalThis.durastate.KeyValueStore.indexedDb(options);
      told.stop = kv.watch(key ?? undefined, ({ key, value, origin }) => told.push([key, value ?? null, origin]));
    },
    [options, name, key],
  );
}

for (const kind of ["sync", "async"]) {
  test(`${kind}: two tabs change one key at once, and no change is lost`, { timeout: 120_000 }, async () => {
    const options = { name: `hammered ${kind}` };
    await call(one, options, "set", "n", "0");
    const seen = (await Promise.all([one, other].map((page) => increments(page, options, 200, kind)))).flat();
    assert.equal(await call(one, options, "get", "n"), "400");
    assert.equal(await call(other, options, "get", "n"), "400");
    assert.equal(new Set(seen).size, 400, "each was told another number");
  });
}

test("a change is told in the other tab as remote, and in its own as local, once each", async () => {
  const options = { name: "watched" };
  await watch(one, options, "one", "a");
  await watch(other, options, "other", "a");
  await call(one, options, "set", "b", "not watched");
  await call(one, options, "set", "a", "1");
  await told(other, "other", 1);
  await one.evaluate(() => durastate.KeyValueStore.indexedDb({ name: "watched" }).modify("a", (text) => `${text}!`));
  await told(other, "other", 2);
  await one.evaluate(() => durastate.KeyValueStore.indexedDb({ name: "watched" }).set("a", new Uint8Array([0, 1, 2])));
  await told(other, "other", 3);
  await call(one, options, "remove", "a");
  const changes = (origin) => [
    ["a", "1", origin],
    ["a", "1!", origin],
    ["a", "AAEC", origin],
    ["a", null, origin],
  ];
  assert.deepEqual(await told(other, "other", 4), changes("remote"));
  assert.deepEqual(await told(one, "one", 4), changes("local"));
  await call(other, options, "set", "a", "back");
  assert.deepEqual((await told(one, "one", 5))[4], ["a", "back", "remote"]);
  assert.deepEqual((await told(other, "other", 5))[4], ["a", "back", "local"]);
});

test("clear is told key by key; other stores, other databases and what lies reserved are nobody's news", async () => {
  const options = { name: "cleared" };
  await watch(other, options, "cleared", null);
  await call(one, { name: "cleared", store: "another" }, "set", "a", "elsewhere");
  await call(one, { name: "somewhere else" }, "set", "a", "elsewhere");
  await call(one, options, "set", "durastate:lock", "reserved");
  await call(one, options, "set", "a", "1");
  await call(one, options, "set", "b", "2");
  await told(other, "cleared", 2);
  await call(one, options, "clear");
  const changes = await told(other, "cleared", 4);
  assert.deepEqual(changes.slice(0, 2), [
    ["a", "1", "remote"],
    ["b", "2", "remote"],
  ]);
  assert.deepEqual(changes.slice(2).sort(), [
    ["a", null, "remote"],
    ["b", null, "remote"],
  ]);
  assert.equal(await call(other, options, "get", "durastate:lock"), "reserved");
});

test("the channel carries no values, and what it carries is not believed", async () => {
  const options = { name: "listened" };
  await watch(other, options, "listened", null);
  const channel = `durastate:indexedDB:${JSON.stringify(["listened", "entries"])}`;
  await one.evaluate((name) => {
    globalThis.overheard = [];
    globalThis.ear = new BroadcastChannel(name);
    globalThis.ear.onmessage = ({ data }) => globalThis.overheard.push(data);
  }, channel);
  await call(other, options, "set", "a", "secret");
  await one.waitForFunction(() => globalThis.overheard.length === 1);
  assert.deepEqual(await one.evaluate(() => globalThis.overheard), [["a"]]);
  await one.evaluate(() => {
    for (const junk of [null, 5, "a", { a: 1 }, [5], [["a"]]]) globalThis.ear.postMessage(junk);
    globalThis.ear.postMessage(["a"]);
  });
  assert.deepEqual(await told(other, "listened", 2), [
    ["a", "secret", "local"],
    ["a", "secret", "remote"],
  ]);
});

test("who has stopped is not told any more", async () => {
  const options = { name: "stopped" };
  await watch(other, options, "stopped", "a");
  await other.evaluate(() => globalThis.recorded.stopped.stop());
  await watch(other, options, "still", "a");
  await call(one, options, "set", "a", "1");
  assert.deepEqual(await told(other, "still", 1), [["a", "1", "remote"]]);
  assert.deepEqual(await told(other, "stopped", 0), []);
});

test("tabs with different stores of one database do not break each other", { timeout: 60_000 }, async () => {
  const name = "shared";
  const stores = ["a", "b", "c", "d", "e", "f"];
  // All at once: each upgrades the database under the others.
  await Promise.all(
    stores.map((store, i) => call(i % 2 ? one : other, { name, store }, "set", "key", `value in ${store}`)),
  );
  for (const store of stores) {
    for (const page of [one, other]) assert.equal(await call(page, { name, store }, "get", "key"), `value in ${store}`);
  }
  // A new one while the others are busy: their connections close and open again.
  await call(one, { name, store: "a" }, "set", "n", "0");
  const busy = [one, other].map((page) => increments(page, { name, store: "a" }, 50, "async"));
  await call(other, { name, store: "late" }, "set", "key", "late");
  await Promise.all(busy);
  assert.equal(await call(other, { name, store: "a" }, "get", "n"), "100");
  assert.equal(await call(one, { name, store: "late" }, "get", "key"), "late");
});
