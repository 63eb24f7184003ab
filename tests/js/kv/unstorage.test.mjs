// unstorage as a store of durastate, and a store of durastate as a driver of unstorage.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromUnstorage, toUnstorage } from "durastate/kv/unstorage";
import { createStorage, fsDriver, memoryDriver } from "../clients/kv.mjs";
import { keyValueContract } from "../contract/key_value.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";

const { KeyValueStore } = durastate;
const root = await mkdtemp(join(tmpdir(), "durastate-unstorage-"));
after(() => rm(root, { recursive: true, force: true }));
let directories = 0;
const fresh = () => join(root, String(directories++));
const timed = (what, run) => test(what, { timeout: 60_000 }, run);

const drivers = {
  memory: () => memoryDriver(),
  files: () => fsDriver({ base: fresh() }),
  // As many drivers are: unstorage then decodes what it takes for bytes.
  "text alone": () => ({ ...memoryDriver(), getItemRaw: undefined, setItemRaw: undefined }),
};

for (const [name, driver] of Object.entries(drivers)) {
  describe(`fromUnstorage with the driver for ${name}`, () => {
    // Files make folders of ":", and "a" can not lie beside "a:b" there.
    const flat = name === "files";
    const open = () => KeyValueStore.make(fromUnstorage(createStorage({ driver: driver() }), { flat }));
    keyValueContract({ test: timed, durastate, open, traits: { nativeBytes: false } });

    test("every text comes back, and bytes do", async () => {
      const kv = KeyValueStore.make(fromUnstorage(createStorage({ driver: driver() })));
      const texts = ["1", "true", "null", '{"a":1}', "[1]", '"quoted"', "undefined", "NaN", "base64:AAEC", "base64:"];
      texts.push(
        "durastate:text:",
        'durastate:text:"a"',
        "durastate:x",
        "\ufeff",
        "a\ufeff",
        "\udc00",
        " 1 ",
        "-0",
        "1n",
      );
      for (const [i, text] of texts.entries()) await kv.set(`key ${i}`, text);
      for (const [i, text] of texts.entries()) assert.equal(await kv.get(`key ${i}`), text);
      await kv.set("bytes", new Uint8Array([0, 255, 128]));
      assert.deepEqual(await kv.getUint8Array("bytes"), new Uint8Array([0, 255, 128]));
    });

    test("every key is another one, and is listed as it was given", async () => {
      const keys = [
        "user:1",
        "a/b",
        "a\\b",
        "a:b",
        "a::b",
        ":a",
        "a:",
        "a:::",
        ":",
        "::",
        "a?b",
        "a?c",
        "a",
        "a$",
        "a$b",
      ];
      keys.push(
        "%",
        "%25",
        "%3A",
        "%2F",
        "a%",
        "%zz",
        ".x",
        "a:.",
        ".:a",
        "..",
        "a..",
        "a..:b",
        "..a",
        "...",
        "a:..:b",
      );
      keys.push("?", "/", "\\", "$", "a b", " a ", "é", "\u0000", "\u007f", "a\nb", "a:$", "node", "A", "%3a", "a:%2E");
      const kv = open();
      for (const key of keys) assert.equal(await kv.get(key), undefined, key);
      for (const key of keys) await kv.set(key, `value of ${key}`);
      for (const key of keys) assert.equal(await kv.get(key), `value of ${key}`, key);
      assert.deepEqual((await kv.keys()).sort(), [...keys].sort());
      for (const prefix of ["a", "a:", "a::", "user:", "%", "a:b", "user:1", "a:.", ":"]) {
        const expected = keys.filter((key) => key.startsWith(prefix) && key !== prefix);
        const found = await kv.prefix(prefix).keys();
        assert.deepEqual(found.sort(), expected.map((key) => key.slice(prefix.length)).sort(), prefix);
      }
      for (const key of keys) await kv.remove(key);
      assert.deepEqual(await kv.keys(), []);
    });
  });
}

describe("fromUnstorage", () => {
  test("an ordinary key is the same there, and so is what lies under it", async () => {
    const storage = createStorage();
    const kv = KeyValueStore.make(fromUnstorage(storage));
    await kv.set("user:1", "hello");
    await kv.set("user:2:name", "é");
    assert.deepEqual((await storage.getKeys()).sort(), ["user:1", "user:2:name"]);
    assert.equal(await storage.getItem("user:1"), "hello");
    await storage.setItem("user:3", { a: 1 });
    await storage.setItem("n", 1);
    await storage.setItemRaw("bytes", new Uint8Array([104, 105]));
    assert.equal(await kv.get("user:3"), '{"a":1}');
    assert.equal(await kv.get("n"), "1");
    assert.equal(await kv.get("bytes"), "hi");
    assert.deepEqual((await kv.prefix("user:").keys()).sort(), ["1", "2:name", "3"]);
  });

  test("files are named by the key, where each key is a file of its own", async () => {
    const base = fresh();
    const kv = KeyValueStore.make(fromUnstorage(createStorage({ driver: fsDriver({ base }) })));
    await kv.set("user:1", "1");
    await kv.set("user:2", "2");
    assert.deepEqual(await readdir(join(base, "user")), ["1", "2"]);
    assert.deepEqual((await kv.keys()).sort(), ["user:1", "user:2"]);
  });

  test("keys that it can not have written are passed over", async () => {
    const storage = createStorage();
    for (const key of ["a%", "%61", "%2f", "own"]) await storage.setItem(key, "1");
    const kv = KeyValueStore.make(fromUnstorage(storage));
    assert.deepEqual(await kv.keys(), ["own"]);
    await kv.clear();
    assert.equal((await storage.getKeys()).length, 3);
  });

  test("mounted storages are found", async () => {
    const storage = createStorage();
    storage.mount("cache", memoryDriver());
    const kv = KeyValueStore.make(fromUnstorage(storage));
    await kv.set("cache:a", "1");
    await kv.set("b", "2");
    assert.deepEqual((await kv.keys()).sort(), ["b", "cache:a"]);
    assert.deepEqual(await kv.prefix("cache:").keys(), ["a"]);
  });

  test("what is neither text nor bytes is told, and so is what the driver throws", async () => {
    const storage = createStorage();
    await storage.setItemRaw("object", { a: 1 });
    const kv = KeyValueStore.make(fromUnstorage(storage));
    await assert.rejects(kv.get("object"), (error) => {
      assert.deepEqual([error._tag, error.key], ["KeyValueStoreError", "object"]);
      assert.equal(error.cause.message, "what is stored there is neither text nor bytes");
      return true;
    });
    const full = new Error("full");
    const setItemRaw = () => Promise.reject(full);
    const failing = KeyValueStore.make(fromUnstorage(createStorage({ driver: { ...memoryDriver(), setItemRaw } })));
    await assert.rejects(failing.set("a", "1"), { name: "KeyValueStoreError", cause: full });
  });

  test("what is no storage is refused at once", () => {
    for (const wrong of [undefined, null, {}, new Map()]) assert.throws(() => fromUnstorage(wrong), TypeError);
    for (const wrong of [undefined, null, {}, new Map()]) assert.throws(() => toUnstorage(wrong), TypeError);
  });
});

const places = {
  memory: () => KeyValueStore.memory(),
  "a Web Storage": () => KeyValueStore.storage(new FakeStorage()),
  "a view": () => KeyValueStore.memory().prefix("view:"),
  files: () => KeyValueStore.fileSystem(fresh()),
};

for (const [name, open] of Object.entries(places)) {
  describe(`toUnstorage of ${name}`, () => {
    test("items, of whatever kind, are what they were", async () => {
      const storage = createStorage({ driver: toUnstorage(open()) });
      const items = { n: 1, yes: true, text: "é text", object: { a: [1, null] }, list: [1, "2"], empty: "" };
      for (const [key, value] of Object.entries(items)) await storage.setItem(key, value);
      for (const [key, value] of Object.entries(items)) assert.deepEqual(await storage.getItem(key), value, key);
      assert.equal(await storage.getItem("missing"), null);
      assert.equal(await storage.hasItem("n"), true);
      assert.equal(await storage.hasItem("missing"), false);
      await storage.removeItem("n");
      assert.equal(await storage.hasItem("n"), false);
      await storage.setItems([
        { key: "a", value: 1 },
        { key: "b", value: { c: 2 } },
      ]);
      assert.deepEqual(await storage.getItems(["a", "b"]), [
        { key: "a", value: 1 },
        { key: "b", value: { c: 2 } },
      ]);
    });

    test("raw text stays text, and raw bytes stay bytes", async () => {
      const storage = createStorage({ driver: toUnstorage(open()) });
      await storage.setItemRaw("text", "word");
      await storage.setItemRaw("bytes", new Uint8Array([0, 255]));
      assert.equal(await storage.getItemRaw("text"), "word");
      assert.deepEqual(new Uint8Array(await storage.getItemRaw("bytes")), new Uint8Array([0, 255]));
      assert.equal(await storage.getItemRaw("missing"), null);
    });

    test("keys, bases, meta and clear", async () => {
      const kv = open();
      await kv.set("other/key", "not of unstorage");
      const driver = toUnstorage(kv);
      const storage = createStorage({ driver });
      for (const key of ["a", "b:1", "b/2", "b::c:3", "bc"]) await storage.setItem(key, "x");
      await storage.setMeta("a", { mtime: new Date(0) });
      assert.deepEqual((await storage.getKeys()).sort(), ["a", "b:1", "b:2", "b:c:3", "bc"]);
      assert.deepEqual((await storage.getKeys("b")).sort(), ["b:1", "b:2", "b:c:3"]);
      assert.deepEqual(await storage.getKeys("b:c"), ["b:c:3"]);
      assert.deepEqual((await storage.getMeta("a")).mtime, new Date(0));
      await driver.clear("b:");
      assert.deepEqual((await storage.getKeys()).sort(), ["a", "bc"]);
      await storage.removeItem("a", { removeMeta: true });
      assert.deepEqual((await kv.keys()).sort(), ["bc", "other/key"]);
      await storage.clear();
      assert.deepEqual(await storage.getKeys(), []);
      await storage.dispose();
    });

    test("mounted, and watched", async () => {
      const kv = open();
      const storage = createStorage();
      storage.mount("state", toUnstorage(kv));
      const told = [];
      const unwatch = await storage.watch((event, key) => told.push([event, key]));
      await storage.setItem("state:a", "1");
      await kv.set("b", "2");
      await kv.remove("b");
      assert.equal(await kv.get("a"), "1");
      assert.deepEqual(told, [
        ["update", "state:a"],
        ["update", "state:b"],
        ["remove", "state:b"],
      ]);
      await unwatch();
      await storage.setItem("state:a", "2");
      assert.equal(told.length, 3);
    });
  });
}

test("there and back again: a store of durastate under unstorage under durastate", async () => {
  const inner = KeyValueStore.memory();
  const kv = KeyValueStore.make(fromUnstorage(createStorage({ driver: toUnstorage(inner) })));
  await kv.set("user:1", "base64:AAEC");
  await kv.set("a/b", new Uint8Array([255]));
  assert.equal(await kv.get("user:1"), "base64:AAEC");
  assert.deepEqual(await kv.getUint8Array("a/b"), new Uint8Array([255]));
  assert.deepEqual((await kv.keys()).sort(), ["a/b", "user:1"]);
  assert.deepEqual((await inner.keys()).sort(), ["a%2Fb", "user:1"]);
});
