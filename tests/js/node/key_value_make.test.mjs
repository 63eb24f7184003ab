// KeyValueStore.make: what is asked of a store of the user's own, and what happens when it fails.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KeyValueStore, KeyValueStoreError } from "durastate";
import { mapStore, slowStore, swappingStore, textStore } from "../support/stores.mjs";

const without = (store, ...names) =>
  Object.fromEntries(Object.entries(store).filter(([name]) => !names.includes(name)));

describe("what an implementation must be", () => {
  test("what is none is refused at once, by name", () => {
    for (const wrong of [undefined, null, 5, "text", () => {}]) {
      assert.throws(() => KeyValueStore.make(wrong), {
        name: "TypeError",
        message: /^implementation must be an object, but is /,
      });
    }
    for (const name of ["get", "set", "remove"]) {
      for (const wrong of [undefined, null, "text"]) {
        const message = new RegExp(`^implementation\\.${name} must be a function, but is `);
        assert.throws(() => KeyValueStore.make({ ...mapStore(), [name]: wrong }), { name: "TypeError", message });
      }
    }
    const optional = [
      "keys",
      "list",
      "getUint8Array",
      "getMany",
      "removeMany",
      "has",
      "size",
      "isEmpty",
      "clear",
      "swap",
      "watch",
    ];
    for (const name of optional) {
      const message = new RegExp(`^implementation\\.${name} must be a function, but is `);
      assert.throws(() => KeyValueStore.make({ ...mapStore(), [name]: 5 }), { name: "TypeError", message });
    }
    for (const atomicity of [null, "", "all", 5]) {
      const message = /^implementation\.atomicity must be .*, but is /;
      assert.throws(() => KeyValueStore.make({ ...mapStore(), atomicity }), { name: "TypeError", message });
    }
  });

  test("it may be an object of a class with state of its own", async () => {
    class Own {
      #map = new Map();
      get(key) {
        return this.#map.get(key);
      }
      set(key, value) {
        this.#map.set(key, value);
      }
      remove(key) {
        this.#map.delete(key);
      }
      keys() {
        return this.#map.keys();
      }
      has(key) {
        return this.#map.has(key);
      }
      swap(key, expected, next) {
        if (this.#map.get(key) !== expected) return false;
        this.#map.set(key, next);
        return true;
      }
    }
    const kv = KeyValueStore.make(new Own());
    await kv.set("a", "1");
    assert.equal(await kv.modify("a", (text) => `${text}2`), "12");
    assert.equal(await kv.has("a"), true);
    assert.deepEqual(await kv.keys(), ["a"]);
    await kv.remove("a");
    assert.equal(await kv.isEmpty(), true);
  });

  test("atomicity is what it says, and none without swap", () => {
    const { swap } = swappingStore();
    for (const [given, expected] of [
      [{ ...mapStore() }, "none"],
      [{ ...mapStore(), atomicity: "store" }, "none"],
      [{ ...mapStore(), swap }, "none"],
      [{ ...mapStore(), swap, atomicity: "process" }, "process"],
      [{ ...mapStore(), swap, atomicity: "origin" }, "origin"],
    ]) {
      assert.equal(KeyValueStore.make(given).atomicity, expected);
    }
  });
});

describe("an implementation's own methods", () => {
  test("a store of text is given bytes as base64 text", async () => {
    const map = new Map();
    const kv = KeyValueStore.make(textStore(map));
    await kv.set("a", new Uint8Array([0, 1, 2]));
    assert.equal(map.get("a"), "AAEC");
  });

  test("a store of bytes is given bytes, and asked for them by getUint8Array", async () => {
    const map = new Map();
    const kv = KeyValueStore.make({ ...mapStore(map), getUint8Array: () => new Uint8Array([9]) });
    await kv.set("a", new Uint8Array([0, 1, 2]));
    assert.deepEqual(map.get("a"), new Uint8Array([0, 1, 2]));
    assert.deepEqual(await kv.getUint8Array("a"), new Uint8Array([9]));
    assert.equal(await kv.get("a"), "AAEC");
  });

  test("without keys nothing is listed, but what it can do itself still works", async () => {
    const map = new Map([["a", "1"]]);
    const bare = KeyValueStore.make(without(slowStore(map), "keys"));
    for (const method of ["keys", "size", "isEmpty", "clear"]) {
      await assert.rejects(bare[method](), { name: "KeyValueStoreError", method, message: /can not list its keys/ });
    }
    await assert.rejects(bare.clearPrefix("a"), { name: "KeyValueStoreError", method: "clearPrefix" });
    assert.equal(map.size, 1);

    const own = { size: () => map.size, isEmpty: async () => map.size === 0, clear: () => map.clear() };
    const kv = KeyValueStore.make({ ...without(slowStore(map), "keys"), ...own });
    assert.equal(await kv.size(), 1);
    assert.equal(await kv.isEmpty(), false);
    for (const method of ["size", "isEmpty", "clear"]) {
      await assert.rejects(
        kv.prefix("a")[method](),
        { name: "KeyValueStoreError", method },
        "it speaks for the whole alone",
      );
    }
    const told = [];
    kv.watch("a", (change) => told.push(change));
    await kv.clear();
    assert.equal(map.size, 0);
    assert.deepEqual(told, [{ key: "a", value: undefined, origin: "local" }]);
    map.set("b", "2");
    await kv.clearPrefix("");
    assert.equal(map.size, 0, "which is the same as clear");
  });

  test("keys may be any iterable, and may come with a promise", async () => {
    for (const keys of [() => ["a", "b"], () => new Set(["a", "b"]), async () => new Map([["a"], ["b"]]).keys()]) {
      const kv = KeyValueStore.make({ ...mapStore(), keys });
      assert.deepEqual((await kv.keys()).sort(), ["a", "b"]);
      assert.equal(await kv.size(), 2);
    }
  });

  test("swap is given what is there and what comes, and decides", async () => {
    const map = new Map([["a", "1"]]);
    const swaps = [];
    const inner = swappingStore(map);
    const kv = KeyValueStore.make({
      ...inner,
      swap(...change) {
        swaps.push(change);
        return swaps.length > 2 && inner.swap(...change);
      },
    });
    assert.equal(await kv.modify("a", (text) => `${text}2`), "12");
    assert.deepEqual(swaps, Array(3).fill(["a", "1", "12"]));
  });

  test("a swap that is always refused ends in an error, and the value stays", async () => {
    const map = new Map([["a", "1"]]);
    const kv = KeyValueStore.make({ ...mapStore(map), swap: () => false });
    await assert.rejects(
      kv.modify("a", () => "2"),
      { name: "KeyValueStoreError", method: "modify", key: "a" },
    );
    assert.equal(map.get("a"), "1");
  });
});

describe("a store that lists in pages", () => {
  const paged = (pages) => {
    const asked = [];
    const list = (...args) => {
      asked.push(args);
      return pages[args[1] ?? ""];
    };
    return { asked, kv: KeyValueStore.make({ ...without(mapStore(), "keys"), list }) };
  };

  test("is asked until there is no next page, and for no other prefix than the view's", async () => {
    const { asked, kv } = paged({ "": { keys: ["v:b", "v:a"], next: "more" }, more: { keys: ["v:c", "v:a"] } });
    assert.deepEqual(await kv.prefix("v:").keys(), ["a", "b", "c"]);
    assert.deepEqual(
      asked.map(([prefix, cursor]) => [prefix, cursor]),
      [
        ["v:", undefined],
        ["v:", "more"],
      ],
    );
  });

  test("may list more than it was asked for", async () => {
    const { kv } = paged({ "": { keys: ["v", "v:a", "é", "", "other"] } });
    assert.deepEqual(await kv.prefix("v:").keys(), ["a"]);
  });

  test("that lists what is no key is refused", async () => {
    for (const page of [undefined, null, {}, { keys: "a" }, { keys: ["a", 5] }, { keys: [], next: 5 }]) {
      await assert.rejects(paged({ "": page }).kv.keys(), { name: "KeyValueStoreError", method: "keys" });
    }
  });

  test("many are removed in one request, and changes of others are heard where it tells of them", async () => {
    const map = new Map([["a", "1"]]);
    const removed = [];
    let others;
    const kv = KeyValueStore.make({
      ...mapStore(map),
      removeMany: (keys) => void removed.push(keys),
      watch: (tell) => {
        others = tell;
        return () => {
          others = undefined;
        };
      },
    });
    const heard = [];
    const stop = kv.watch(undefined, (change) => heard.push(change));
    others("b", new Uint8Array([0, 1, 2]));
    others(undefined, undefined);
    stop();
    assert.equal(others, undefined);
    assert.deepEqual(heard, [
      { key: "b", value: "AAEC", origin: "remote" },
      { key: undefined, value: undefined, origin: "remote" },
    ]);
    await kv.clear();
    assert.deepEqual(removed, [["a"]]);
  });
});

describe("an implementation that fails", () => {
  const cause = new Error("secret: the network is down");
  const calls = {
    get: [(kv) => kv.get("a"), "get"],
    getUint8Array: [(kv) => kv.getUint8Array("a"), "getUint8Array"],
    set: [(kv) => kv.set("a", "after"), "set"],
    remove: [(kv) => kv.remove("a"), "remove"],
    has: [(kv) => kv.has("a"), "has"],
    modify: [(kv) => kv.modify("a", () => "after"), "get", "set", "swap"],
    modifyUint8Array: [(kv) => kv.modifyUint8Array("a", async (bytes) => bytes), "get", "swap"],
    keys: [(kv) => kv.keys(), "keys"],
    size: [(kv) => kv.size(), "keys"],
    isEmpty: [(kv) => kv.isEmpty(), "keys"],
    clear: [(kv) => kv.clear(), "keys", "remove"],
    clearPrefix: [(kv) => kv.clearPrefix("a"), "keys", "remove"],
  };
  const throwing = {
    "throws at once": () => {
      throw cause;
    },
    rejects: () => Promise.reject(cause),
  };

  for (const [method, [call, ...inner]] of Object.entries(calls)) {
    for (const [how, fail] of Object.entries(throwing)) {
      test(`${method} of a store that ${how} rejects with the cause, and the value stays`, async () => {
        for (const name of inner) {
          const map = new Map([["a", "before"]]);
          const store = {
            ...(name === "swap" ? swappingStore(map) : slowStore(map)),
            has: (key) => map.has(key),
            [name]: fail,
          };
          await assert.rejects(call(KeyValueStore.make(store)), (error) => {
            assert.ok(error instanceof KeyValueStoreError, `${name}: ${error?.stack}`);
            assert.deepEqual([error.method, error.cause], [method, cause]);
            assert.equal(error.key, /keys|size|isEmpty|clear/.test(method) ? undefined : "a");
            assert.ok(!error.message.includes("secret"), error.message);
            return true;
          });
          assert.equal(map.get("a"), "before");
        }
      });
    }
  }

  test("the next call works", async () => {
    const map = new Map([["a", "before"]]);
    const store = slowStore(map);
    let down = true;
    const kv = KeyValueStore.make({
      ...store,
      set: (...entry) => (down ? Promise.reject(cause) : store.set(...entry)),
    });
    const failed = await Promise.allSettled([
      kv.set("a", "1"),
      kv.modify("a", () => "2"),
      kv.modify("a", async () => "3"),
    ]);
    assert.deepEqual(
      failed.map(({ status }) => status),
      Array(3).fill("rejected"),
    );
    down = false;
    assert.equal(await kv.modify("a", (text) => `${text}!`), "before!");
  });

  test("what is neither text nor bytes is refused when it is read", async () => {
    for (const wrong of [5, {}, true, new ArrayBuffer(1)]) {
      const kv = KeyValueStore.make({ ...mapStore(), get: () => wrong, getUint8Array: () => wrong });
      for (const method of ["get", "getUint8Array"]) {
        await assert.rejects(kv[method]("a"), { name: "KeyValueStoreError", method, key: "a" });
      }
      await assert.rejects(
        kv.modify("a", (text) => text),
        { name: "KeyValueStoreError", method: "modify" },
      );
    }
  });

  test("keys that are none are refused when they are listed", async () => {
    for (const wrong of [5, {}, null, undefined, [5], ["a", null]]) {
      const kv = KeyValueStore.make({ ...mapStore(), keys: () => wrong });
      await assert.rejects(kv.keys(), { name: "KeyValueStoreError", method: "keys" }, `${JSON.stringify(wrong)}`);
    }
    const kv = KeyValueStore.memory();
    await kv.set("a", "1");
    assert.deepEqual(await kv.keys(), ["a"], "and everything else goes on");
  });
});
