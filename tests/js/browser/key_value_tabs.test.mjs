// One localStorage in two tabs, each in a renderer process of its own.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { openPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";
import { call, haveOwnThreads, holding, told, watch } from "../support/tabs.mjs";

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
});
after(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  for (const page of [one, other]) {
    await page.evaluate(() => {
      for (const watcher of Object.values(globalThis.recorded ?? {})) watcher.stop();
      globalThis.recorded = {};
    });
  }
  await one.evaluate(() => localStorage.clear());
  await other.waitForFunction(() => localStorage.length === 0);
});

test("the tabs live in different renderer processes", async () => {
  assert.equal(await haveOwnThreads(one, other, waiting), true);
});

test("a change is told in the other tab as remote, and in its own as local, once each", async () => {
  await watch(one, "a", "a");
  await watch(other, "a", "a");
  await call(one, "set", "a", "1");
  await call(one, "set", "b", "not watched");
  await call(one, "modify", "missing", "never called").catch(() => {});
  await one.evaluate(() => durastate.KeyValueStore.localStorage().modify("a", (text) => `${text}!`));
  await one.evaluate(() => durastate.KeyValueStore.localStorage().set("a", new Uint8Array([0, 1, 2])));
  await call(one, "remove", "a");
  const changes = (origin) => [
    ["a", "1", origin],
    ["a", "1!", origin],
    ["a", "AAEC", origin],
    ["a", null, origin],
  ];
  assert.deepEqual(await told(other, "a", 4), changes("remote"));
  assert.deepEqual(await told(one, "a", 4), changes("local"));
  await call(other, "set", "a", "back");
  assert.deepEqual((await told(one, "a", 5))[4], ["a", "back", "remote"]);
  assert.deepEqual((await told(other, "a", 5))[4], ["a", "back", "local"]);
});

test("views are told of their own keys, by their own names", async () => {
  await watch(other, "view", null, "app:");
  await watch(other, "one", "a", "app:");
  await watch(other, "all", null);
  await call(one, "set", "other", "1");
  await call(one, "set", "app:a", "2");
  await call(one, "set", "app:b", "3");
  assert.deepEqual(await told(other, "all", 3), [
    ["other", "1", "remote"],
    ["app:a", "2", "remote"],
    ["app:b", "3", "remote"],
  ]);
  assert.deepEqual(await told(other, "view", 2), [
    ["a", "2", "remote"],
    ["b", "3", "remote"],
  ]);
  assert.deepEqual(await told(other, "one", 1), [["a", "2", "remote"]]);
});

test("what other code does to localStorage is told too; its clear concerns every watcher", async () => {
  await watch(other, "all", null);
  await watch(other, "a", "a");
  await one.evaluate(() => {
    localStorage.setItem("a", "raw");
    localStorage.clear();
  });
  assert.deepEqual(await told(other, "all", 2), [
    ["a", "raw", "remote"],
    [null, null, "remote"],
  ]);
  assert.deepEqual(await told(other, "a", 2), [
    ["a", "raw", "remote"],
    ["a", null, "remote"],
  ]);
});

test("clear tells the other tab of each key, and what durastate keeps there is nobody's news", async () => {
  await watch(other, "all", null);
  await one.evaluate(() => localStorage.setItem("durastate:lock:a", "1"));
  await call(one, "set", "a", "1");
  await call(one, "set", "b", "2");
  await call(one, "clear");
  await one.evaluate(() => localStorage.removeItem("durastate:lock:a"));
  await call(one, "set", "end", "3");
  const changes = await told(other, "all", 5);
  assert.deepEqual(changes.slice(0, 2), [
    ["a", "1", "remote"],
    ["b", "2", "remote"],
  ]);
  assert.deepEqual(changes.slice(2, 4).sort(), [
    ["a", null, "remote"],
    ["b", null, "remote"],
  ]);
  assert.deepEqual(changes.slice(4), [["end", "3", "remote"]]);
});

test("who has stopped is not told, and the others still are", async () => {
  await watch(other, "stopped", "a");
  await watch(other, "all", null);
  await other.evaluate(() => globalThis.recorded.stopped.stop());
  await call(one, "set", "a", "1");
  await told(other, "all", 1);
  assert.deepEqual(await told(other, "stopped", 0), []);

  await other.evaluate(() => globalThis.recorded.all.stop());
  await watch(other, "again", "a");
  await call(one, "set", "a", "2");
  assert.deepEqual(await told(other, "again", 1), [["a", "2", "remote"]]);
  assert.equal((await told(other, "all", 1)).length, 1);
});

test("sealed values are told opened", async () => {
  const seal = () => {
    const flip = (bytes) => bytes.map((byte) => byte ^ 255);
    globalThis.sealed = globalThis.durastate.KeyValueStore.localStorage().sealed({ seal: flip, open: flip });
  };
  await one.evaluate(seal);
  await other.evaluate(seal);
  await other.evaluate(() => {
    const told = [];
    told.stop = globalThis.sealed.watch("a", ({ value, origin }) => told.push([value, origin]));
    globalThis.recorded = { sealed: told };
  });
  await one.evaluate(() => globalThis.sealed.set("a", "secret"));
  assert.deepEqual(await told(other, "sealed", 1), [["secret", "remote"]]);
});

test("sessionStorage is the tab's own, and nobody else is told", async () => {
  await watch(other, "session", null, "", "sessionStorage");
  await watch(other, "local", null);
  await one.evaluate(() => durastate.KeyValueStore.sessionStorage().set("a", "mine"));
  await call(one, "set", "end", "1");
  await told(other, "local", 1);
  assert.deepEqual(await told(other, "session", 0), []);
  assert.equal(await other.evaluate(() => durastate.KeyValueStore.sessionStorage().get("a")), undefined);
  await one.evaluate(() => sessionStorage.clear());
});

test("what one tab stores, the other one reads", async () => {
  await watch(other, "a", "a");
  await call(one, "set", "a", "shared \ud83d");
  await told(other, "a", 1);
  assert.equal(await call(other, "get", "a"), "shared \ud83d");
  assert.deepEqual(await call(other, "keys"), ["a"]);
});
