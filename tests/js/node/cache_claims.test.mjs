// How processes that share a store agree on who looks a key up. The store here is one that says what it was asked.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { beforeEach, mock, test } from "node:test";
import { cacheOf, GetUser, later, NotFound, turns, userText, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

const off = { inMemoryTTL: 0 };
const key = GetUser({ id: 1 });

/** Two caches in two processes; the lookup of the first waits for `going`. */
async function two({ news = false, ...options } = {}) {
  const world = new World();
  const going = later();
  const begun = later();
  const first = await cacheOf({
    process: world.process({ claims: true, news }),
    lookup() {
      begun.resolve();
      return going;
    },
    ...options,
  });
  const second = await cacheOf({ process: world.process({ claims: true, news }), ...options });
  return { world, first, second, going, begun, user: { id: 1, version: 7 } };
}

test("a miss reads, claims, and stores with the end of the claim; a hit only reads", async () => {
  const { cache, process } = await cacheOf({ ...off, process: new World().process({ claims: true, news: true }) });
  await cache.get(key);
  assert.deepEqual(process.asked, ["read user:1", "claim user:1", "finish user:1", "tell key user:1"]);
  await cache.get(key);
  assert.deepEqual(process.asked.slice(4), ["read user:1"]);
});

test("what is stored is told in the same turn", async () => {
  for (const claims of [true, false]) {
    const { cache, process } = await cacheOf({ process: new World().process({ claims, news: true }) });
    process.waits[claims ? "finish" : "write"] = later();
    cache.get(key);
    await turns();
    assert.deepEqual(process.asked.at(-1), "tell key user:1", "although the store has not answered yet");
  }
});

test("a process that was stopped for longer than the lease stores nothing: somebody else may have it", async () => {
  const process = new World().process({ claims: true });
  const { cache } = await cacheOf({
    ...off,
    process,
    lookup({ id }) {
      // the clock goes on and no timer goes off, as in a tab that was frozen
      mock.timers.setTime(Date.now() + 5_000);
      return { id, version: 1 };
    },
  });
  assert.deepEqual(await cache.get(key), { id: 1, version: 1 });
  assert.deepEqual(process.asked, ["read user:1", "claim user:1", "release user:1"]);
});

test("with singleFlight process nothing is claimed", async () => {
  const { cache, process } = await cacheOf({ singleFlight: "process", process: new World().process({ claims: true }) });
  await cache.get(key);
  assert.deepEqual(process.asked, ["read user:1", "write user:1"]);
});

test("who finds a key claimed waits, reads ever more seldom, and takes what is stored", async () => {
  const { first, second, going, begun, user } = await two();
  const one = first.get(1);
  await begun;
  const other = second.get(1);
  await turns();
  const reads = () => second.process.of("read").length;
  assert.equal(reads(), 1);
  for (const [pause, count] of [
    [25, 2],
    [50, 3],
    [100, 4],
    [200, 5],
    [250, 6],
    [250, 7],
  ]) {
    mock.timers.tick(pause - 1);
    await turns();
    assert.equal(reads(), count - 1, `not before ${pause} ms`);
    mock.timers.tick(1);
    await turns();
    assert.equal(reads(), count);
  }
  going.resolve(user);
  await one;
  mock.timers.tick(250);
  assert.deepEqual(await other, user);
  assert.deepEqual(second.lookups, []);
  assert.equal(second.cache.stats().storeHits, 1);
  assert.deepEqual(await second.get(1), user);
  assert.equal(second.cache.stats().hits, 1, "it is in memory now");
});

test("news of the key end the waiting at once", async () => {
  const { first, second, going, begun, user, world } = await two({ news: true });
  const one = first.get(1);
  await begun;
  const other = second.get(1);
  await turns();
  assert.equal(world.listeners, 1, "who waits listens");
  going.resolve(user);
  await one;
  assert.deepEqual(await other, user);
  assert.deepEqual(await second.get(1), user);
  assert.equal(second.cache.stats().hits, 1, "what the news brought is kept in memory");
});

test("nobody waits longer than the lease", async () => {
  const { first, second, begun } = await two({ lease: "100 millis" });
  const { world } = second;
  first.get(1).catch(() => {});
  await begun;
  // As if the first process had died: its lease is not renewed.
  first.process.fails.renew = new Error("dead");
  mock.timers.tick(60);
  await turns();
  const other = second.get(1);
  await turns();
  mock.timers.tick(25);
  await turns();
  assert.deepEqual(second.lookups, []);
  mock.timers.tick(15);
  await turns();
  assert.deepEqual(await other, { id: 1, version: 1 });
  assert.deepEqual(second.lookups, [1]);
  assert.equal(world.stored("user:1").value.version, 1);
});

test("a lease is renewed for as long as the lookup takes, three times in its length", async () => {
  const { first, second, begun, going, user } = await two({ lease: "300 millis" });
  const one = first.get(1);
  await begun;
  const other = second.get(1);
  for (let i = 0; i < 20; i++) {
    mock.timers.tick(100);
    await turns();
  }
  assert.equal(first.process.of("renew").length, 20);
  assert.deepEqual(second.lookups, []);
  going.resolve(user);
  await one;
  mock.timers.tick(250);
  assert.deepEqual(await other, user);
  mock.timers.tick(1_000);
  await turns();
  assert.equal(first.process.of("renew").length, 20, "and not any longer");
});

test("a renewal that fails is reported, and tried again", async () => {
  const { first, begun, going, user } = await two({ lease: "300 millis" });
  const one = first.get(1);
  await begun;
  first.process.fails.renew = new Error("down");
  mock.timers.tick(100);
  await turns();
  delete first.process.fails.renew;
  mock.timers.tick(100);
  await turns();
  assert.equal(first.process.of("renew").length, 2);
  assert.equal(first.reported.length, 1);
  going.resolve(user);
  assert.deepEqual(await one, user);
  assert.deepEqual(first.process.of("finish"), ["finish user:1"]);
});

test("what a lookup gives that has lost its lease is returned, and not kept", async () => {
  const { first, world, begun, going, user } = await two({ lease: "300 millis" });
  const one = first.get(1);
  await begun;
  world.claims.get("user:1").token = "somebody else";
  mock.timers.tick(100);
  await turns();
  going.resolve(user);
  assert.deepEqual(await one, user);
  assert.equal(world.stored("user:1"), undefined);
  assert.equal(first.cache.stats().size, 0);
  assert.deepEqual(first.process.of("finish"), []);
  assert.equal(world.claims.get("user:1").token, "somebody else", "which is not this one's to release");
});

test("a store that says at the end that the lease was lost is believed", async () => {
  const { first, world, begun, going, user } = await two();
  const one = first.get(1);
  await begun;
  world.claims.delete("user:1");
  going.resolve(user);
  assert.deepEqual(await one, user);
  assert.equal(world.stored("user:1"), undefined);
  assert.equal(first.cache.stats().size, 0);
});

test("who finds that a result was stored in this moment reads again at once, and else claims knowing that", async () => {
  const { second, world } = await two();
  world.claims.set("user:1", { token: "gone", done: true, until: Date.now() + 1_000 });
  assert.deepEqual(await second.get(1), { id: 1, version: 1 });
  assert.deepEqual(second.process.asked, [
    "read user:1",
    "claim user:1",
    "read user:1",
    "claim user:1",
    "finish user:1",
  ]);
});

test("a lookup that ends with nothing to keep gives its claim back", async () => {
  for (const [lookup, timeToLive] of [
    [() => ({ id: 1, version: 1 }), 0],
    [() => Promise.reject(new Error("oops")), "1 hour"],
    [() => "no user", "1 hour"],
  ]) {
    const made = await cacheOf({ process: new World().process({ claims: true }), lookup, timeToLive });
    await made.get(1).catch(() => {});
    assert.deepEqual(made.process.asked, ["read user:1", "claim user:1", "release user:1"]);
  }
});

test("others wait for an error that the schema knows, and get it", async () => {
  const { first, second, going, begun } = await two();
  const one = first.get(1);
  await begun;
  const other = second.get(1);
  await turns();
  going.reject(new NotFound(1));
  await assert.rejects(one, NotFound);
  mock.timers.tick(25);
  await assert.rejects(other, NotFound);
  assert.deepEqual(second.lookups, []);
});

test("a store that can not claim is reported, and the lookup runs without a claim", async () => {
  const { cache, process, reported } = await cacheOf({ process: new World().process({ claims: true }) });
  process.fails.claim = new Error("down");
  assert.deepEqual(await cache.get(key), { id: 1, version: 1 });
  assert.deepEqual(process.asked, ["read user:1", "claim user:1", "write user:1"]);
  assert.equal(reported.length, 1);
});

test("a store that can not be read is not asked for a claim", async () => {
  const { cache, process, reported } = await cacheOf({ process: new World().process({ claims: true }) });
  process.fails.read = new Error("down");
  assert.deepEqual(await cache.get(key), { id: 1, version: 1 });
  assert.deepEqual(process.asked, ["read user:1", "write user:1"]);
  assert.equal(reported.length, 1);
});

test("a store that can no longer be read while others look up is not waited for", async () => {
  const { first, second, begun } = await two();
  first.get(1).catch(() => {});
  await begun;
  const other = second.get(1);
  await turns();
  second.process.fails.read = new Error("down");
  mock.timers.tick(25);
  assert.deepEqual(await other, { id: 1, version: 1 });
});

test("a write that fails gives the claim back, so that others need not wait for its end", async () => {
  const { cache, process, reported } = await cacheOf({ process: new World().process({ claims: true }) });
  process.fails.finish = new Error("full");
  assert.deepEqual(await cache.get(key), { id: 1, version: 1 });
  await turns();
  assert.deepEqual(process.asked, ["read user:1", "claim user:1", "finish user:1", "release user:1"]);
  assert.equal(reported.length, 1);
});

test("who waits for another process can leave", async () => {
  const { first, second, begun } = await two();
  first.get(1).catch(() => {});
  await begun;
  const controller = new AbortController();
  const gone = second.cache.get(key, { signal: controller.signal });
  await turns();
  controller.abort("gone");
  await assert.rejects(gone, (reason) => reason === "gone");
  mock.timers.tick(1_000);
  await turns();
  assert.equal(second.process.of("read").length, 1);
  assert.equal(second.process.of("claim").length, 1);
});

test("who has left leaves no timer behind", async () => {
  mock.timers.reset();
  const { world, second } = await two();
  world.claims.set("user:1", { token: "other", done: false, until: Date.now() + 60_000 });
  const controller = new AbortController();
  const gone = second.cache.get(key, { signal: controller.signal });
  await turns();
  const timers = () => process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;
  assert.equal(timers(), 1);
  controller.abort();
  await assert.rejects(gone);
  assert.equal(timers(), 0);
});

test("what is looked up after an invalidation, by who waited before it, is shared and kept", async () => {
  const { world, second } = await two({ lookup: () => going });
  const going = later();
  world.claims.set("user:1", { token: "other", done: false, until: Date.now() + 60_000 });
  const got = second.get(1);
  await turns();
  assert.deepEqual(second.lookups, []);
  await second.cache.invalidate(key);
  await turns();
  assert.deepEqual(second.lookups, [1], "the invalidation has ended the claim");
  const again = second.get(1);
  await turns();
  assert.deepEqual(second.lookups, [1]);
  going.resolve({ id: 1, version: 5 });
  assert.equal(await got, await again);
  assert.equal(second.cache.stats().size, 1);
  assert.equal(world.stored("user:1").value.version, 5);
});

test("what is read after waiting for another process, and invalidated meanwhile, is not kept in memory", async () => {
  const { world, second } = await two();
  world.claims.set("user:1", { token: "other", done: false, until: Date.now() + 60_000 });
  const got = second.get(1);
  await turns();
  world.plant("user:1", userText(1, 7));
  second.process.waits = { read: later(), forget: later() };
  mock.timers.tick(25);
  await turns();
  second.cache.invalidate(key);
  second.process.waits.read.resolve();
  assert.equal((await got).version, 7);
  assert.equal(second.cache.stats().size, 0);
});

test("a refresh waits until the other process is done, and then looks up itself", async () => {
  const { first, second, begun, going, user } = await two();
  const one = first.get(1);
  await begun;
  const refreshed = second.cache.refresh(key);
  await turns();
  going.resolve(user);
  await one;
  mock.timers.tick(25);
  assert.deepEqual(await refreshed, { id: 1, version: 1 });
  assert.deepEqual(second.lookups, [1]);
});

test("a refresh makes a get that waits for another process look up, too", async () => {
  const { first, second, begun, going, user } = await two();
  const one = first.get(1);
  await begun;
  const got = second.get(1);
  await turns();
  const refreshed = second.cache.refresh(key);
  going.resolve(user);
  await one;
  mock.timers.tick(25);
  assert.deepEqual(await got, { id: 1, version: 1 });
  assert.equal(await refreshed, await got);
});

test("in the background nobody waits twice: one process looks up, the other takes its result", async () => {
  const options = { timeToLive: "10 seconds", inMemoryTTL: "1 hour", staleWhileRevalidate: "1 hour" };
  const { world, first, second } = await two({
    ...options,
    lookup: ({ id }) => ({ id, version: first.lookups.length }),
  });
  await first.get(1);
  await second.get(1);
  mock.timers.tick(10_000);
  await Promise.all([first.get(1), second.get(1)]);
  for (let i = 0; i < 4; i++) {
    await turns();
    mock.timers.tick(25);
  }
  await turns();
  assert.equal(first.lookups.length + second.lookups.length, 2);
  assert.deepEqual(await first.get(1), await second.get(1));
  assert.deepEqual(world.stored("user:1").value, await first.get(1));
});

test("a timer for what nobody waits for does not keep the process alive, and one for a caller does", () => {
  const world = new URL("../support/cache_backing.mjs", import.meta.url).href;
  const program = (begin) => `
    import { cacheOf, GetUser, userText, World } from ${JSON.stringify(world)};
    const world = new World();
    const busy = () => world.claims.set("user:1", { token: "other", done: false, until: Date.now() + 60_000 });
    const options = { staleWhileRevalidate: "1 hour", lease: "1 minute" };
    const { cache, get, process: asked } = await cacheOf({ process: world.process({ claims: true }), ...options });
    process.on("exit", () => console.log(asked.of("claim").length));
    ${begin}
  `;
  const run = (begin) => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...process.execArgv, "--input-type=module", "-e", program(begin)],
      {
        encoding: "utf8",
        timeout: 20_000,
      },
    );
    assert.equal(status, 0, stderr);
    return Number(stdout);
  };
  const stale = 'busy(); world.plant("user:1", userText(1, 1, { fresh: Date.now() - 1 })); await get(1);';
  assert.equal(run(stale), 1, "it ends although the key is still claimed by somebody else");
  const missing = "busy(); setTimeout(() => world.claims.clear(), 100).unref(); await get(1);";
  assert.ok(run(missing) >= 2, "it waited until the key was free");
  const held =
    "await cacheOf({ process: world.process({ claims: true }), lookup: () => new Promise(() => {}) }).then(({ get }) => void get(1));";
  assert.equal(run(held), 0, "a claim that is held is not renewed for its own sake");
});
