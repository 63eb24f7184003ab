// Bytes that were made elsewhere: in an iframe, in a test runner's sandbox.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { KeyValueStore } from "durastate";

const foreign = () => runInNewContext("new Uint8Array([0, 1, 255])");

test("bytes of another realm are bytes", async () => {
  assert.equal(foreign() instanceof Uint8Array, false);
  const kv = KeyValueStore.memory();
  await kv.set("key", foreign());
  assert.deepEqual(await kv.getUint8Array("key"), new Uint8Array([0, 1, 255]));
  assert.equal(await kv.get("key"), "AAH/");
  await kv.modifyUint8Array("key", foreign);
  const own = KeyValueStore.make({ get: foreign, getUint8Array: foreign, set() {}, remove() {} });
  assert.deepEqual(await own.getUint8Array("key"), new Uint8Array([0, 1, 255]));
});

test("other views of bytes are none", async () => {
  const kv = KeyValueStore.memory();
  for (const view of [new Uint16Array(2), new DataView(new ArrayBuffer(2)), new ArrayBuffer(2), [1, 2]]) {
    await assert.rejects(kv.set("key", view), TypeError);
  }
  assert.equal(await kv.has("key"), false);
});
