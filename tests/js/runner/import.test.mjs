// An import does nothing: edge runtimes allow no clock, randomness or timer before a request is there.
import assert from "node:assert/strict";
import { test } from "node:test";

const FORBIDDEN = [
  [Date, "now"],
  [Math, "random"],
  [performance, "now"],
  [crypto, "getRandomValues"],
  [crypto, "randomUUID"],
  [globalThis, "setTimeout"],
  [globalThis, "setInterval"],
  [globalThis, "setImmediate"],
  [globalThis, "fetch"],
  [globalThis, "BroadcastChannel"],
];

test("the import reads no clock and no randomness, sets no timer and opens nothing", async (context) => {
  const used = [];
  for (const [owner, name] of FORBIDDEN) {
    const { value } = { value: owner[name] };
    context.after(() => Object.defineProperty(owner, name, { value, configurable: true, writable: true }));
    const noticed = function (...args) {
      // Node's own loader may look at the clock; with source maps our files are those that they were made of.
      if (/\/target\/|\.ts:/.test(new Error().stack)) used.push(name);
      return new.target ? new value(...args) : value.apply(this, args);
    };
    Object.defineProperty(owner, name, { value: noticed, configurable: true, writable: true });
  }
  const { KeyValueStore, call, glue } = await import("../../../target/probe/index.js");
  const stores = [KeyValueStore.memory(), KeyValueStore.localStorage(), KeyValueStore.sessionStorage()];
  stores.push(KeyValueStore.make({ get() {}, set() {}, remove() {} }), stores[0].prefix("a"));
  assert.deepEqual(used, [], "nor does opening a store");

  const waited = call(() => glue.probe_wait(1));
  assert.deepEqual([...new Set(used)], ["now", "setTimeout"], "but what is used would have been noticed");
  await waited;
});
