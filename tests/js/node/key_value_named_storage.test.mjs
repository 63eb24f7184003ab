// localStorage and sessionStorage, where there are none, where they may not be touched, and where they are.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyValueStore, KeyValueStoreError } from "durastate";
import { FakeStorage } from "../support/fake_storage.mjs";

const calls = {
  get: (kv) => kv.get("a"),
  getUint8Array: (kv) => kv.getUint8Array("a"),
  set: (kv) => kv.set("a", "x"),
  remove: (kv) => kv.remove("a"),
  has: (kv) => kv.has("a"),
  modify: (kv) => kv.modify("a", () => "x"),
  keys: (kv) => kv.keys(),
  size: (kv) => kv.size(),
  isEmpty: (kv) => kv.isEmpty(),
  clear: (kv) => kv.clear(),
  clearPrefix: (kv) => kv.clearPrefix("a"),
};

function define(name, get) {
  Object.defineProperty(globalThis, name, { get, configurable: true });
}

for (const name of ["localStorage", "sessionStorage"]) {
  test(`${name}: where there is none every call says so, and where it comes up later they work`, async () => {
    define(name, () => undefined);
    const kv = KeyValueStore[name]();
    for (const [method, call] of Object.entries(calls)) {
      await assert.rejects(call(kv), (error) => {
        assert.ok(error instanceof KeyValueStoreError, `${method}: ${error}`);
        assert.equal(error.method, method);
        assert.match(error.message, new RegExp(`there is no ${name} here`));
        return true;
      });
    }

    const forbidden = new DOMException("denied", "SecurityError");
    define(name, () => {
      throw forbidden;
    });
    for (const [method, call] of Object.entries(calls)) {
      await assert.rejects(call(kv), { name: "KeyValueStoreError", method, cause: forbidden });
    }

    const storage = new FakeStorage();
    define(name, () => storage);
    await kv.set("a", "1");
    assert.equal(storage.getItem("a"), "1");
    assert.equal(await KeyValueStore[name]().get("a"), "1");
  });
}

test("watching a storage that is not there is either fine or a KeyValueStoreError", async () => {
  // Documents watch through storage events, and for that need the storage itself.
  define("document", () => ({}));
  globalThis.addEventListener = () => {};
  globalThis.removeEventListener = () => {};
  const { KeyValueStore, KeyValueStoreError } = await import("durastate/browser");
  const cause = new DOMException("denied", "SecurityError");
  define("localStorage", () => {
    throw cause;
  });
  const kv = KeyValueStore.localStorage();
  const told = [];
  assert.throws(
    () => kv.watch("a", (change) => told.push(change)),
    (error) => {
      assert.ok(error instanceof KeyValueStoreError, String(error));
      assert.deepEqual([error.method, error.key, error.cause], ["watch", "a", cause]);
      return true;
    },
  );
  const storage = new FakeStorage();
  define("localStorage", () => storage);
  await kv.set("a", "1");
  assert.deepEqual(told, [], "a watch that failed listens to nothing");
});
