// How results lie in a key-value store: as Effect 4.1 puts them there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Exit, KeyValueStore, Persistable, PersistedCache, Persistence } from "durastate";
import { asIs } from "../contract/persistence/requests.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";

const Any = Persistable.make("Any", { primaryKey: ({ id }) => id, success: asIs });
const NOW = 1_795_232_314_141;

/** A store whose entries can be seen, at a time that stands still. */
async function opened(t, onError) {
  t.mock.method(Date, "now", () => NOW);
  const storage = new FakeStorage();
  const persistence = Persistence.kvs(KeyValueStore.storage(storage));
  const timeToLive = (_, { ttl = Number.POSITIVE_INFINITY }) => ttl;
  return { storage, store: await persistence.make({ storeId: "my:st%ore*", timeToLive, onError }) };
}

test("an entry is a list of the exit and when it expires, under the namespace of its store", async (t) => {
  const { storage, store } = await opened(t);
  for (const [ttl, expires] of [
    [Number.POSITIVE_INFINITY, "null"],
    [1000, `${NOW + 1000}`],
    [0.5, `${NOW}.5`],
    ["1 week", `${NOW + 604_800_000}`],
  ]) {
    await store.set(Any({ id: "u/1", ttl }), Exit.succeed({ n: 1 }));
    assert.deepEqual([...storage.entries], [["my%3Ast%25ore*:u/1", `[{"_tag":"Success","value":{"n":1}},${expires}]`]]);
  }
});

test("what has expired is removed when it is read", async (t) => {
  const { storage, store } = await opened(t);
  storage.setItem("my%3Ast%25ore*:a", `[{"_tag":"Success","value":1},${NOW}]`);
  storage.setItem("my%3Ast%25ore*:b", `[{"_tag":"Success","value":2},${NOW}.5]`);
  assert.deepEqual(await store.getMany([Any({ id: "a" }), Any({ id: "b" })]), [undefined, Exit.succeed(2)]);
  assert.deepEqual([...storage.entries.keys()], ["my%3Ast%25ore*:b"]);
});

test("what is no such list is missing, and reported with its key", async (t) => {
  const reported = [];
  const { storage, store } = await opened(t, ({ key }) => reported.push(key));
  const others = ['{"a":1}', "text", "", "[]", "[1]", '[{"_tag":"Success","value":1},"soon"]', "[,null]"];
  for (const [at, text] of others.entries()) {
    storage.setItem(`my%3Ast%25ore*:${at}`, text);
    assert.equal(await store.get(Any({ id: `${at}` })), undefined, text);
    assert.deepEqual(reported.splice(0), [`${at}`], text);
    assert.equal(storage.getItem(`my%3Ast%25ore*:${at}`), text, "it stays");
  }
});

test("what a cache keeps beside its results is no part of the view that it is in", async () => {
  const storage = new FakeStorage();
  const kv = KeyValueStore.storage(storage);
  const view = kv.prefix("app:");
  await kv.set("other", "x");
  const cache = await PersistedCache.make({
    persistence: Persistence.kvs(view),
    storeId: "users",
    timeToLive: "1 hour",
    tags: () => ["people"],
    lookup: ({ id }) => id,
  });
  await cache.get(Any({ id: "a" }));
  await cache.invalidateTag("people");
  await cache.close();
  assert.deepEqual((await kv.keys()).sort(), ["app:users:a", "other"]);
  assert.deepEqual(await view.keys(), ["users:a"]);
  await view.clear();
  assert.deepEqual(await kv.keys(), ["other"]);
  assert.deepEqual(
    [...storage.entries.keys()].filter((key) => key !== "other").sort(),
    ["claim:app:users:a", "tag:app:users:people"].map((key) => `durastate:state:durastate:${key}`),
  );
});

test("those who watch a key-value store hear of the results that are kept in it", async () => {
  const kv = KeyValueStore.memory();
  const changes = [];
  const end = kv.watch(undefined, (change) => changes.push(change));
  const store = await Persistence.kvs(kv).make({ storeId: "users" });
  await store.set(Any({ id: "a" }), Exit.succeed(1));
  await store.remove(Any({ id: "a" }));
  end();
  assert.deepEqual(changes, [
    { key: "users:a", value: '[{"_tag":"Success","value":1},null]', origin: "local" },
    { key: "users:a", value: undefined, origin: "local" },
  ]);
});
