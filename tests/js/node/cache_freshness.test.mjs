// What a cache does with results that are past their time to live, or soon will be, and with lookups that take long.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { PersistenceError } from "durastate";
import { cacheOf, GetUser, later, NotFound, script, turns, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.restoreAll();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

const lasting = "1 hour";

for (const inMemoryTTL of [lasting, 0]) {
  const where = inMemoryTTL ? "in memory" : "in the store alone";
  const common = { timeToLive: "10 seconds", inMemoryTTL };

  test(`staleWhileRevalidate serves what is stale at once and looks it up in the background, ${where}`, async () => {
    const second = later();
    const { get, cache, lookups } = await cacheOf({
      ...common,
      staleWhileRevalidate: "5 seconds",
      lookup: script(1, second, 3),
    });
    await get(1);
    mock.timers.tick(10_000);
    assert.equal((await get(1)).version, 1);
    assert.equal((await get(1)).version, 1);
    await turns();
    assert.deepEqual(lookups, [1, 1], "one lookup for both");
    assert.equal(cache.stats().stale, 2);
    second.resolve({ id: 1, version: 2 });
    await turns();
    assert.equal((await get(1)).version, 2);
    assert.deepEqual(lookups, [1, 1]);
    mock.timers.tick(15_000);
    assert.equal((await get(1)).version, 3, "what is too old is not served");
  });

  test(`grace serves what is stale when the lookup fails, reports it, and leaves the key alone for a while, ${where}`, async () => {
    const bug = new Error("down");
    const { get, cache, lookups, reported } = await cacheOf({
      ...common,
      grace: "1 minute",
      lookup: script(1, bug, bug, 4),
    });
    await get(1);
    mock.timers.tick(10_000);
    assert.equal((await get(1)).version, 1);
    assert.deepEqual(lookups, [1, 1]);
    assert.equal(reported.length, 1);
    assert.ok(reported[0] instanceof PersistenceError);
    assert.equal(reported[0].cause, bug);
    mock.timers.tick(999);
    assert.equal((await get(1)).version, 1);
    assert.deepEqual(lookups, [1, 1], "not before a second is over");
    mock.timers.tick(1);
    assert.equal((await get(1)).version, 1);
    assert.deepEqual(lookups, [1, 1, 1]);
    mock.timers.tick(1_999);
    assert.equal((await get(1)).version, 1);
    assert.deepEqual(lookups, [1, 1, 1], "then not before two are");
    mock.timers.tick(1);
    assert.equal((await get(1)).version, 4);
    assert.equal(cache.stats().stale, 4);
    assert.equal(cache.stats().failures, 2);
  });

  test(`grace ends, and then the lookup's failure is thrown, ${where}`, async () => {
    const { get } = await cacheOf({ ...common, grace: "1 minute", lookup: script(1, new Error("a"), new Error("b")) });
    await get(1);
    mock.timers.tick(69_999);
    assert.equal((await get(1)).version, 1);
    mock.timers.tick(1);
    await assert.rejects(get(1), { message: "b" });
  });

  test(`an error that the schema knows is a result, which grace does not hide, ${where}`, async () => {
    const { get, cache } = await cacheOf({ ...common, grace: "1 minute", lookup: script(1, new NotFound(1)) });
    await get(1);
    mock.timers.tick(10_000);
    await assert.rejects(get(1), NotFound);
    await assert.rejects(get(1), NotFound);
    assert.equal(cache.stats().stale, 0);
  });

  test(`a softTimeout takes what is stale while the lookup goes on, ${where}`, async () => {
    const second = later();
    const { get, cache, lookups } = await cacheOf({
      ...common,
      grace: "1 minute",
      softTimeout: "100 millis",
      lookup: script(1, second),
    });
    await get(1);
    mock.timers.tick(10_000);
    let told;
    const waiting = get(1).then((user) => (told = user));
    await turns();
    mock.timers.tick(60);
    let toldLater;
    const waitingLater = get(1).then((user) => (toldLater = user));
    mock.timers.tick(39);
    await turns();
    assert.equal(told, undefined);
    mock.timers.tick(1);
    assert.equal((await waiting).version, 1);
    await turns();
    assert.equal(toldLater, undefined, "who came later waits as long");
    mock.timers.tick(60);
    assert.equal((await waitingLater).version, 1);
    assert.equal(cache.stats().stale, 2);
    second.resolve({ id: 1, version: 2 });
    await turns();
    assert.equal((await get(1)).version, 2);
    assert.deepEqual(lookups, [1, 1]);
  });

  test(`after a hardTimeout what is stale is served, if there is grace, and at once for a while, ${where}`, async () => {
    const second = later();
    const { get, cache, lookups } = await cacheOf({
      ...common,
      grace: "1 minute",
      hardTimeout: "1 second",
      lookup: script(1, second, 3),
    });
    await get(1);
    mock.timers.tick(10_000);
    const waiting = get(1);
    await turns();
    mock.timers.tick(1_000);
    assert.equal((await waiting).version, 1);
    assert.equal((await get(1)).version, 1, "without waiting again");
    assert.equal(cache.stats().stale, 2);
    second.reject(new Error("down"));
    await turns();
    mock.timers.tick(999);
    assert.equal((await get(1)).version, 1);
    assert.deepEqual(lookups, [1, 1]);
    mock.timers.tick(1);
    assert.equal((await get(1)).version, 3, "one failure, however it was noticed");
  });
}

test("a key that is left alone is served from memory, without asking the store", async () => {
  const world = new World();
  const options = { timeToLive: "10 seconds", inMemoryTTL: "1 hour", grace: "1 minute" };
  const before = await cacheOf({ ...options, process: world.process() });
  await before.get(1);
  mock.timers.tick(10_000);
  const { get, process, lookups } = await cacheOf({
    ...options,
    process: world.process(),
    lookup: script(new Error("down")),
  });
  for (let i = 0; i < 3; i++) assert.equal((await get(1)).version, 1);
  assert.deepEqual(process.of("read"), ["read user:1"]);
  assert.deepEqual(lookups, [1]);
});

test("a value that is set ends the time for which a key is left alone", async () => {
  const options = { timeToLive: 500, inMemoryTTL: "1 hour", grace: "1 minute" };
  const { cache, get, lookups } = await cacheOf({ ...options, lookup: script(1, new Error("down"), 3) });
  await get(1);
  mock.timers.tick(500);
  await get(1);
  await cache.set(GetUser({ id: 1 }), { id: 1, version: 9 });
  mock.timers.tick(500);
  assert.equal((await get(1)).version, 3);
  assert.deepEqual(lookups, [1, 1, 1]);
});

test("grace does not serve from memory what the store no longer has", async () => {
  const world = new World();
  const options = { timeToLive: "10 seconds", inMemoryTTL: "1 hour", grace: "1 minute" };
  const { get } = await cacheOf({ ...options, process: world.process(), lookup: script(1, new Error("down")) });
  await get(1);
  const other = await cacheOf({ process: world.process() });
  await other.cache.invalidate(GetUser({ id: 1 }));
  mock.timers.tick(10_000);
  await assert.rejects(get(1), { message: "down" });
});

test("a softTimeout does nothing where there is nothing stale", async () => {
  const first = later();
  const { get } = await cacheOf({ softTimeout: 5, grace: "1 minute", lookup: () => first });
  let told;
  const waiting = get(1).then((user) => (told = user));
  await turns();
  mock.timers.tick(1_000);
  await turns();
  assert.equal(told, undefined);
  first.resolve({ id: 1, version: 1 });
  assert.equal((await waiting).version, 1);
});

test("whoever has waited for the softTimeout takes what is stale as soon as it is known", async () => {
  const options = { timeToLive: "10 seconds", inMemoryTTL: 0, grace: "1 minute", softTimeout: "100 millis" };
  const { get, process } = await cacheOf({ ...options, lookup: script(1, later()) });
  await get(1);
  mock.timers.tick(10_000);
  process.waits.read = later();
  const waiting = get(1);
  mock.timers.tick(100);
  await turns();
  process.waits.read.resolve();
  assert.equal((await waiting).version, 1);
});

test("a hardTimeout rejects with a PersistenceError that says so; the lookup goes on and its result is kept", async () => {
  const first = later();
  const { get, lookups, world } = await cacheOf({ hardTimeout: "1 second", lookup: () => first });
  const waiting = get(1);
  await turns();
  mock.timers.tick(1_000);
  await assert.rejects(waiting, (error) => {
    assert.ok(error instanceof PersistenceError);
    assert.equal(error.operation, "PersistedCache.get");
    assert.equal(error.key, "user:1");
    assert.match(error.message, /"user:1" in the store "users".*hardTimeout of 1000 ms/);
    return true;
  });
  first.resolve({ id: 1, version: 1 });
  await turns();
  assert.equal((await get(1)).version, 1);
  assert.deepEqual(lookups, [1]);
  assert.ok(world.stored("user:1"));
});

test("timeouts count for each caller from when it asked", async () => {
  const { get } = await cacheOf({ hardTimeout: "1 second", lookup: () => later() });
  const ended = [];
  get(1).catch(() => ended.push("first"));
  await turns();
  mock.timers.tick(500);
  get(1).catch(() => ended.push("second"));
  await turns();
  mock.timers.tick(500);
  await turns();
  assert.deepEqual(ended, ["first"]);
  mock.timers.tick(500);
  await turns();
  assert.deepEqual(ended, ["first", "second"]);
});

test("a timeout longer than timers can be is no timeout at once", async () => {
  const first = later();
  const { get } = await cacheOf({ hardTimeout: "30 days", softTimeout: "25 days", lookup: () => first });
  const waiting = get(1);
  await turns();
  mock.timers.tick(1_000);
  first.resolve({ id: 1, version: 1 });
  assert.equal((await waiting).version, 1);
});

test("nobody leaves a timer behind", async () => {
  mock.timers.reset();
  const { get } = await cacheOf({
    process: new World().process({ claims: true }),
    hardTimeout: "1 minute",
    softTimeout: "30 seconds",
    grace: "1 minute",
  });
  await get(1);
  await turns();
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((what) => what === "Timeout"),
    [],
  );
});

test("a background lookup that fails leaves what is stale, is reported, and is not tried again at once", async () => {
  const { get, lookups, reported } = await cacheOf({
    timeToLive: "10 seconds",
    inMemoryTTL: lasting,
    staleWhileRevalidate: "1 minute",
    lookup: script(1, new Error("down"), 3),
  });
  await get(1);
  mock.timers.tick(10_000);
  await get(1);
  await turns();
  assert.equal((await get(1)).version, 1);
  await turns();
  assert.deepEqual(lookups, [1, 1]);
  assert.equal(reported.length, 1);
  mock.timers.tick(1_000);
  await get(1);
  await turns();
  assert.equal((await get(1)).version, 3);
});

test("a store that can not be read does not take away what memory could serve with grace", async () => {
  const { get, process } = await cacheOf({
    timeToLive: "10 seconds",
    inMemoryTTL: lasting,
    grace: "1 minute",
    lookup: script(1, new Error("down")),
  });
  await get(1);
  mock.timers.tick(10_000);
  process.fails.read = new Error("down too");
  assert.equal((await get(1)).version, 1);
});

test("a defect is not stored over what grace can serve, whatever timeToLive says", async () => {
  const { get, world } = await cacheOf({
    timeToLive: (_exit) => "10 seconds",
    grace: "1 minute",
    lookup: script(1, new Error("down")),
  });
  await get(1);
  mock.timers.tick(10_000);
  assert.equal((await get(1)).version, 1);
  assert.equal(world.stored("user:1")._tag, "Success");
});
