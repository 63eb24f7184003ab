// How values lie in IndexedDB, and what durastate makes of what others have put there.
import assert from "node:assert/strict";
import { after, before, describe, test as untimed } from "node:test";
import { load } from "../support/browser.mjs";
import { startPages } from "../support/indexed_db_browser.mjs";

// What is not told would be waited for without end.
const test = (what, run) => untimed(what, { timeout: 60_000 }, run);

let pages;
let opened;
let page;
before(async () => {
  pages = await startPages();
  ({ opened } = pages);
  page = await pages.opened();
});
after(() => pages?.close());

describe("the layout", () => {
  test("is Effect's", async () => {
    const found = await page.evaluate(async () => {
      const kv = durastate.KeyValueStore.indexedDb();
      await kv.set("text", "é\ud83d");
      await kv.set("bytes", new Uint8Array([9, 1, 2, 9]).subarray(1, 3));
      const { version, stores } = await globalThis.others.layout("effect_key_value_store");
      const [bytes] = stores.entries.records.splice(0, 1);
      return { version, stores, bytes: [bytes.key, [...bytes.value], bytes.value.buffer.byteLength] };
    });
    assert.deepEqual(found, {
      version: 1,
      stores: { entries: { keyPath: "key", records: [{ key: "text", value: "é\ud83d" }] } },
      bytes: ["bytes", [1, 2], 2],
    });
  });

  test("that a page has made by hand is read and written", async () => {
    const found = await page.evaluate(async () => {
      await globalThis.others.put("by hand", [
        { key: "text", value: "by hand" },
        { key: "bytes", value: new Uint8Array([255, 0]) },
      ]);
      const kv = durastate.KeyValueStore.indexedDb({ name: "by hand" });
      const read = [await kv.get("text"), await kv.get("bytes"), [...(await kv.getUint8Array("bytes"))]];
      await kv.modify("text", (text) => `${text}!`);
      await kv.remove("bytes");
      return [read, await globalThis.others.layout("by hand")];
    });
    assert.deepEqual(found, [
      ["by hand", "/wA=", [255, 0]],
      { version: 1, stores: { entries: { keyPath: "key", records: [{ key: "text", value: "by hand!" }] } } },
    ]);
  });

  test("has the names that were asked for, and no others are taken", async () => {
    const found = await page.evaluate(async () => {
      await durastate.KeyValueStore.indexedDb({ name: "named", store: "things" }).set("a", "1");
      const refused = [];
      for (const options of [{ name: 5 }, { store: null }, { name: {} }]) {
        try {
          durastate.KeyValueStore.indexedDb(options);
        } catch (thrown) {
          refused.push(`${thrown.name}: ${thrown.message}`);
        }
      }
      return [await globalThis.others.layout("named"), refused];
    });
    assert.deepEqual(found[0], {
      version: 1,
      stores: { things: { keyPath: "key", records: [{ key: "a", value: "1" }] } },
    });
    assert.equal(found[1].length, 3);
    for (const message of found[1]) {
      assert.match(message, /^TypeError: (name|store) of KeyValueStore\.indexedDb must be a string/);
    }
  });

  test("survives a reload", async () => {
    const page = await opened();
    await page.evaluate(() => durastate.KeyValueStore.indexedDb({ name: "reloaded" }).set("a", "kept"));
    await page.reload();
    await load(page);
    assert.equal(await page.evaluate(() => durastate.KeyValueStore.indexedDb({ name: "reloaded" }).get("a")), "kept");
    await page.close();
  });

  test("pages of a listing hold each key once, whatever the prefix", async () => {
    const found = await page.evaluate(async () => {
      const { indexedDbStore } = await import("/indexed_db.js");
      const store = indexedDbStore({ name: "listed" });
      const keys = [
        "a",
        "a\uffff",
        "a\uffff\uffff",
        "a\uffffb",
        "b",
        "\uffff",
        "\uffff\uffff",
        "\uffffa",
        "durastate:x",
      ];
      for (const key of keys) await store.set(key, "1");
      const wrong = [];
      for (const prefix of ["", "a", "a\uffff", "a\uffff\uffff", "b", "\uffff", "\uffff\uffff", "none"]) {
        for (const limit of [1, 2, 3, 100]) {
          const listed = [];
          let cursor;
          do {
            const page = await store.list(prefix, cursor, limit);
            if (page.keys.length > limit) wrong.push([prefix, limit, "too many"]);
            listed.push(...page.keys);
            cursor = page.next;
          } while (cursor !== undefined);
          const expected = keys.filter((key) => key.startsWith(prefix)).sort();
          if (JSON.stringify(listed) !== JSON.stringify(expected)) wrong.push([prefix, limit, listed]);
        }
      }
      return wrong;
    });
    assert.deepEqual(found, []);
  });
});

describe("records of others", () => {
  test("whose keys are no texts are passed over", async () => {
    const found = await page.evaluate(async () => {
      const keys = [5, new Date(0), new Uint8Array([1]), ["a"], "", "own", Number.NEGATIVE_INFINITY];
      await globalThis.others.put(
        "foreign keys",
        keys.map((key) => ({ key, value: "foreign" })),
      );
      const kv = durastate.KeyValueStore.indexedDb({ name: "foreign keys" });
      const listed = [await kv.keys(), await kv.size(), await kv.isEmpty()];
      await kv.clear();
      return [
        listed,
        await kv.isEmpty(),
        (await globalThis.others.layout("foreign keys")).stores.entries.records.length,
      ];
    });
    assert.deepEqual(found, [[["own"], 1, false], true, 6]);
  });

  test("whose values are neither text nor bytes are told, and stay until somebody overwrites them", async () => {
    const found = await page.evaluate(async () => {
      const values = [5, null, undefined, new Date(0), { a: 1 }, [1], new ArrayBuffer(1), new Blob(["x"])];
      const records = values.map((value, i) => ({ key: `key ${i}`, value }));
      await globalThis.others.put("foreign values", [...records, { key: "key 8" }, { key: "own", value: "fine" }]);
      const kv = durastate.KeyValueStore.indexedDb({ name: "foreign values" });
      const told = [];
      for (let i = 0; i < 9; i++) {
        const key = `key ${i}`;
        told.push(await globalThis.others.outcome(() => kv.get(key)));
        told.push(await globalThis.others.outcome(() => kv.getUint8Array(key)));
        told.push(await globalThis.others.outcome(() => kv.modify(key, () => "never")));
      }
      const size = await kv.size();
      await kv.set("key 0", "mine");
      return [told, size, await kv.get("key 0"), await kv.get("own")];
    });
    assert.equal(found[0].length, 27);
    for (const [at, error] of found[0].entries()) {
      assert.deepEqual(error, {
        _tag: "KeyValueStoreError",
        method: ["get", "getUint8Array", "modify"][at % 3],
        key: `key ${Math.floor(at / 3)}`,
        cause: "Refused",
        reason: "what is stored there is neither text nor bytes",
      });
    }
    assert.deepEqual(found.slice(1), [10, "mine", "fine"]);
  });

  test("of another shape are left alone", async () => {
    const found = await page.evaluate(async () => {
      const made = await globalThis.others.connect("another shape", 1, (made) => made.createObjectStore("entries"));
      made.close();
      const kv = durastate.KeyValueStore.indexedDb({ name: "another shape" });
      return [
        await globalThis.others.outcome(() => kv.set("a", "1")),
        await globalThis.others.outcome(() => kv.keys()),
      ];
    });
    const reason = 'the object store "entries" of the database "another shape" holds records of another shape';
    for (const error of found) {
      assert.deepEqual([error._tag, error.cause, error.reason], ["KeyValueStoreError", "Refused", reason]);
    }
  });
});
