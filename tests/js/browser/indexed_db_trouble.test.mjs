// What happens to IndexedDB in the wild: taken away, blocked, full, or forbidden.
import assert from "node:assert/strict";
import { after, before, describe, test as untimed } from "node:test";
import { startPages } from "../support/indexed_db_browser.mjs";

// What is not told would be waited for without end.
const test = (what, run) => untimed(what, { timeout: 60_000 }, run);

let pages;
let server;
let browser;
let context;
let opened;
let page;
before(async () => {
  pages = await startPages();
  ({ server, browser, context, opened } = pages);
  page = await pages.opened();
});
after(() => pages?.close());

describe("a connection that is taken away", () => {
  test("by the browser, with all data: the next call makes a new one", async () => {
    const page = await opened();
    const session = await context.newCDPSession(page);
    await page.evaluate(async () => {
      globalThis.kv = durastate.KeyValueStore.indexedDb({ name: "cleared by the browser" });
      await globalThis.kv.set("a", "1");
      const { transaction } = IDBDatabase.prototype;
      globalThis.closed = new Promise((closed) => {
        IDBDatabase.prototype.transaction = function (...args) {
          this.addEventListener("close", closed);
          IDBDatabase.prototype.transaction = transaction;
          return transaction.apply(this, args);
        };
      });
      await globalThis.kv.get("a");
    });
    await session.send("Storage.clearDataForOrigin", { origin: server.origin, storageTypes: "indexeddb" });
    await page.evaluate(async () => {
      await globalThis.closed;
    });
    const found = await page.evaluate(async () => {
      const gone = await globalThis.kv.get("a");
      await globalThis.kv.set("a", "2");
      return [gone ?? null, await globalThis.kv.modify("a", (text) => `${text}!`), await globalThis.kv.keys()];
    });
    assert.deepEqual(found, [null, "2!", ["a"]]);
    await page.close();
  });

  test("while many calls are under way: each ends, and what was reported as stored in the new one is there", async () => {
    const page = await opened();
    const session = await context.newCDPSession(page);
    await page.evaluate(() => {
      globalThis.kv = durastate.KeyValueStore.indexedDb({ name: "cleared in the middle" });
      globalThis.stop = false;
      globalThis.running = (async () => {
        const rejected = [];
        let rounds = 0;
        while (!globalThis.stop) {
          const calls = Array.from({ length: 10 }, (_, i) => globalThis.kv.set(`key ${i}`, `round ${rounds}`));
          for (const { reason } of await Promise.allSettled(calls)) if (reason) rejected.push(reason._tag);
          rounds += 1;
          globalThis.rounds = rounds;
        }
        return rejected;
      })();
    });
    for (const round of [3, 6, 9]) {
      await page.waitForFunction((round) => globalThis.rounds >= round, round);
      await session.send("Storage.clearDataForOrigin", { origin: server.origin, storageTypes: "indexeddb" });
    }
    const found = await page.evaluate(async () => {
      const { rounds } = globalThis;
      while (globalThis.rounds < rounds + 3) await new Promise((resolve) => setTimeout(resolve));
      globalThis.stop = true;
      const rejected = await globalThis.running;
      const expected = `round ${globalThis.rounds - 1}`;
      const values = await Promise.all(Array.from({ length: 10 }, (_, i) => globalThis.kv.get(`key ${i}`)));
      return { rejected, whole: values.every((value) => value === expected) };
    });
    assert.ok(found.rejected.every((tag) => tag === "KeyValueStoreError"));
    assert.equal(found.whole, true);
    await page.close();
  });

  test("without a word (InvalidStateError): the call itself opens a new one", async () => {
    const found = await page.evaluate(async () => {
      const kv = durastate.KeyValueStore.indexedDb({ name: "closed silently" });
      await kv.set("a", "1");
      const { transaction } = IDBDatabase.prototype;
      const results = [];
      let connections = 0;
      const calls = [
        () => kv.get("a"),
        () => kv.set("a", "2"),
        () => kv.modify("a", (text) => `${text}!`),
        () => kv.keys(),
      ];
      for (const call of calls) {
        let closed = false;
        IDBDatabase.prototype.transaction = function (...args) {
          if (!closed) {
            this.close();
            closed = true;
            connections += 1;
          }
          return transaction.apply(this, args);
        };
        results.push(await globalThis.others.outcome(call));
      }
      IDBDatabase.prototype.transaction = transaction;
      return { results, connections };
    });
    assert.deepEqual(found, {
      results: [{ result: "1" }, { result: undefined }, { result: "2!" }, { result: ["a"] }],
      connections: 4,
    });
  });

  test("again and again: in the end the call fails, with the browser's error", async () => {
    const found = await page.evaluate(async () => {
      const kv = durastate.KeyValueStore.indexedDb({ name: "closed always" });
      await kv.set("a", "1");
      const { transaction } = IDBDatabase.prototype;
      let times = 0;
      IDBDatabase.prototype.transaction = function (...args) {
        times += 1;
        this.close();
        return transaction.apply(this, args);
      };
      const error = await globalThis.others.outcome(() => kv.set("a", "2"));
      IDBDatabase.prototype.transaction = transaction;
      return [error.cause, times > 1 && times < 10, await kv.get("a")];
    });
    assert.deepEqual(found, ["InvalidStateError", true, "1"]);
  });

  test("by one who deletes the database: it gives way, and makes a new one", async () => {
    const found = await page.evaluate(async () => {
      const kv = durastate.KeyValueStore.indexedDb({ name: "deleted" });
      await kv.set("a", "1");
      await globalThis.others.drop("deleted");
      const gone = await kv.get("a");
      await kv.set("a", "2");
      return [gone ?? null, await kv.get("a"), (await globalThis.others.layout("deleted")).version];
    });
    assert.deepEqual(found, [null, "2", 1]);
  });

  test("by one who upgrades it: it gives way, and uses the new version", async () => {
    const found = await page.evaluate(async () => {
      const kv = durastate.KeyValueStore.indexedDb({ name: "upgraded" });
      await kv.set("a", "1");
      const upgraded = await globalThis.others.connect("upgraded", 7, (made) => made.createObjectStore("theirs"));
      const kept = await kv.modify("a", (text) => `${text}!`);
      upgraded.close();
      const { version, stores } = await globalThis.others.layout("upgraded");
      return [kept, version, Object.keys(stores)];
    });
    assert.deepEqual(found, ["1!", 7, ["entries", "theirs"]]);
  });
});

describe("an upgrade that is blocked", () => {
  test("waits for the one who blocks it", async () => {
    const found = await page.evaluate(async () => {
      const blocking = await globalThis.others.connect("waited for", 1, (made) => made.createObjectStore("theirs"));
      const kv = durastate.KeyValueStore.indexedDb({ name: "waited for" });
      const asked = new Promise((asked) => (blocking.onversionchange = asked));
      const stored = kv.set("a", "1");
      await asked;
      blocking.close();
      await stored;
      return [await kv.get("a"), (await globalThis.others.layout("waited for")).version];
    });
    assert.deepEqual(found, ["1", 2]);
  });

  test("is told after a while, and goes on when nobody blocks it any more", async () => {
    const found = await page.evaluate(async () => {
      const { indexedDbStore } = await import("/indexed_db.js");
      const blocking = await globalThis.others.connect("blocked", 1, (made) => made.createObjectStore("theirs"));
      const kv = durastate.KeyValueStore.make(indexedDbStore({ name: "blocked" }, 1000));
      const told = [];
      for (const call of [() => kv.set("a", "1"), () => kv.get("a")]) told.push(await globalThis.others.outcome(call));
      blocking.close();
      await kv.set("a", "2");
      return [told, await kv.get("a"), (await globalThis.others.layout("blocked")).version];
    });
    const reason = 'the database "blocked" did not open in 1000 ms: another tab keeps an older version of it open';
    const error = { _tag: "KeyValueStoreError", key: "a", cause: "Refused", reason };
    assert.deepEqual(found, [
      [
        { ...error, method: "set" },
        { ...error, method: "get" },
      ],
      "2",
      2,
    ]);
  });

  test("of somebody else holds up the store no longer than that", async () => {
    const found = await page.evaluate(async () => {
      const { indexedDbStore } = await import("/indexed_db.js");
      const blocking = await globalThis.others.connect("held up", 1, (made) =>
        made.createObjectStore("entries", { keyPath: "key" }),
      );
      const upgrading = globalThis.others.connect("held up", 2);
      const kv = durastate.KeyValueStore.make(indexedDbStore({ name: "held up" }, 1000));
      const told = await globalThis.others.outcome(() => kv.get("a"));
      blocking.close();
      (await upgrading).close();
      await kv.set("a", "1");
      return [told.reason, await kv.get("a")];
    });
    assert.deepEqual(found, ['the database "held up" did not open in 1000 ms', "1"]);
  });
});

describe("a transaction that is aborted", () => {
  for (const [what, when] of [
    ["at once", "now"],
    ["after it has written", "written"],
  ]) {
    test(`${what}: nothing is reported as stored, and the old value stays`, async () => {
      const found = await page.evaluate(async (when) => {
        const kv = durastate.KeyValueStore.indexedDb({ name: `aborted ${when}` });
        await kv.set("a", "before");
        const own = { put: IDBObjectStore.prototype.put, delete: IDBObjectStore.prototype.delete };
        let times = 0;
        for (const method of ["put", "delete"]) {
          IDBObjectStore.prototype[method] = function (...args) {
            const request = own[method].apply(this, args);
            times += 1;
            if (when === "now") this.transaction.abort();
            else request.addEventListener("success", () => this.transaction.abort());
            return request;
          };
        }
        const told = {};
        const calls = {
          set: () => kv.set("a", "after"),
          modify: () => kv.modify("a", () => "after"),
          remove: () => kv.remove("a"),
        };
        for (const [method, call] of Object.entries(calls)) {
          times = 0;
          told[method] = { ...(await globalThis.others.outcome(call)), times };
        }
        Object.assign(IDBObjectStore.prototype, own);
        const kept = await kv.get("a");
        await kv.set("a", "after");
        return { told, kept, later: await kv.get("a") };
      }, when);
      for (const [method, error] of Object.entries(found.told)) {
        assert.deepEqual([error._tag, error.method, error.cause], ["KeyValueStoreError", method, "AbortError"]);
        // What may have been written must not be written a second time.
        if (when === "written") assert.equal(error.times, 1, method);
      }
      assert.deepEqual([found.kept, found.later], ["before", "after"]);
    });
  }
});

test("a full disk is told, what was there stays, and it works again when there is room", async () => {
  // The browser looks at the room of an origin seldom, so that of a fresh one is made small before it does.
  const fresh = await browser.newContext();
  const page = await opened("/page", fresh);
  const session = await fresh.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize: 500_000 });
  const found = await page.evaluate(async () => {
    const kv = globalThis.durastate.KeyValueStore.indexedDb({ name: "full" });
    await kv.set("a", "before");
    const large = "x".repeat(5_000_000);
    const told = [];
    for (const call of [
      () => kv.set("a", large),
      () => kv.set("b", large),
      () => kv.modify("a", () => large),
      () => kv.set("a", new Uint8Array(5_000_000)),
    ]) {
      told.push(await globalThis.others.outcome(call));
    }
    const kept = [await kv.get("a"), await kv.keys()];
    await kv.set("a", "small");
    return [told.map(({ _tag, cause }) => [_tag, cause]), kept, await kv.get("a")];
  });
  const refused = ["KeyValueStoreError", "QuotaExceededError"];
  assert.deepEqual(found, [[refused, refused, refused, refused], ["before", ["a"]], "small"]);
  await fresh.close();
});

describe("where there is no IndexedDB", () => {
  const everything = async () => {
    const kv = durastate.KeyValueStore.indexedDb({ name: "nowhere" });
    const calls = {
      get: () => kv.get("a"),
      getUint8Array: () => kv.getUint8Array("a"),
      set: () => kv.set("a", "x"),
      remove: () => kv.remove("a"),
      has: () => kv.has("a"),
      modify: () => kv.modify("a", () => "x"),
      modifyUint8Array: () => kv.modifyUint8Array("a", (x) => x),
      keys: () => kv.keys(),
      size: () => kv.size(),
      isEmpty: () => kv.isEmpty(),
      clear: () => kv.clear(),
      clearPrefix: () => kv.clearPrefix("a"),
    };
    const told = {};
    for (const [method, call] of Object.entries(calls)) {
      const { _tag, method: named, cause, reason } = await globalThis.others.outcome(call);
      told[method] = { _tag, named, cause, reason };
    }
    return told;
  };

  test("every call says so, and opening does not", async () => {
    const page = await opened();
    await page.evaluate(() => Object.defineProperty(globalThis, "indexedDB", { value: undefined }));
    const told = await page.evaluate(everything);
    assert.equal(Object.keys(told).length, 12);
    for (const [method, error] of Object.entries(told)) {
      const reason = "there is no indexedDB here";
      assert.deepEqual(error, { _tag: "KeyValueStoreError", named: method, cause: "Refused", reason });
    }
    await page.close();
  });

  test("because it is forbidden: every call fails with the browser's error as the cause", async () => {
    const page = await opened("/forbidden");
    const told = await page.evaluate(everything);
    assert.equal(Object.keys(told).length, 12);
    for (const [method, { _tag, named, cause }] of Object.entries(told)) {
      assert.deepEqual([_tag, named, cause], ["KeyValueStoreError", method, "SecurityError"]);
    }
    await page.close();
  });
});
