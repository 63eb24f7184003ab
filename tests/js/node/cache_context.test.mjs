// One cache for many requests of an edge worker: what they share, and what they must not wait for.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { beforeEach, mock, test } from "node:test";
import { withContext } from "durastate";
import { cacheOf, GetUser, later, turns, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

const key = GetUser({ id: 1 });

/** A request, with what it was asked to wait for. */
function request() {
  const waits = [];
  return { waits, waitUntil: (promise) => waits.push(promise) };
}

test("requests share what is in memory, and no promise", async () => {
  const { cache, lookups, process } = await cacheOf();
  const [one, other] = [cache.withContext(request()), cache.withContext(request())];
  const user = await one.get(key);
  const hits = [other.get(key), other.get(key), cache.get(key)];
  assert.equal(new Set(hits).size, 3);
  for (const hit of hits) assert.equal(await hit, user);
  assert.deepEqual(lookups, [1]);
  assert.equal(process.of("read").length, 1);
  assert.deepEqual(one.stats(), cache.stats());
});

test("a request waits for nothing that another one has begun", async () => {
  const goings = [];
  const { cache, lookups } = await cacheOf({
    lookup() {
      goings.push(later());
      return goings.at(-1);
    },
  });
  const [one, other] = [cache.withContext(request()), cache.withContext(request())];
  one.get(key);
  await turns();
  const got = [other.get(key), other.get(key)];
  await turns();
  assert.deepEqual(lookups, [1, 1], "one for each request");
  goings[1].resolve({ id: 1, version: 2 });
  assert.equal((await got[0]).version, 2);
  assert.equal(await got[0], await got[1]);
});

test("an invalidation by one request is about what another one looks up", async () => {
  const going = later();
  const { cache, world } = await cacheOf({ lookup: () => going });
  const got = cache.withContext(request()).get(key);
  await turns();
  await cache.withContext(request()).invalidate(key);
  going.resolve({ id: 1, version: 1 });
  await got;
  assert.equal(cache.stats().size, 0);
  assert.equal(world.stored("user:1"), undefined);
});

test("what goes on after the response is handed to the context", async () => {
  const goings = [{ id: 1, version: 1 }, later()];
  const { cache } = await cacheOf({
    timeToLive: "10 seconds",
    inMemoryTTL: "1 hour",
    staleWhileRevalidate: "1 hour",
    lookup: () => goings.shift(),
  });
  const going = goings[1];
  await cache.get(key);
  mock.timers.tick(10_000);
  const context = request();
  assert.equal((await cache.withContext(context).get(key)).version, 1);
  assert.equal(context.waits.length, 1);
  let over = false;
  context.waits[0].then(() => (over = true));
  await turns();
  assert.equal(over, false);
  going.resolve({ id: 1, version: 2 });
  await context.waits[0];
  assert.equal((await cache.get(key)).version, 2);
});

test("a lookup that its callers have left behind is handed to the context, too", async () => {
  const going = later();
  const { cache, world } = await cacheOf({ hardTimeout: 100, lookup: () => going });
  const context = request();
  const got = cache.withContext(context).get(key);
  await turns();
  mock.timers.tick(100);
  await assert.rejects(got, { name: "PersistenceError" });
  going.resolve({ id: 1, version: 1 });
  await Promise.all(context.waits);
  assert.ok(world.stored("user:1"));
});

test("requests do not all look up in the background what one of them does", async () => {
  const { cache, lookups } = await cacheOf({
    timeToLive: "10 seconds",
    inMemoryTTL: "1 hour",
    staleWhileRevalidate: "1 hour",
    lease: "5 seconds",
    lookup: () => (lookups.length === 1 ? { id: 1, version: 1 } : later()),
  });
  await cache.get(key);
  mock.timers.tick(10_000);
  const ask = async () => {
    await cache.withContext(request()).get(key);
    await turns();
  };
  await ask();
  await ask();
  assert.deepEqual(lookups, [1, 1]);
  mock.timers.tick(5_000);
  await ask();
  assert.deepEqual(lookups, [1, 1, 1], "the first one may have ended with its request");
});

test("a cache of a request listens to nothing: it would outlive the request", async () => {
  const world = new World();
  const { PersistedCache } = withContext(request());
  const cache = await PersistedCache.make({
    persistence: world.process({ news: true }).persistence,
    storeId: "users",
    timeToLive: "1 hour",
    lookup: ({ id }) => ({ id, version: 1 }),
  });
  await cache.get(key);
  assert.equal(cache.stats().size, 1);
  assert.equal(world.listeners, 0);
});

test("what is no context is refused", async () => {
  const { cache } = await cacheOf();
  for (const wrong of [undefined, null, 5, {}, { waitUntil: 5 }]) {
    assert.throws(() => cache.withContext(wrong), { name: "TypeError", message: /waitUntil/ });
  }
});

test("where calls may belong to different requests, no two of them wait for each other or share a promise", () => {
  const url = (path) => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import { cacheOf, GetUser, turns, World } from ${url("../support/cache_backing.mjs")};
    import { isolateRequests } from ${url("../../../dist/start.js")};
    isolateRequests();
    const world = new World();
    const { cache, get, lookups } = await cacheOf({ process: world.process({ news: true }) });
    const users = await Promise.all([get(1), get(1)]);
    const hits = [get(1), get(1)];
    await cache.getMany([GetUser({ id: 2 }), GetUser({ id: 3 })]);
    console.log(JSON.stringify([lookups, users[0] === users[1], hits[0] === hits[1], world.listeners]));
  `;
  const given = [...process.execArgv, "--input-type=module", "-e", program];
  const { stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8", timeout: 20_000 });
  assert.equal(stdout.trim(), JSON.stringify([[1, 1, 2, 3], false, false, 0]), stderr);
});
