// durastate/slim, which is started by hand. In a process of its own: the other entries share the module and start it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { init, KeyValueStore } from "durastate/slim";
import { FakeStorage } from "../support/fake_storage.mjs";

const wasm = await readFile(fileURLToPath(import.meta.resolve("durastate/wasm")));
const magic = new Uint8Array([0, 97, 115, 109]);

test("before it is started, calls that need the module say what to do", async () => {
  const memory = KeyValueStore.memory();
  await memory.set("a", new Uint8Array([1]));
  const storage = KeyValueStore.storage(new FakeStorage());
  await storage.set("a", "1");
  for (const call of [
    () => memory.get("a"),
    () => memory.keys(),
    () => storage.getUint8Array("a"),
    () => storage.set("a", new Uint8Array([1])),
    () => storage.modify("a", (text) => `${text}!`),
    () => storage.clear(),
  ]) {
    await assert.rejects(call(), { message: /durastate\/slim has to be started first: await init\(\)/ });
  }
  assert.equal(await storage.get("a"), "1");
});

test("what is no module is refused, and can be tried again", async () => {
  await assert.rejects(init(magic), { name: "CompileError" });
  await assert.rejects(init(Promise.reject(new Error("offline"))), { message: "offline" });
  const missing = new Response("not found", { status: 404 });
  await assert.rejects(init(missing), { message: /could not be fetched: 404/ });
});

test("it starts once, from whatever the module comes as", async () => {
  const module = await WebAssembly.compile(wasm);
  await Promise.all([init(wasm), init(module), init(Promise.resolve(new Response(wasm))), init(wasm.buffer)]);
  const kv = KeyValueStore.memory();
  await kv.set("a", new Uint8Array([0, 1, 2]));
  assert.equal(await kv.get("a"), "AAEC");
  await init(module);
  assert.deepEqual(await kv.keys(), ["a"]);
});
