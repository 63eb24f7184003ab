// What a cache keeps in memory, for how long, and what has to go.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { cacheOf, GetUser, NotFound, turns, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

test("what is in memory is served without asking the store, and without a new promise", async () => {
  const { cache, lookups, process } = await cacheOf();
  const user = await cache.get(GetUser({ id: 1 }));
  const asked = process.asked.length;
  const hits = [cache.get(GetUser({ id: 1 })), cache.get(GetUser({ id: 1 }))];
  assert.equal(hits[0], hits[1], "the same promise");
  assert.equal(await hits[0], user, "the very value that was looked up");
  assert.equal(process.asked.length, asked);
  assert.deepEqual(lookups, [1]);
  assert.deepEqual(cache.stats(), {
    ...{ hits: 2, misses: 1, storeHits: 0, lookups: 1, stale: 0, failures: 0 },
    ...{ evictions: 0, size: 1, weight: 1 },
  });
});

test("after inMemoryTTL, ten seconds if nothing else is said, the store is asked again", async () => {
  const { cache, process, lookups, get } = await cacheOf();
  await get(1);
  mock.timers.tick(9_999);
  await get(1);
  assert.deepEqual(process.of("read"), ["read user:1"]);
  mock.timers.tick(1);
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.deepEqual(process.of("read"), ["read user:1", "read user:1"]);
  assert.deepEqual(lookups, [1]);
  assert.equal(cache.stats().storeHits, 1);
});

test("what was read from the store is in memory too", async () => {
  const world = new World();
  const other = await cacheOf({ process: world.process() });
  await other.get(1);
  const { get, process, lookups } = await cacheOf({ process: world.process() });
  await get(1);
  await get(1);
  assert.deepEqual(process.of("read"), ["read user:1"]);
  assert.deepEqual(lookups, []);
});

test("nothing stays in memory longer than its time to live", async () => {
  const { get, lookups } = await cacheOf({ timeToLive: "3 seconds" });
  await get(1);
  mock.timers.tick(2_999);
  await get(1);
  assert.deepEqual(lookups, [1]);
  mock.timers.tick(1);
  assert.deepEqual(await get(1), { id: 1, version: 2 });
});

test("inMemoryTTL may depend on the result and the key, and zero keeps nothing of it", async () => {
  const seen = [];
  const inMemoryTTL = (exit, key) => {
    seen.push([exit._tag, key.id]);
    return key.id === 1 ? 0 : "5 seconds";
  };
  const { cache, get } = await cacheOf({ inMemoryTTL });
  await get(1);
  assert.equal(cache.stats().size, 0);
  await get(2);
  assert.equal(cache.stats().size, 1);
  assert.deepEqual(seen, [
    ["Success", 1],
    ["Success", 2],
  ]);
  mock.timers.tick(5_000);
  await get(2);
  assert.equal(cache.stats().storeHits, 1);
});

test("an inMemoryTTL of zero switches memory off", async () => {
  const { cache, get, process } = await cacheOf({ inMemoryTTL: 0 });
  await get(1);
  await get(1);
  assert.deepEqual(process.of("read"), ["read user:1", "read user:1"]);
  assert.equal(cache.stats().size, 0);
});

test("an inMemoryTTL that gives no duration is reported, and nothing is kept in memory", async () => {
  const { cache, get, reported } = await cacheOf({ inMemoryTTL: () => "soon" });
  assert.deepEqual(await get(1), { id: 1, version: 1 });
  assert.equal(cache.stats().size, 0);
  assert.equal(reported.length, 1);
  assert.match(reported[0].message, /user:1.*users.*memory/);
  assert.equal(reported[0].cause.name, "RangeError");
});

test("a result that is not stored is not kept in memory either", async () => {
  const { cache, get, lookups } = await cacheOf({ timeToLive: 0 });
  await get(1);
  await get(1);
  assert.deepEqual(lookups, [1, 1]);
  assert.equal(cache.stats().size, 0);
});

test("an error that was foreseen is kept in memory, and thrown to everybody as it is", async () => {
  const error = new NotFound(1);
  const { get, lookups, process } = await cacheOf({
    lookup() {
      throw error;
    },
  });
  for (let i = 0; i < 3; i++) await assert.rejects(get(1), (thrown) => thrown === error);
  assert.deepEqual(lookups, [1]);
  assert.deepEqual(process.of("read"), ["read user:1"]);
});

test("a kept error that nobody asks for is no unhandled rejection", async () => {
  const unhandled = [];
  const listen = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", listen);
  const { get } = await cacheOf({ lookup: () => Promise.reject(new NotFound(1)) });
  await get(1).catch(() => {});
  await get(1).catch(() => {});
  await turns();
  process.off("unhandledRejection", listen);
  assert.deepEqual(unhandled, []);
});

test("when there are too many, the one that was not used for longest goes", async () => {
  const { cache, get, process } = await cacheOf({ inMemoryCapacity: 3 });
  for (const id of [1, 2, 3]) await get(id);
  await get(1);
  await get(2);
  await get(4);
  assert.deepEqual([cache.stats().size, cache.stats().evictions], [3, 1]);
  const before = process.of("read").length;
  for (const id of [1, 2, 4]) await get(id);
  assert.equal(process.of("read").length, before, "these are there");
  await get(3);
  assert.equal(process.of("read").length, before + 1, "and this one went");
});

test("any order of uses leaves the most recent ones", async () => {
  const { get, cache, process } = await cacheOf({ inMemoryCapacity: 4 });
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  let model = [];
  for (let step = 0; step < 400; step++) {
    const id = random(9);
    const before = process.of("read").length;
    if (random(10) === 0) {
      await cache.invalidate(GetUser({ id }));
      model = model.filter((other) => other !== id);
      continue;
    }
    await get(id);
    assert.equal(process.of("read").length === before, model.includes(id), `step ${step}, user ${id}`);
    model = [id, ...model.filter((other) => other !== id)].slice(0, 4);
    assert.equal(cache.stats().size, model.length);
  }
});

test("with inMemoryWeight the capacity bounds the sum of the weights", async () => {
  const { cache, get } = await cacheOf({ inMemoryCapacity: 10, inMemoryWeight: ({ id }) => id });
  await get(4);
  await get(5);
  assert.equal(cache.stats().weight, 9);
  await get(3);
  assert.deepEqual([cache.stats().weight, cache.stats().size, cache.stats().evictions], [8, 2, 1]);
});

test("what is heavier than everything together is not kept, and pushes nothing out", async () => {
  const { cache, get } = await cacheOf({ inMemoryCapacity: 10, inMemoryWeight: ({ id }) => id });
  await get(4);
  await get(11);
  assert.deepEqual([cache.stats().weight, cache.stats().size, cache.stats().evictions], [4, 1, 0]);
});

test("an error weighs one, and a weight that is none is reported", async () => {
  const { cache, get, reported } = await cacheOf({
    inMemoryCapacity: 10,
    inMemoryWeight: () => Number.NaN,
    lookup: ({ id }) => (id === 1 ? Promise.reject(new NotFound(1)) : { id, version: 1 }),
  });
  await assert.rejects(get(1), NotFound);
  assert.equal(cache.stats().weight, 1);
  await get(2);
  assert.equal(cache.stats().weight, 1);
  assert.equal(reported[0].cause.name, "RangeError");
});

test("a capacity of zero keeps nothing in memory", async () => {
  const { cache, get, process } = await cacheOf({ inMemoryCapacity: 0 });
  await get(1);
  await get(1);
  assert.equal(process.of("read").length, 2);
  assert.equal(cache.stats().size, 0);
});
