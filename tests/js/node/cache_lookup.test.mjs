// How a cache finds out what is not in memory: how often it asks, what it stores, and what happens when that fails.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Codec, Exit, Persistable, PersistedCache, PersistenceError, SchemaError } from "durastate";
import { cacheOf, GetUser, later, NotFound, turns, userText, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

const off = { inMemoryTTL: 0 };

for (const immediate of [false, true]) {
  const store = immediate ? "a store that answers at once" : "a store that has to be waited for";

  test(`many gets of one key run one lookup, with ${store}`, async () => {
    const { get, lookups, process } = await cacheOf({ process: new World().process({ immediate }) });
    const users = await Promise.all(Array.from({ length: 100 }, () => get(1)));
    assert.ok(users.every((user) => user === users[0]));
    assert.deepEqual(lookups, [1]);
    assert.deepEqual(process.asked, ["read user:1", "write user:1"]);
  });

  test(`getMany reads the store once, in the order of its keys, with ${store}`, async () => {
    const { cache, lookups, process } = await cacheOf({ process: new World().process({ immediate }) });
    await cache.set(GetUser({ id: 2 }), { id: 2, version: 9 });
    mock.timers.tick(10_000);
    const keys = [3, 2, 1, 3].map((id) => GetUser({ id }));
    assert.deepEqual(
      (await cache.getMany(keys)).map(({ id }) => id),
      [3, 2, 1, 3],
    );
    assert.deepEqual(process.of("read"), ["read user:3 user:2 user:1"]);
    assert.deepEqual(lookups.sort(), [1, 3]);
    assert.deepEqual(await cache.getMany([]), []);
  });
}

test("gets of one turn of the event loop are one read, and those of the next another", async () => {
  const { get, process } = await cacheOf();
  await Promise.all([get(1), get(2), get(3)]);
  await get(4);
  assert.deepEqual(process.of("read"), ["read user:1 user:2 user:3", "read user:4"]);
});

test("getMany rejects as one of its gets does", async () => {
  const { cache } = await cacheOf({
    lookup: ({ id }) => (id === 2 ? Promise.reject(new NotFound(2)) : { id, version: 1 }),
  });
  await assert.rejects(cache.getMany([1, 2, 3].map((id) => GetUser({ id }))), NotFound);
});

test("a get while a lookup is under way waits for it, and one after it is over does not", async () => {
  const going = later();
  const { get, lookups } = await cacheOf({ lookup: () => going });
  const first = get(1);
  await turns();
  const second = get(1);
  await turns();
  assert.deepEqual(lookups, [1]);
  going.resolve({ id: 1, version: 5 });
  assert.equal(await first, await second);
});

test("the stored text is that of an exit and nothing else", async () => {
  const { get, world } = await cacheOf();
  await get(1);
  assert.equal(world.entries.get("user:1").text, '{"_tag":"Success","value":{"id":1,"version":1}}');
  assert.equal(world.entries.get("user:1").ttl, 60_000);
});

test("an error that the schema knows is stored, and thrown again as what it was", async () => {
  const { get, world, lookups, cache } = await cacheOf({
    ...off,
    lookup: ({ id }) => Promise.reject(new NotFound(id)),
  });
  await assert.rejects(get(1), NotFound);
  assert.deepEqual(world.stored("user:1"), { _tag: "Failure", cause: [{ _tag: "Fail", error: { id: 1 } }] });
  await assert.rejects(get(1), (thrown) => thrown instanceof NotFound && thrown.id === 1);
  assert.deepEqual(lookups, [1]);
  assert.equal(cache.stats().failures, 0);
});

test("a defect is thrown to all who wait, and not kept", async () => {
  const bug = new TypeError("oops");
  const { get, world, lookups, cache } = await cacheOf({
    lookup() {
      throw bug;
    },
  });
  const gets = [get(1), get(1)];
  for (const waiting of gets) await assert.rejects(waiting, (thrown) => thrown === bug);
  assert.deepEqual(lookups, [1]);
  assert.equal(world.stored("user:1"), undefined);
  await assert.rejects(get(1), TypeError);
  assert.deepEqual(lookups, [1, 1]);
  assert.equal(cache.stats().failures, 2);
});

test("a defect is kept if a timeToLive that is given the exit says so, and is an Error again", async () => {
  const thrown = [new TypeError("oops"), "text", { code: 5 }];
  for (const defect of thrown) {
    const { get, lookups } = await cacheOf({
      ...off,
      lookup: () => Promise.reject(defect),
      timeToLive: (exit) => (Exit.isFailure(exit) && exit.cause[0]._tag === "Die" ? "1 second" : "1 hour"),
    });
    await assert.rejects(get(1), (thrown) => thrown === defect);
    await assert.rejects(get(1), (thrown) => thrown instanceof Error && thrown.message !== "");
    assert.deepEqual(lookups, [1]);
    mock.timers.tick(1_000);
    await assert.rejects(get(1));
    assert.deepEqual(lookups, [1, 1]);
  }
});

test("a timeToLive without parameters is not asked about defects", async () => {
  let asked = 0;
  const timeToLive = () => {
    asked += 1;
    return "1 hour";
  };
  const { get } = await cacheOf({
    ...off,
    timeToLive,
    lookup: ({ id }) => Promise.reject(id ? new NotFound(id) : new Error()),
  });
  await assert.rejects(get(0));
  assert.equal(asked, 0);
  await assert.rejects(get(1));
  assert.equal(asked, 1);
});

test("what others have stored is thrown: an interruption, several reasons, none at all", async () => {
  const { get, world } = await cacheOf({ lookup: () => assert.fail("there is something") });
  const failure = (...cause) => JSON.stringify({ _tag: "Failure", cause });
  const die = { _tag: "Die", defect: { name: "RangeError", message: "far" } };
  const interrupt = { _tag: "Interrupt", fiberId: 3 };
  world.plant("user:1", failure(interrupt));
  world.plant("user:2", failure(interrupt, die));
  world.plant("user:3", failure(interrupt, die, { _tag: "Fail", error: { id: 3 } }));
  world.plant("user:4", failure());
  await assert.rejects(get(1), { name: "AbortError" });
  await assert.rejects(get(2), { name: "RangeError", message: "far" });
  await assert.rejects(get(3), NotFound);
  await assert.rejects(get(4), Error);
});

test("a timeToLive is told the exit and the key; zero or less stores nothing", async () => {
  const told = [];
  const timeToLive = (exit, key) => {
    told.push([exit, key.id]);
    return key.id === 1 ? -1 : Number.POSITIVE_INFINITY;
  };
  const { get, world, process } = await cacheOf({ ...off, timeToLive });
  await get(1);
  await get(2);
  assert.deepEqual(told, [
    [{ _tag: "Success", value: { id: 1, version: 1 } }, 1],
    [{ _tag: "Success", value: { id: 2, version: 2 } }, 2],
  ]);
  assert.deepEqual(process.of("write"), ["write user:2"]);
  assert.equal(world.entries.get("user:2").ttl, Number.POSITIVE_INFINITY);
});

test("a timeToLive that throws or gives no duration is reported, and the value is returned", async () => {
  for (const timeToLive of [() => assert.fail("no"), () => "5 parsecs"]) {
    const { get, reported, process } = await cacheOf({ timeToLive });
    assert.deepEqual(await get(1), { id: 1, version: 1 });
    assert.deepEqual(process.of("write"), []);
    assert.equal(reported.length, 1);
    assert.ok(reported[0] instanceof PersistenceError);
  }
});

test("a store that can not be read is reported, and the lookup runs anyway", async () => {
  const { get, process, reported, lookups } = await cacheOf();
  process.fails.read = new Error("secret");
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.deepEqual(lookups, [1]);
  assert.equal(reported.length, 1);
  assert.ok(reported[0] instanceof PersistenceError);
  assert.match(reported[0].message, /PersistedCache\.get of key "user:1" in the store "users" failed/);
  assert.doesNotMatch(reported[0].message, /secret/);
  assert.equal(reported[0].cause, process.fails.read);
});

test("one read of many keys that fails is reported once", async () => {
  const { cache, process, reported } = await cacheOf();
  process.fails.read = new Error("down");
  const users = await cache.getMany([1, 2, 3].map((id) => GetUser({ id })));
  assert.equal(users.length, 3);
  assert.equal(reported.length, 1);
});

test("a store that can not be written is reported, and the value is returned and kept in memory", async () => {
  const { get, process, reported, lookups } = await cacheOf();
  process.fails.write = new Error("full");
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.deepEqual(lookups, [1]);
  assert.equal(reported.length, 1);
  assert.match(reported[0].message, /user:1.*users/);
});

test("a store that fails at once, before there is a promise, is no different", async () => {
  const { get, process, reported } = await cacheOf({ process: new World().process({ immediate: true }) });
  process.fails.read = process.fails.write = new Error("down");
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.equal(reported.length, 2);
});

test("an onError that throws changes nothing", async () => {
  const warned = mock.method(console, "warn", () => {});
  const { get, process } = await cacheOf({
    onError() {
      throw new Error("what now");
    },
  });
  process.fails.read = new Error("down");
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.equal(warned.mock.callCount(), 1);
  warned.mock.restore();
});

for (const [what, text] of [
  ["no JSON", '{"_tag":'],
  ["JSON that is no exit", '{"n":1}'],
  ["a value that the schema refuses", userText(1, "many")],
]) {
  test(`${what} is a miss, reported once for its key, and overwritten`, async () => {
    const { get, world, reported, lookups, process } = await cacheOf({
      ...off,
      timeToLive: (_, { id }) => (id ? 60_000 : 0),
    });
    world.plant("user:0", text);
    await get(0);
    await get(0);
    assert.equal(reported.length, 1);
    assert.match(reported[0].message, /PersistedCache\.get of key "user:0" in the store "users" failed/);
    assert.deepEqual(lookups, [0, 0]);
    world.plant("user:1", text);
    await get(1);
    assert.equal(reported.length, 2);
    assert.deepEqual(process.of("write"), ["write user:1"]);
    assert.deepEqual(world.stored("user:1").value, { id: 1, version: 3 });
  });
}

test("a value that does not fit the schema is an error that names store and key; what was there stays", async () => {
  const { get, cache, world, process } = await cacheOf({ lookup: ({ id }) => ({ id, version: "many" }) });
  world.plant("user:1", userText(1, 7));
  const names = (operation) => (error) =>
    error instanceof SchemaError &&
    error.message.startsWith(`PersistedCache.${operation} of key "user:1" in the store "users"`);
  await assert.rejects(cache.refresh(GetUser({ id: 1 })), names("refresh"));
  await assert.rejects(cache.set(GetUser({ id: 1 }), { id: 1 }), names("set"));
  assert.deepEqual(world.stored("user:1").value, { id: 1, version: 7 });
  await assert.rejects(get(2), SchemaError);
  assert.deepEqual(process.of("write"), []);
});

test("schemas may take their time", async () => {
  const slow = { decode: async (stored) => stored.v, encode: async (v) => ({ v }) };
  const Get = Persistable.make("Get", { primaryKey: () => "k", success: slow });
  const world = new World();
  const make = () =>
    PersistedCache.make({
      persistence: world.process().persistence,
      storeId: "s",
      timeToLive: 1000,
      lookup: () => 5,
    });
  assert.equal(await (await make()).get(Get()), 5);
  assert.deepEqual(world.stored("k"), { _tag: "Success", value: { v: 5 } });
  assert.equal(await (await make()).get(Get()), 5);
});

test("what a schema that takes its time refuses is a miss, too", async () => {
  const refusing = {
    async decode() {
      throw new Error("no");
    },
    encode: (value) => value,
  };
  const Get = Persistable.make("Get", { primaryKey: () => "k", success: refusing });
  const world = new World();
  world.plant("k", '{"_tag":"Success","value":1}');
  const reported = [];
  const cache = await PersistedCache.make({
    persistence: world.process().persistence,
    storeId: "s",
    timeToLive: 1000,
    lookup: () => 5,
    onError: (error) => reported.push(error),
  });
  assert.equal(await cache.get(Get()), 5);
  assert.ok(reported[0] instanceof SchemaError);
});

test("requests of several classes can share a cache, and a primary key is a key whichever class it is of", async () => {
  const schemas = { success: Codec.string };
  const One = Persistable.make("One", { primaryKey: ({ k }) => k, ...schemas });
  const Two = Persistable.make("Two", { primaryKey: ({ k }) => k, ...schemas });
  const cache = await PersistedCache.make({
    persistence: new World().process().persistence,
    storeId: "s",
    timeToLive: 1000,
    lookup: ({ _tag, k }) => `${_tag} ${k}`,
  });
  assert.deepEqual(await cache.getMany([One({ k: "a" }), Two({ k: "b" }), Two({ k: "a" })]), [
    "One a",
    "Two b",
    "One a",
  ]);
});

test("what is no request is refused", async () => {
  const { cache } = await cacheOf();
  for (const wrong of ["user:1", undefined, { id: 1 }, { ...GetUser({ id: 1 }) }]) {
    await assert.rejects(cache.get(wrong), TypeError);
    await assert.rejects(cache.set(wrong, 1), TypeError);
    await assert.rejects(cache.refresh(wrong), TypeError);
    await assert.rejects(cache.invalidate(wrong), TypeError);
    await assert.rejects(cache.getMany([wrong]), TypeError);
  }
});
