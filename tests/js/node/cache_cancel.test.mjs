// Who stops to wait, and what becomes of the lookup.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Exit } from "durastate";
import { cacheOf, GetUser, later, turns, World } from "../support/cache_backing.mjs";

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
});

/** A cache whose lookup waits for `going` and notes when its signal is aborted. */
async function waiting(options) {
  const going = later();
  const aborted = [];
  const made = await cacheOf({
    ...options,
    lookup(_, { signal }) {
      signal.addEventListener("abort", () => aborted.push(signal.reason));
      return going;
    },
  });
  return { ...made, going, aborted, user: { id: 1, version: 1 } };
}

const key = GetUser({ id: 1 });

test("a signal ends the waiting of its caller alone", async () => {
  const { cache, going, aborted, user, lookups } = await waiting();
  const controller = new AbortController();
  const one = cache.get(key, { signal: controller.signal });
  const other = cache.get(key);
  await turns();
  controller.abort(new Error("enough"));
  await assert.rejects(one, { message: "enough" });
  going.resolve(user);
  assert.deepEqual(await other, user);
  assert.deepEqual(aborted, []);
  assert.deepEqual(lookups, [1]);
});

test("when the last one has gone, the lookup's own signal is aborted with the reason", async () => {
  const { cache, aborted } = await waiting();
  const controllers = [new AbortController(), new AbortController()];
  const gets = controllers.map(({ signal }) => cache.get(key, { signal }));
  await turns();
  controllers[0].abort("first");
  await assert.rejects(gets[0], (reason) => reason === "first");
  await turns();
  assert.deepEqual(aborted, []);
  controllers[1].abort("second");
  await assert.rejects(gets[1], (reason) => reason === "second");
  assert.deepEqual(aborted, ["second"]);
});

test("a signal that is asked for late is aborted already", async () => {
  let context;
  const { cache } = await cacheOf({
    lookup(_, given) {
      context = given;
      return later();
    },
  });
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  controller.abort("gone");
  await assert.rejects(gone);
  assert.equal(context.signal.aborted, true);
  assert.equal(context.signal.reason, "gone");
});

test("a value that comes all the same is kept", async () => {
  const { cache, going, user, lookups } = await waiting();
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  controller.abort();
  await assert.rejects(gone, { name: "AbortError" });
  going.resolve(user);
  await turns();
  assert.deepEqual(await cache.get(key), user);
  assert.deepEqual(lookups, [1]);
});

test("a value that comes all the same is not kept over a newer one", async () => {
  const goings = [];
  const { cache, lookups, world } = await cacheOf({
    lookup() {
      goings.push(later());
      return goings.at(-1);
    },
  });
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  controller.abort();
  await assert.rejects(gone);
  const next = cache.get(key);
  await turns();
  assert.deepEqual(lookups, [1, 1], "nobody new waits for a lookup that was given up");
  goings[1].resolve({ id: 1, version: 2 });
  await next;
  goings[0].resolve({ id: 1, version: 1 });
  await turns();
  assert.equal((await cache.get(key)).version, 2);
  assert.equal(world.stored("user:1").value.version, 2);
});

test("what a lookup throws after it was aborted is an interruption: not stored unless timeToLive asks for it", async () => {
  const exits = [];
  const asking = (exit) => {
    exits.push(exit);
    return "1 hour";
  };
  for (const [timeToLive, stored] of [
    ["1 hour", undefined],
    [() => "1 hour", undefined],
    [asking, { _tag: "Failure", cause: [{ _tag: "Interrupt", fiberId: null }] }],
  ]) {
    const { cache, going, world, reported } = await waiting({ timeToLive });
    const controller = new AbortController();
    const gone = cache.get(key, { signal: controller.signal });
    await turns();
    controller.abort();
    await assert.rejects(gone);
    going.reject(new Error("aborted"));
    await turns();
    assert.deepEqual(world.stored("user:1"), stored);
    assert.deepEqual(reported, []);
    assert.equal(cache.stats().failures, 0);
  }
  assert.deepEqual(exits, [Exit.interrupt()]);
});

test("a signal that is aborted already asks nobody, not even memory", async () => {
  const { cache, process, lookups } = await cacheOf();
  const signal = AbortSignal.abort("no");
  await assert.rejects(cache.get(key, { signal }), (reason) => reason === "no");
  await assert.rejects(cache.getMany([key], { signal }), (reason) => reason === "no");
  await assert.rejects(cache.refresh(key, { signal }), (reason) => reason === "no");
  assert.deepEqual(process.asked, []);
  await cache.get(key);
  await assert.rejects(cache.get(key, { signal }), (reason) => reason === "no");
  assert.deepEqual(lookups, [1]);
});

test("who leaves while the store is read begins no lookup", async () => {
  const { cache, process, lookups } = await cacheOf();
  process.waits.read = later();
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  controller.abort();
  await assert.rejects(gone);
  process.waits.read.resolve();
  await turns();
  assert.deepEqual(lookups, []);
});

test("a lookup that a refresh also waits for goes on when the get has gone", async () => {
  const { cache, going, aborted, user } = await waiting();
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  const refreshed = cache.refresh(key, { signal: new AbortController().signal });
  await turns();
  controller.abort();
  await assert.rejects(gone);
  assert.deepEqual(aborted, []);
  going.resolve(user);
  assert.deepEqual(await refreshed, user);
});

test("a refresh that nobody waits for is aborted as well", async () => {
  const { cache, aborted } = await waiting();
  const controller = new AbortController();
  const gone = cache.refresh(key, { signal: controller.signal });
  await turns();
  controller.abort("gone");
  await assert.rejects(gone, (reason) => reason === "gone");
  assert.deepEqual(aborted, ["gone"]);
});

test("the claim of an aborted lookup is released", async () => {
  const { cache, process, world, aborted } = await waiting({ process: new World().process({ claims: true }) });
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  assert.equal(world.claims.size, 1);
  controller.abort("gone");
  await assert.rejects(gone);
  await turns();
  assert.deepEqual(aborted, ["gone"]);
  assert.deepEqual(process.of("release"), ["release user:1"]);
  assert.equal(world.claims.size, 0);
});

test("a claim that is granted when nobody waits any more is given back", async () => {
  const { cache, process, world, lookups } = await waiting({ process: new World().process({ claims: true }) });
  process.waits.claim = later();
  const controller = new AbortController();
  const gone = cache.get(key, { signal: controller.signal });
  await turns();
  controller.abort();
  await assert.rejects(gone);
  process.waits.claim.resolve();
  await turns();
  assert.deepEqual(lookups, []);
  assert.equal(world.claims.size, 0);
});

test("a signal is let go of when the get is over", async () => {
  const { cache, going, user } = await waiting();
  const { signal } = new AbortController();
  let listening = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args) => {
    listening += 1;
    add(...args);
  };
  signal.removeEventListener = (...args) => {
    listening -= 1;
    remove(...args);
  };
  const got = cache.get(key, { signal });
  await turns();
  assert.equal(listening, 1);
  going.resolve(user);
  await got;
  assert.equal(listening, 0);
});

test("what is no signal is refused", async () => {
  const { cache } = await cacheOf();
  for (const signal of [5, {}, null, "now"]) {
    await assert.rejects(cache.get(key, { signal }), { name: "TypeError", message: /signal/ });
    await assert.rejects(cache.refresh(key, { signal }), { name: "TypeError", message: /signal/ });
  }
});
