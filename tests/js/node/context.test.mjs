// The library for one request of an edge worker.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as durastate from "durastate";

const { KeyValueStore, withContext } = durastate;
const context = () => ({ waitUntil() {} });

test("what is no context is refused", () => {
  for (const wrong of [undefined, null, 5, {}, { waitUntil: 5 }]) {
    assert.throws(() => withContext(wrong), { name: "TypeError", message: /waitUntil/ });
  }
});

test("a context brings every store that the package has", async () => {
  const scoped = withContext(context());
  assert.deepEqual(Object.keys(scoped.KeyValueStore).sort(), Object.keys(KeyValueStore).sort());
  const kv = scoped.KeyValueStore.memory();
  await kv.set("a", "1");
  assert.equal(await kv.modify("a", async (text) => `${text}2`), "12");
  await kv.set("ab", "2");
  assert.deepEqual(await kv.prefix("a").keys(), ["b"]);
});

test("a request does not wait for what another one left undone", async () => {
  const map = new Map([["a", "0"]]);
  let hang = true;
  let hung;
  const hanging = new Promise((resolve) => (hung = resolve));
  const implementation = {
    get(key) {
      if (!hang) return map.get(key);
      hang = false;
      hung();
      return new Promise(() => {});
    },
    set: (key, value) => map.set(key, value),
    remove: (key) => map.delete(key),
    keys: () => map.keys(),
  };
  const [one, other] = [context(), context()].map((given) => withContext(given).KeyValueStore.make(implementation));
  one.modify("a", (text) => `${text} never`);
  await hanging;
  assert.equal(await other.modify("a", (text) => `${text}!`), "0!");
  await other.set("a", "1");
  await other.remove("a");
  assert.deepEqual(await other.keys(), []);
});

test("changes through one request are heard by another", async () => {
  const implementation = { get() {}, set() {}, remove() {} };
  const [one, other] = [context(), context()].map((given) => withContext(given).KeyValueStore.make(implementation));
  const told = [];
  one.watch("a", (change) => told.push(change));
  await other.set("a", "1");
  assert.deepEqual(told, [{ key: "a", value: "1", origin: "local" }]);
});
