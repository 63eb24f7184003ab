// What invalidates a result, here and in other processes, and what replaces it.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { PersistenceError } from "durastate";
import { cacheOf, GetUser, later, turns, userText, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

const key = GetUser({ id: 1 });
const tags = ({ id }) => [id % 2 ? "odd" : "even", "users"];

test("invalidate removes from memory and from the store, and ends claims", async () => {
  const { cache, get, process, lookups } = await cacheOf();
  await get(1);
  await cache.invalidate(key);
  assert.deepEqual(process.asked.slice(2), ["forget user:1"]);
  assert.deepEqual(await get(1), { id: 1, version: 2 });
  assert.deepEqual(lookups, [1, 1]);
});

test("what is being looked up when its key is invalidated is returned and not kept; who asks later looks up again", async () => {
  const goings = [];
  const { cache, get, world, lookups } = await cacheOf({
    lookup() {
      goings.push(later());
      return goings.at(-1);
    },
  });
  const before = get(1);
  await turns();
  await cache.invalidate(key);
  const after = get(1);
  await turns();
  assert.deepEqual(lookups, [1, 1]);
  goings[0].resolve({ id: 1, version: 1 });
  assert.equal((await before).version, 1);
  await turns();
  assert.equal(world.stored("user:1"), undefined);
  goings[1].resolve({ id: 1, version: 2 });
  assert.equal((await after).version, 2);
  assert.equal((await get(1)).version, 2);
  assert.equal(world.stored("user:1").value.version, 2);
});

test("what is being read when its key is invalidated is not kept", async () => {
  const { cache, get, world, process } = await cacheOf();
  world.plant("user:1", userText(1, 7));
  process.waits.forget = later();
  const invalidated = cache.invalidate(key);
  assert.equal((await get(1)).version, 7, "it is still there");
  process.waits.forget.resolve();
  await invalidated;
  assert.equal((await get(1)).version, 1);

  world.plant("user:2", userText(2, 7));
  process.waits = { read: later(), forget: later() };
  const got = get(2);
  await turns();
  const gone = cache.invalidate(GetUser({ id: 2 }));
  process.waits.read.resolve();
  assert.equal((await got).version, 7);
  assert.equal(cache.stats().size, 1, "user 1 alone");
  process.waits.forget.resolve();
  await gone;
});

test("an invalidation or a change that the store refuses rejects, naming key, store and method", async () => {
  const { cache, process } = await cacheOf();
  process.fails = { forget: new Error("down"), write: new Error("down"), bump: new Error("down") };
  const named = (operation, key) => (error) => {
    assert.ok(error instanceof PersistenceError);
    assert.deepEqual([error.operation, error.key, error.storeId], [`PersistedCache.${operation}`, key, "users"]);
    return true;
  };
  await assert.rejects(cache.invalidate(key), named("invalidate", "user:1"));
  await assert.rejects(cache.set(key, { id: 1, version: 1 }), named("set", "user:1"));
  await assert.rejects(cache.invalidateTag("a"), named("invalidateTag", undefined));
});

test("set stores a value as a lookup would, in memory too", async () => {
  const { cache, get, process, lookups, world } = await cacheOf({
    timeToLive: (exit, { id }) => exit.value.version * id * 1000,
  });
  const user = { id: 2, version: 5 };
  await cache.set(GetUser({ id: 2 }), user);
  assert.equal(await get(2), user);
  assert.deepEqual(process.asked, ["write user:2"]);
  assert.equal(world.entries.get("user:2").ttl, 10_000);
  assert.equal(world.entries.get("user:2").text, userText(2, 5));
  assert.deepEqual(lookups, []);
});

test("set with a time to live of zero changes nothing", async () => {
  const { cache, get, process } = await cacheOf({ timeToLive: (exit) => (exit.value.version === 0 ? 0 : 60_000) });
  const user = await get(1);
  await cache.set(key, { id: 1, version: 0 });
  assert.deepEqual(process.of("write"), ["write user:1"]);
  assert.equal(await get(1), user);
});

test("what is being looked up when a value is set is returned to those who wait, and not kept over it", async () => {
  const going = later();
  const { cache, get, world } = await cacheOf({ lookup: () => going });
  const before = get(1);
  await turns();
  await cache.set(key, { id: 1, version: 9 });
  assert.equal((await get(1)).version, 9);
  going.resolve({ id: 1, version: 1 });
  assert.equal((await before).version, 1);
  await turns();
  assert.equal((await get(1)).version, 9);
  assert.equal(world.stored("user:1").value.version, 9);
});

test("what is looked up while a value is being set is not kept over it", async () => {
  for (const begins of ["before", "meanwhile"]) {
    const going = later();
    const { cache, get, world, process } = await cacheOf({ lookup: () => going });
    const before = begins === "before" ? get(1) : undefined;
    await turns();
    process.waits.write = later();
    const set = cache.set(key, { id: 1, version: 9 });
    await turns();
    const got = before ?? get(1);
    await turns();
    if (before) {
      going.resolve({ id: 1, version: 1 });
      await got;
    }
    process.waits.write.resolve();
    await set;
    going.resolve({ id: 1, version: 1 });
    assert.equal((await got).version, 1);
    await turns();
    assert.deepEqual(process.of("write"), ["write user:1"], `begun ${begins}`);
    assert.equal((await get(1)).version, 9);
    assert.equal(world.stored("user:1").value.version, 9);
  }
});

test("what is being stored when its key is invalidated is not kept in memory", async () => {
  const { cache, get, process } = await cacheOf();
  process.waits.write = later();
  const got = get(1);
  await turns();
  await cache.invalidate(key);
  process.waits.write.resolve();
  await got;
  assert.equal(cache.stats().size, 0);
});

test("refresh looks up what is there, replaces it, and is one lookup for many", async () => {
  const { cache, get, lookups, world, process } = await cacheOf();
  await get(1);
  const [one, other] = await Promise.all([cache.refresh(key), cache.refresh(key)]);
  assert.equal(one, other);
  assert.deepEqual(lookups, [1, 1]);
  assert.equal((await get(1)).version, 2);
  assert.equal(world.stored("user:1").value.version, 2);
  assert.deepEqual(process.of("read"), ["read user:1"], "the get alone has read");
});

test("a refresh that fails rejects with what the lookup threw, and what was there stays", async () => {
  let fails = false;
  const { cache, get } = await cacheOf({
    grace: "1 hour",
    lookup: ({ id }) => (fails ? Promise.reject(new Error("down")) : { id, version: 1 }),
  });
  const user = await get(1);
  fails = true;
  await assert.rejects(cache.refresh(key), { message: "down" });
  assert.equal(await get(1), user);
});

test("tags are read with the entry, and one that was invalidated since makes it a miss", async () => {
  const { cache, get, process, world, lookups } = await cacheOf({ tags, inMemoryTTL: 0 });
  await get(1);
  assert.deepEqual(process.asked, ["read user:1", "epochs odd users", "write user:1"]);
  assert.equal(world.entries.get("user:1").text, userText(1, 1, { tags: { odd: 0, users: 0 } }));
  await get(1);
  assert.deepEqual(lookups, [1]);
  await cache.invalidateTag("even");
  await get(1);
  assert.deepEqual(lookups, [1]);
  await cache.invalidateTag("odd");
  assert.equal((await get(1)).version, 2);
  assert.equal(world.entries.get("user:1").text, userText(1, 2, { tags: { odd: 1, users: 0 } }));
});

test("the tags of many keys are read at once, each of them once", async () => {
  const { cache, process } = await cacheOf({ tags });
  await cache.getMany([1, 2, 3].map((id) => GetUser({ id })));
  assert.deepEqual(process.asked.slice(0, 2), ["read user:1 user:2 user:3", "epochs odd users even"]);
});

test("invalidateTag drops what has the tag from memory, and nothing else", async () => {
  const { cache, get, lookups } = await cacheOf({ tags });
  for (const id of [1, 2, 3]) await get(id);
  await cache.invalidateTag("odd");
  assert.equal(cache.stats().size, 1);
  for (const id of [1, 2, 3]) await get(id);
  assert.deepEqual(lookups, [1, 2, 3, 1, 3]);
});

test("what is being looked up when its tag is invalidated is not kept", async () => {
  const going = later();
  const { cache, get, world } = await cacheOf({ tags, lookup: () => going });
  const got = get(1);
  await turns();
  await cache.invalidateTag("users");
  going.resolve({ id: 1, version: 1 });
  await got;
  assert.equal(cache.stats().size, 0);
  assert.equal(world.stored("user:1"), undefined);
});

test("a tag that is invalidated elsewhere during a lookup is known at the next read", async () => {
  const going = later();
  const world = new World();
  const one = await cacheOf({ process: world.process(), tags, lookup: () => going, inMemoryTTL: 0 });
  const other = await cacheOf({ process: world.process() });
  const got = one.get(1);
  await turns();
  await other.cache.invalidateTag("users");
  going.resolve({ id: 1, version: 1 });
  await got;
  await one.get(1);
  assert.deepEqual(one.lookups, [1, 1]);
});

test("an entry that knows nothing of a tag holds until the tag is first invalidated", async () => {
  const { cache, get, world, lookups } = await cacheOf({ tags, inMemoryTTL: 0 });
  world.plant("user:1", userText(1, 7));
  assert.equal((await get(1)).version, 7);
  await cache.invalidateTag("odd");
  assert.equal((await get(1)).version, 1);
  assert.deepEqual(lookups, [1]);
});

test("tags whose state can not be read leave the result unkept: nothing could invalidate it", async () => {
  const { cache, get, process, world, reported } = await cacheOf({ tags });
  process.fails.epochs = new Error("down");
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.equal(world.stored("user:1"), undefined);
  assert.equal(cache.stats().size, 0);
  assert.equal(reported.length, 1);
});

test("set and refresh note the state of the tags before they store", async () => {
  const { cache, world } = await cacheOf({ tags });
  await cache.invalidateTag("odd");
  await cache.set(key, { id: 1, version: 5 });
  assert.deepEqual(world.stored("user:1").durastate, { tags: { odd: 1, users: 0 } });
  await cache.invalidateTag("odd");
  await cache.refresh(key);
  assert.deepEqual(world.stored("user:1").durastate, { tags: { odd: 2, users: 0 } });
});

test("tags with the names of an object's own are tags like others", async () => {
  const { cache, get, lookups } = await cacheOf({ tags: () => ["__proto__", "constructor"], inMemoryTTL: 0 });
  await get(1);
  await get(1);
  assert.deepEqual(lookups, [1]);
  await cache.invalidateTag("__proto__");
  await get(1);
  assert.deepEqual(lookups, [1, 1]);

  const other = await cacheOf({ tags: () => ["constructor"] });
  other.world.plant("user:1", userText(1, 7));
  assert.equal((await other.get(1)).version, 7);
});

test("what is no tag is refused", async () => {
  const { cache } = await cacheOf();
  for (const wrong of [undefined, "", 5, "\ud800"]) await assert.rejects(cache.invalidateTag(wrong), TypeError);
  for (const wrong of ["users", [5], [""], undefined]) {
    const { get, cache } = await cacheOf({ tags: () => wrong });
    await assert.rejects(get(1), TypeError);
    await assert.rejects(cache.set(key, { id: 1, version: 1 }), TypeError);
  }
});

test("other processes drop from memory what they are told of", async () => {
  const world = new World();
  const make = () => cacheOf({ process: world.process({ news: true }), tags });
  const [one, other] = [await make(), await make()];
  for (const id of [1, 2]) await one.get(id);
  for (const id of [1, 2]) await other.get(id);
  await one.cache.invalidate(key);
  await turns();
  assert.equal(other.cache.stats().size, 1);
  await one.cache.set(GetUser({ id: 2 }), { id: 2, version: 9 });
  await turns();
  assert.equal((await other.get(2)).version, 9);
  await one.get(1);
  await other.get(1);
  await one.cache.invalidateTag("odd");
  await turns();
  assert.equal(other.cache.stats().size, 1);
  await other.get(1);
  await one.cache.refresh(key);
  await turns();
  assert.equal(other.cache.stats().size, 1, "a refresh tells as well");
  await other.get(1);
  world.tell(undefined, "all", [""]);
  assert.equal(other.cache.stats().size, 0);
});

test("what another process is looking up when it is told of a change is not kept in memory", async () => {
  const going = later();
  const world = new World();
  const one = await cacheOf({
    process: world.process({ news: true }),
    lookup: ({ id }) => (id === 2 ? { id, version: 1 } : going),
  });
  const other = await cacheOf({ process: world.process({ news: true }) });
  await one.get(2);
  const got = one.get(1);
  await turns();
  await other.cache.set(key, { id: 1, version: 9 });
  await turns();
  going.resolve({ id: 1, version: 1 });
  assert.equal((await got).version, 1);
  assert.equal((await one.get(1)).version, 9);
});

test("a cache listens from its first entry in memory on, once, and until it is closed", async () => {
  const world = new World();
  const { cache, get, lookups } = await cacheOf({ process: world.process({ news: true }) });
  assert.equal(world.listeners, 0);
  await get(1);
  await get(2);
  assert.equal(world.listeners, 1);
  await cache.close();
  assert.equal(world.listeners, 0);
  await get(3);
  assert.equal(world.listeners, 0);
  assert.deepEqual(lookups, [1, 2, 3], "it can still be used");
  await cache.close();
  const without = await cacheOf({ process: world.process({ news: true }), inMemoryTTL: 0 });
  await without.get(1);
  assert.equal(world.listeners, 0, "who keeps nothing in memory has nothing to hear");
});

test("a cache that is disposed of is closed", async () => {
  const world = new World();
  const { cache, get } = await cacheOf({ process: world.process({ news: true }) });
  await get(1);
  await cache[Symbol.asyncDispose]();
  assert.equal(world.listeners, 0);
});

test("a closed cache does not renew its claims", async () => {
  const { cache, get, process } = await cacheOf({
    process: new World().process({ claims: true }),
    lookup: () => later(),
  });
  get(1);
  await turns();
  await cache.close();
  mock.timers.tick(60_000);
  await turns();
  assert.deepEqual(process.of("renew"), []);
});

test("a channel that can not be listened to is reported, and asked once", async () => {
  const { get, process, reported, world } = await cacheOf({ process: new World().process({ news: true }) });
  world.listen = () => {
    throw new Error("no channel");
  };
  await get(1);
  await get(2);
  assert.equal(reported.length, 1);
  assert.equal(process.of("write").length, 2);
});
