// What a Web Storage may do to its users: be full, be forbidden, go away.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KeyValueStore, KeyValueStoreError } from "durastate";
import { FakeStorage } from "../support/fake_storage.mjs";

const reading = {
  get: (kv) => kv.get("a"),
  getUint8Array: (kv) => kv.getUint8Array("a"),
  has: (kv) => kv.has("a"),
};
const writing = {
  set: (kv) => kv.set("a", "after"),
  remove: (kv) => kv.remove("a"),
  modify: (kv) => kv.modify("a", () => "after"),
  modifyUint8Array: (kv) => kv.modifyUint8Array("a", async () => new Uint8Array([1])),
};
const listing = {
  keys: (kv) => kv.keys(),
  size: (kv) => kv.size(),
  isEmpty: (kv) => kv.isEmpty(),
  clear: (kv) => kv.clear(),
  clearPrefix: (kv) => kv.clearPrefix("a"),
};
const all = { ...reading, ...writing, ...listing };

/** A storage that holds "before" under "a" and then throws `cause` in the methods with these names. */
function throwing(cause, ...methods) {
  const storage = new FakeStorage();
  storage.setItem("a", "before");
  storage.before = (method) => {
    if (methods.includes(method)) throw cause;
  };
  return { storage, kv: KeyValueStore.storage(storage) };
}

async function fails(promise, method, cause) {
  const key = method in listing ? undefined : "a";
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof KeyValueStoreError, `${method}: ${error?.stack ?? error}`);
    assert.equal(error.method, method);
    assert.equal(error.key, key);
    assert.equal(error.cause, cause, "the very error that the storage threw");
    if (cause instanceof Error) assert.ok(!error.message.includes("secret"), "its message may show what is stored");
    return true;
  });
}

describe("a storage that is full", () => {
  const full = new DOMException("secret: no room", "QuotaExceededError");
  for (const method of ["set", "modify", "modifyUint8Array"]) {
    test(`${method} fails, and what was there is still there`, async () => {
      const { kv, storage } = throwing(full, "setItem");
      await fails(writing[method](kv), method, full);
      assert.equal(await kv.get("a"), "before");
      assert.deepEqual([...storage.entries], [["a", "before"]]);
    });
  }

  test("it can be read, and works again when it has room", async () => {
    const { kv, storage } = throwing(full, "setItem");
    await assert.rejects(kv.set("b", "x"));
    assert.deepEqual(await kv.keys(), ["a"]);
    await kv.remove("a");
    storage.before = () => {};
    await kv.set("b", "x");
    assert.equal(await kv.get("b"), "x");
  });

  test("nobody is told of what was not stored", async () => {
    const { kv } = throwing(full, "setItem");
    const told = [];
    kv.watch(undefined, (change) => told.push(change));
    await assert.rejects(kv.set("a", "x"));
    await assert.rejects(kv.modify("a", () => "x"));
    assert.deepEqual(told, []);
  });
});

describe("a storage that is forbidden", () => {
  const forbidden = new DOMException("secret: denied", "SecurityError");
  const methods = ["getItem", "setItem", "removeItem", "key", "length", "clear"];
  for (const [method, call] of Object.entries(all)) {
    test(`${method} fails with the storage's error as the cause`, async () => {
      const { kv, storage } = throwing(forbidden, ...methods);
      await fails(call(kv), method, forbidden);
      storage.before = () => {};
      assert.equal(await kv.get("a"), "before");
    });
  }

  test("a storage that can be read but not written keeps what it has", async () => {
    const { kv } = throwing(forbidden, "setItem", "removeItem");
    for (const [method, call] of Object.entries({
      ...writing,
      clear: listing.clear,
      clearPrefix: listing.clearPrefix,
    })) {
      await fails(call(kv), method, forbidden);
      assert.equal(await kv.get("a"), "before");
    }
  });
});

describe("a storage that goes away", () => {
  test("calls fail from then on, and work again when it is back", async () => {
    const gone = new Error("secret: gone");
    const { kv, storage } = throwing(gone);
    assert.equal(await kv.get("a"), "before");
    storage.before = () => {
      throw gone;
    };
    for (const [method, call] of Object.entries(all)) await fails(call(kv), method, gone);
    storage.before = () => {};
    assert.equal(await kv.modify("a", (text) => `${text}!`), "before!");
  });

  test("what goes away while a modification thinks fails it", async () => {
    const gone = new Error("gone");
    const { kv, storage } = throwing(gone);
    const modified = kv.modify("a", async (text) => {
      storage.before = () => {
        throw gone;
      };
      return `${text}!`;
    });
    await fails(modified, "modify", gone);
    storage.before = () => {};
    assert.equal(await kv.get("a"), "before");
  });

  test("a storage may throw anything", async () => {
    for (const cause of ["text", 5, null, { odd: true }]) {
      const { kv, storage } = throwing(cause, "setItem");
      await fails(kv.set("a", "x"), "set", cause);
      assert.equal(storage.entries.get("a"), "before");
    }
  });
});

describe("what is in a Web Storage", () => {
  test("keys and text are stored as they are, bytes as base64", async () => {
    const storage = new FakeStorage();
    const kv = KeyValueStore.storage(storage);
    await kv.set("text", "é☃");
    await kv.set("bytes", new Uint8Array([0, 1, 2, 255]));
    await kv
      .prefix("app:")
      .json()
      .set("n", { a: [1] });
    assert.deepEqual(
      [...storage.entries],
      [
        ["text", "é☃"],
        ["bytes", "AAEC/w=="],
        ["app:n", '{"a":[1]}'],
      ],
    );
  });

  test("clear leaves durastate's own entries", async () => {
    const storage = new FakeStorage();
    storage.setItem("durastate:queue", "1");
    storage.setItem("a", "2");
    await KeyValueStore.storage(storage).clear();
    assert.deepEqual([...storage.entries.keys()], ["durastate:queue"]);
  });

  test("two stores on one storage know of each other", async () => {
    const storage = new FakeStorage();
    const [one, other] = [KeyValueStore.storage(storage), KeyValueStore.storage(storage)];
    const told = [];
    one.watch("n", ({ value }) => told.push(value));
    await other.set("n", "0");
    const increments = Array.from({ length: 200 }, (_, i) =>
      (i % 2 ? one : other).modify("n", async (n) => `${Number(n) + 1}`),
    );
    await Promise.all(increments);
    assert.equal(storage.getItem("n"), "200");
    assert.equal(told.length, 201);
  });

  test("what is no storage is refused at once", () => {
    for (const wrong of [undefined, null, 5, "text", {}, new Map(), { getItem: () => null }]) {
      assert.throws(() => KeyValueStore.storage(wrong), {
        name: "TypeError",
        message: /^storage must have .*, but is /,
      });
    }
  });
});
