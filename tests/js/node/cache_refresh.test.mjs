// When the cache looks up before anybody has to wait, and what an entry says of its age.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { cacheOf, GetUser, later, script, turns, userText, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

const lasting = "1 hour";

test("an entry says until when it is fresh, and is stored for as long as it may be of use", async () => {
  for (const [options, ttl] of [
    [{ staleWhileRevalidate: "5 seconds" }, 65_000],
    [{ grace: "5 seconds" }, 65_000],
    [{ staleWhileRevalidate: "5 seconds", grace: "2 seconds" }, 65_000],
    [{ staleWhileRevalidate: "5 seconds", grace: "7 seconds" }, 67_000],
  ]) {
    const { get, world } = await cacheOf(options);
    await get(1);
    const { text, ttl: stored } = world.entries.get("user:1");
    assert.equal(text, userText(1, 1, { fresh: 1_060_000 }));
    assert.equal(stored, ttl);
  }
  const { get, world } = await cacheOf({ grace: "5 seconds", timeToLive: Number.POSITIVE_INFINITY });
  await get(1);
  assert.equal(world.entries.get("user:1").text, userText(1, 1), "what never goes stale need not say so");
});

test("an entry that others wrote is fresh as long as it is there, and nonsense beside it is passed over", async () => {
  const options = { staleWhileRevalidate: "5 seconds", grace: "1 minute", earlyRefresh: 0.5, inMemoryTTL: 0 };
  const { get, world, lookups } = await cacheOf(options);
  for (const known of [undefined, {}, { fresh: "soon" }, { fresh: null, made: {} }, 5, { tags: 7 }]) {
    world.plant("user:1", userText(1, 9, known));
    mock.timers.tick(100_000);
    assert.equal((await get(1)).version, 9);
  }
  assert.deepEqual(lookups, []);
});

test("earlyRefresh looks up in the background from its share of the time to live on, and never before", async () => {
  let random = 1;
  mock.method(Math, "random", () => random);
  const { get, cache, lookups } = await cacheOf({ timeToLive: "100 seconds", inMemoryTTL: lasting, earlyRefresh: 0.8 });
  await get(1);
  mock.timers.tick(79_999);
  await get(1);
  await turns();
  assert.deepEqual(lookups, [1], "however the dice fall");
  mock.timers.tick(1);
  assert.equal((await get(1)).version, 1);
  await turns();
  assert.deepEqual(lookups, [1, 1]);
  assert.equal((await get(1)).version, 2);
  assert.equal(cache.stats().stale, 0);
  mock.timers.tick(90_000);
  random = 0.49;
  await get(1);
  await turns();
  assert.deepEqual(lookups, [1, 1], "half of the way through the rest, half of the dice do");
  random = 0.51;
  await get(1);
  await turns();
  assert.deepEqual(lookups, [1, 1, 1]);
});

test("earlyRefresh begins sooner for a lookup that takes long", async () => {
  mock.method(Math, "random", () => 0);
  const { get, lookups, world } = await cacheOf({
    timeToLive: "100 seconds",
    inMemoryTTL: lasting,
    earlyRefresh: 0.5,
    lookup({ id }) {
      mock.timers.tick(20_000);
      return { id, version: lookups.length };
    },
  });
  await get(1);
  const made = 1_020_000;
  assert.equal(world.entries.get("user:1").text, userText(1, 1, { fresh: made + 100_000, made, took: 20_000 }));
  mock.timers.tick(79_999);
  await get(1);
  await turns();
  assert.deepEqual(lookups, [1]);
  mock.timers.tick(1);
  await get(1);
  await turns();
  assert.deepEqual(lookups, [1, 1]);
});

test("however long its lookup takes, nothing is looked up before its share of the time to live", async () => {
  mock.method(Math, "random", () => 1);
  const { get, lookups } = await cacheOf({
    timeToLive: "100 seconds",
    inMemoryTTL: lasting,
    earlyRefresh: 0.5,
    lookup({ id }) {
      mock.timers.tick(20_000);
      return { id, version: lookups.length };
    },
  });
  await get(1);
  mock.timers.tick(49_999);
  await turns();
  assert.deepEqual(lookups, [1]);
  mock.timers.tick(1);
  await get(1);
  await turns();
  assert.deepEqual(lookups, [1, 1]);
});

test("a background lookup first takes what another process has looked up meanwhile", async () => {
  const world = new World();
  const options = { timeToLive: "10 seconds", inMemoryTTL: lasting, staleWhileRevalidate: "1 minute" };
  const one = await cacheOf({ ...options, process: world.process(), lookup: script(1, 2) });
  const other = await cacheOf({ ...options, process: world.process(), lookup: script(3) });
  await one.get(1);
  await other.get(1);
  mock.timers.tick(10_000);
  await one.get(1);
  await turns();
  assert.equal((await one.get(1)).version, 2);
  assert.equal((await other.get(1)).version, 1);
  await turns();
  assert.equal((await other.get(1)).version, 2);
  assert.deepEqual(other.lookups, []);
});

test("a refresh and a get share what is under way", async () => {
  const second = later();
  const { get, cache, lookups } = await cacheOf({ lookup: script(1, second) });
  await get(1);
  const refreshed = cache.refresh(GetUser({ id: 1 }));
  const again = cache.refresh(GetUser({ id: 1 }));
  await turns();
  assert.equal((await get(1)).version, 1, "what is fresh is served meanwhile");
  second.resolve({ id: 1, version: 2 });
  assert.equal((await refreshed).version, 2);
  assert.equal(await again, await refreshed);
  assert.equal((await get(1)).version, 2);
  assert.deepEqual(lookups, [1, 1]);
});

test("what is stale is not looked up twice, by a refresh and in the background", async () => {
  const second = later();
  const options = { timeToLive: "10 seconds", inMemoryTTL: lasting, staleWhileRevalidate: "1 minute" };
  const { get, cache, lookups } = await cacheOf({ ...options, lookup: script(1, second) });
  await get(1);
  mock.timers.tick(10_000);
  const refreshed = cache.refresh(GetUser({ id: 1 }));
  await turns();
  assert.equal((await get(1)).version, 1);
  await turns();
  assert.deepEqual(lookups, [1, 1]);
  second.resolve({ id: 1, version: 2 });
  await refreshed;
});

test("a lookup in the background goes on when somebody who came to wait for it leaves", async () => {
  const second = later();
  const aborted = [];
  let first = true;
  const { get, cache } = await cacheOf({
    timeToLive: "10 seconds",
    inMemoryTTL: lasting,
    staleWhileRevalidate: "1 minute",
    lookup({ id }, { signal }) {
      signal.addEventListener("abort", () => aborted.push(id));
      if (!first) return second;
      first = false;
      return { id, version: 1 };
    },
  });
  await get(1);
  mock.timers.tick(10_000);
  await get(1);
  const controller = new AbortController();
  const refreshed = cache.refresh(GetUser({ id: 1 }), { signal: controller.signal });
  await turns();
  controller.abort();
  await assert.rejects(refreshed, { name: "AbortError" });
  assert.deepEqual(aborted, []);
  second.resolve({ id: 1, version: 2 });
  await turns();
  assert.equal((await get(1)).version, 2);
});
