// Keyv as a store of durastate, and a store of durastate as a storage adapter of Keyv.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromKeyv, toKeyv } from "durastate/kv/keyv";
import { Keyv } from "../clients/kv.mjs";
import { keyValueContract } from "../contract/key_value.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";

const { KeyValueStore } = durastate;
const root = await mkdtemp(join(tmpdir(), "durastate-keyv-"));
after(() => rm(root, { recursive: true, force: true }));
let directories = 0;
const timed = (what, run) => test(what, { timeout: 60_000 }, run);

const keyvs = {
  "a Map": () => new Keyv(),
  "a Map without a namespace": () => new Keyv({ namespace: "" }),
  "a Map with a namespace in two parts": () => new Keyv({ namespace: "my:app" }),
  "a Map without prefixes": () => new Keyv({ useKeyPrefix: false }),
  "a Map without a serializer": () => new Keyv({ serialize: undefined, deserialize: undefined }),
  "a storage adapter": () => new Keyv({ store: toKeyv(KeyValueStore.memory()) }),
};

for (const [name, make] of Object.entries(keyvs)) {
  describe(`fromKeyv with ${name}`, () => {
    const open = () => KeyValueStore.make(fromKeyv(make()));
    keyValueContract({ test: timed, durastate, open, traits: { nativeBytes: false } });

    test("every text and every key comes back", async () => {
      const kv = open();
      const keys = [
        "keyv:a",
        "a",
        "keyv:keyv:a",
        "%a",
        "%keyv:a",
        "%%a",
        "my:app:a",
        "my:a",
        "app:a",
        "keyv",
        "keyv:",
        ":a",
      ];
      const texts = [":text", "::text", ":base64:AAEC", '{"value":1}', "null", "", "\ud83d", "1", "a:b"];
      for (const key of keys) await kv.set(key, `value of ${key}`);
      for (const key of keys) assert.equal(await kv.get(key), `value of ${key}`, key);
      assert.deepEqual((await kv.keys()).sort(), [...keys].sort());
      for (const key of keys) await kv.remove(key);
      assert.deepEqual(await kv.keys(), []);
      for (const text of texts) {
        await kv.set("text", text);
        assert.equal(await kv.get("text"), text);
      }
    });
  });
}

describe("fromKeyv", () => {
  test("an ordinary key and its text are the same there", async () => {
    const keyv = new Keyv();
    const kv = KeyValueStore.make(fromKeyv(keyv));
    await kv.set("user:1", "hello");
    assert.equal(await keyv.get("user:1"), "hello");
    await keyv.set("user:2", "from keyv");
    assert.equal(await kv.get("user:2"), "from keyv");
    assert.equal(await kv.modify("user:2", (text) => `${text}!`), "from keyv!");
    assert.deepEqual((await kv.keys()).sort(), ["user:1", "user:2"]);
  });

  test("namespaces of one Map do not see each other", async () => {
    const store = new Map();
    const [one, two, both] = ["one", "two", "one:two"].map((namespace) =>
      KeyValueStore.make(fromKeyv(new Keyv({ store, namespace }))),
    );
    await one.set("a", "1");
    await two.set("one", "2");
    await both.set("b", "3");
    assert.deepEqual(await two.keys(), ["one"]);
    assert.deepEqual(await both.keys(), ["b"]);
    await two.clear();
    assert.equal(await one.get("a"), "1");
    assert.equal(await both.get("b"), "3");
  });

  test("what has expired is neither read nor listed", async () => {
    const keyv = new Keyv();
    await keyv.set("gone", "1", 1);
    await keyv.set("there", "2", 1_000_000);
    const { now } = Date;
    Date.now = () => now() + 1000;
    try {
      const kv = KeyValueStore.make(fromKeyv(keyv));
      assert.deepEqual(await kv.keys(), ["there"]);
      assert.equal(await kv.get("gone"), undefined);
    } finally {
      Date.now = now;
    }
  });

  test("values of others are told unless they are text or bytes", async () => {
    const keyv = new Keyv();
    await keyv.set("n", 1);
    await keyv.set("object", { a: 1 });
    await keyv.set("bytes", Buffer.from([255, 0]));
    const kv = KeyValueStore.make(fromKeyv(keyv));
    assert.equal(await kv.get("bytes"), "/wA=");
    for (const key of ["n", "object"]) {
      await assert.rejects(kv.get(key), (error) => {
        assert.deepEqual([error._tag, error.key], ["KeyValueStoreError", key]);
        assert.equal(error.cause.message, "what is stored there is neither text nor bytes");
        return true;
      });
    }
  });

  for (const throwOnErrors of [false, true]) {
    test(`an adapter that fails is told, with throwOnErrors: ${throwOnErrors}`, async () => {
      const map = new Map();
      let fails = false;
      const attempt =
        (name) =>
        async (...args) => {
          if (fails) throw new Error("the adapter's own");
          return map[name](...args);
        };
      const methods = ["get", "set", "delete", "clear"].map((name) => [name, attempt(name)]);
      const keyv = new Keyv({ store: { opts: {}, on() {}, ...Object.fromEntries(methods) }, throwOnErrors });
      keyv.on("error", () => {});
      const kv = KeyValueStore.make(fromKeyv(keyv));
      await kv.set("a", "before");
      fails = true;
      for (const [method, call] of Object.entries({
        get: () => kv.get("a"),
        has: () => kv.has("a"),
        set: () => kv.set("a", "after"),
        remove: () => kv.remove("a"),
        modify: () => kv.modify("a", () => "after"),
      })) {
        await assert.rejects(call, { name: "KeyValueStoreError", method });
      }
      fails = false;
      assert.equal(await kv.get("a"), "before");
      await kv.remove("a");
      await kv.remove("a");
      assert.equal(await kv.get("a"), undefined);
      await assert.rejects(kv.keys(), { name: "KeyValueStoreError", message: /can not list its keys/ });
    });
  }

  test("a deletion that Keyv says nothing of is told", async () => {
    const map = new Map();
    const store = {
      get: (key) => map.get(key),
      set: (key, value) => map.set(key, value),
      clear() {},
      delete: () => false,
    };
    const kv = KeyValueStore.make(fromKeyv(new Keyv({ store })));
    await kv.set("a", "1");
    await assert.rejects(kv.remove("a"), (error) => error.cause.message === "Keyv did not delete the key");
    await kv.remove("missing");
  });

  test("what is no Keyv is refused at once", () => {
    for (const wrong of [undefined, null, {}, new Map()]) assert.throws(() => fromKeyv(wrong), TypeError);
    for (const wrong of [undefined, null, {}, new Map()]) assert.throws(() => toKeyv(wrong), TypeError);
  });
});

const places = {
  memory: () => KeyValueStore.memory(),
  "a Web Storage": () => KeyValueStore.storage(new FakeStorage()),
  "a view": () => KeyValueStore.memory().prefix("view:"),
  files: () => KeyValueStore.fileSystem(join(root, String(directories++))),
};

/** Version 5 of Keyv says of all keys at once whether they were deleted, version 6 of each. */
const all = (deleted) => [deleted].flat().every(Boolean);

async function entriesOf(keyv) {
  const entries = [];
  for await (const entry of keyv.iterator()) entries.push(entry);
  return entries.sort();
}

for (const [name, open] of Object.entries(places)) {
  describe(`toKeyv of ${name}`, () => {
    test("values, of whatever kind, are what they were", async () => {
      const keyv = new Keyv({ store: toKeyv(open()) });
      const values = {
        n: 1,
        no: false,
        text: ":é",
        object: { a: [1, null] },
        bytes: Buffer.from([0, 255]),
        nothing: null,
      };
      for (const [key, value] of Object.entries(values)) assert.equal(await keyv.set(key, value), true);
      for (const [key, value] of Object.entries(values)) assert.deepEqual(await keyv.get(key), value, key);
      assert.equal(await keyv.get("missing"), undefined);
      assert.deepEqual(await keyv.get(["n", "missing", "no"]), [1, undefined, false]);
      assert.equal(await keyv.has("n"), true);
      assert.equal(await keyv.has("missing"), false);
      assert.deepEqual(await keyv.has(["n", "missing"]), [true, false]);
      assert.equal(await keyv.delete("n"), true);
      assert.equal(await keyv.delete("n"), false);
      assert.equal(all(await keyv.delete(["no", "text"])), true);
      assert.equal(all(await keyv.delete(["object", "missing"])), false);
      assert.deepEqual(await keyv.get(["n", "no", "text", "object"]), [undefined, undefined, undefined, undefined]);
      await keyv.disconnect();
    });

    test("many at once", async () => {
      const kv = open();
      const keyv = new Keyv({ store: toKeyv(kv) });
      const entries = Array.from({ length: 20 }, (_, i) => ({ key: `key ${i}`, value: i }));
      assert.deepEqual(await keyv.setMany(entries), Array(20).fill(true));
      assert.deepEqual(await keyv.getMany(entries.map(({ key }) => key)), [...entries.keys()]);
      assert.equal(all(await keyv.deleteMany(entries.map(({ key }) => key))), true);
      assert.deepEqual(await kv.keys(), []);
    });

    test("a time to live passes", async () => {
      const kv = open();
      const keyv = new Keyv({ store: toKeyv(kv), ttl: 1000 });
      await keyv.set("short", "1", 10);
      await keyv.set("usual", "2");
      await keyv.set("long", "3", 10_000);
      const { now } = Date;
      Date.now = () => now() + 2000;
      try {
        assert.equal(await keyv.has("short"), false);
        assert.equal(await keyv.get("short"), undefined);
        assert.deepEqual(await keyv.getMany(["usual", "long"]), [undefined, "3"]);
        const left = await kv.keys();
        assert.equal(left.length, 1, `what has expired is removed when it is read, but there is ${left}`);
        assert.match(left[0], /long$/);
      } finally {
        Date.now = now;
      }
    });

    test("namespaces are listed and cleared one by one", async () => {
      const kv = open();
      const one = new Keyv({ store: toKeyv(kv), namespace: "one" });
      const two = new Keyv({ store: toKeyv(kv), namespace: "two" });
      await one.set("a", 1);
      await one.set("b:c", 2);
      await two.set("a", 3);
      await kv.set("own", "no value of Keyv");
      assert.deepEqual(await entriesOf(one), [
        ["a", 1],
        ["b:c", 2],
      ]);
      assert.deepEqual(await entriesOf(two), [["a", 3]]);
      await one.clear();
      assert.deepEqual(await entriesOf(one), []);
      assert.equal(await two.get("a"), 3);
      assert.equal(await kv.get("own"), "no value of Keyv");
    });
  });
}

test("toKeyv needs text, and says so", async () => {
  const keyv = new Keyv({ store: toKeyv(KeyValueStore.memory()), serialize: undefined, serialization: false });
  const errors = [];
  keyv.on("error", (error) => errors.push(error));
  assert.equal(await keyv.set("a", { a: 1 }), false);
  assert.deepEqual(
    errors.map(({ name, message }) => `${name}: ${message}`),
    ["TypeError: toKeyv needs a Keyv that serializes its values to text"],
  );
});

test("what the store of durastate rejects with is what Keyv tells of", async () => {
  const storage = new FakeStorage();
  const keyv = new Keyv({ store: toKeyv(KeyValueStore.storage(storage)) });
  const errors = [];
  keyv.on("error", (error) => errors.push(error));
  storage.before = (method) => {
    if (method === "setItem") throw new Error("full");
  };
  assert.equal(await keyv.set("a", 1), false);
  assert.equal(errors.length, 1);
  assert.equal(errors[0]._tag, "KeyValueStoreError");
  assert.match(errors[0].key, /a$/);
});
