import { equal, ok, rejects, throws } from "../../support/assert.mjs";

const NO_KEYS = [undefined, null, 5, true, {}, [], Symbol("s"), () => {}, new String("a"), new Uint8Array(1)];
const NO_VALUES = [
  undefined,
  null,
  5,
  1n,
  true,
  {},
  [],
  new Date(0),
  new ArrayBuffer(1),
  new Uint16Array(1),
  Symbol("s"),
  new String("a"),
];
const HALVES = ["\ud83d", "a\udc00b", "\udc00\ud83d"];

/** Every method that takes a key, called with one. */
const withKey = {
  get: (kv, key) => kv.get(key),
  getUint8Array: (kv, key) => kv.getUint8Array(key),
  set: (kv, key) => kv.set(key, "after"),
  remove: (kv, key) => kv.remove(key),
  has: (kv, key) => kv.has(key),
  modify: (kv, key) => kv.modify(key, () => "after"),
  modifyUint8Array: (kv, key) => kv.modifyUint8Array(key, () => new Uint8Array([1])),
};

export function badInput({ test, open, durastate, traits }) {
  const { KeyValueStoreError } = durastate;

  for (const [method, call] of Object.entries(withKey)) {
    test(`${method} refuses what is no key, and names it`, async () => {
      const kv = await open();
      await kv.set("before", "1");
      for (const wrong of NO_KEYS) {
        for (const view of [kv, kv.prefix("p:")]) {
          const error = await rejects(call(view, wrong), TypeError, {
            message: new RegExp(`^key of KeyValueStore\\.${method} `),
          });
          ok(/but is (undefined|null|an object|the )/.test(error.message), error.message);
        }
      }
      await rejects(call(kv), TypeError);
      equal(await kv.get("before"), "1");
      if (traits.lists) equal(await kv.keys(), ["before"]);
    });

    test(`${method} refuses an empty key and half of a surrogate pair`, async () => {
      const kv = await open();
      await kv.set("before", "1");
      for (const key of ["", ...HALVES]) {
        await rejects(call(kv, key), KeyValueStoreError, { method, key, _tag: "KeyValueStoreError" });
        await rejects(call(kv.prefix("p:"), key), KeyValueStoreError, { method, key });
      }
      equal(await kv.get("before"), "1");
      if (traits.lists) equal(await kv.keys(), ["before"]);
    });
  }

  test("set refuses what is no value, names the key and what was given, and what was there stays", async () => {
    const kv = await open();
    await kv.set("a", "before");
    for (const wrong of NO_VALUES) {
      const error = await rejects(kv.set("a", wrong), TypeError, {
        message: /^value of KeyValueStore\.set\("a"\) must be/,
      });
      ok(/but is (undefined|null|an object|the )/.test(error.message), error.message);
    }
    await rejects(kv.set("a"), TypeError);
    await rejects(kv.set("new", 5), TypeError);
    equal(await kv.get("a"), "before");
    equal(await kv.has("new"), false);
  });

  test("modify refuses what is no function, whether the key is there or not", async () => {
    const kv = await open();
    await kv.set("a", "before");
    for (const method of ["modify", "modifyUint8Array"]) {
      for (const wrong of [undefined, null, 5, "text", {}]) {
        const fields = { message: new RegExp(`^change of KeyValueStore\\.${method} must be a function`) };
        await rejects(kv[method]("a", wrong), TypeError, fields);
        await rejects(kv[method]("missing", wrong), TypeError, fields);
      }
    }
    equal(await kv.get("a"), "before");
  });

  test("prefix and clearPrefix refuse what is no prefix", async () => {
    const kv = await open();
    await kv.set("a", "before");
    for (const wrong of [undefined, null, 5, {}, /a/]) {
      throws(() => kv.prefix(wrong), TypeError, { message: /^prefix of KeyValueStore\.prefix must be a string/ });
      await rejects(kv.clearPrefix(wrong), TypeError, {
        message: /^prefix of KeyValueStore\.clearPrefix must be a string/,
      });
    }
    for (const half of HALVES) {
      throws(() => kv.prefix(half), KeyValueStoreError, { method: "prefix" });
      await rejects(kv.clearPrefix(half), KeyValueStoreError, { method: "clearPrefix" });
    }
    equal(await kv.get("a"), "before");
  });

  test("a message shows a long key or value shortened", async () => {
    const kv = await open();
    const long = "k".repeat(100_000);
    const key = await rejects(kv.get(`${long}\ud83d`), KeyValueStoreError);
    ok(key.message.length < 300, `a message of ${key.message.length} characters`);
    const value = await rejects(kv.set(long, 5), TypeError);
    ok(value.message.length < 300, `a message of ${value.message.length} characters`);
  });

  test("a rejection is never thrown at once", async () => {
    const kv = await open();
    for (const call of Object.values(withKey)) {
      const promise = call(kv, 5);
      ok(promise instanceof Promise);
      await promise.catch(() => {});
    }
  });
}
