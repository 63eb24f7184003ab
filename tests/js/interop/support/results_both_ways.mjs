// What must hold between Effect's results and durastate's, wherever the two share a place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Codec, Exit, Persistable, PersistedCache } from "durastate";
import { plain } from "../../contract/persistence/requests.mjs";
import { effectRequests } from "./effect_persistence.mjs";

const primaryKey = ({ id }) => id;

/** The requests that both sides know; these are durastate's. */
const ownRequests = {
  Plain: Persistable.make("Plain", {
    primaryKey,
    success: Codec.struct({
      n: Codec.number,
      at: Codec.date,
      big: Codec.bigint,
      bytes: Codec.bytes,
      maybe: Codec.optional(Codec.string),
    }),
    error: Codec.struct({ _tag: Codec.literal("NotFound"), what: Codec.string }),
  }),
  Nothing: Persistable.make("Nothing", { primaryKey }),
};

const value = (n) => ({ n, at: new Date(5), big: 2n ** 70n, bytes: Uint8Array.of(0, 255), maybe: "é😀" });
const { maybe: _, ...without } = value(1);
const notFound = { _tag: "NotFound", what: 'it\'s "gone"' };
const failure = (...cause) => ({ _tag: "Failure", cause });

const exits = {
  "a value": Exit.succeed(value(1.5)),
  "numbers that JSON has not": Exit.succeed(value(Number.NaN)),
  "a field left out": Exit.succeed(without),
  "a typed error": Exit.fail(notFound),
  "an Error": Exit.die(new TypeError("d", { cause: new Error("c") })),
  "a text as defect": Exit.die("why"),
  "data as defect": Exit.die({ a: [1, null] }),
  "an interruption": Exit.interrupt(5),
  "an interruption of nobody": failure({ _tag: "Interrupt" }),
  "no reason": failure(),
  "several reasons": failure(
    { _tag: "Fail", error: notFound },
    { _tag: "Die", defect: new Error("d") },
    { _tag: "Interrupt", fiberId: 7 },
  ),
};
const keys = ["plain", "a:b", "100%", "u/1", "UPPER", "upper", "é", "😀/日本語", "it's", "*"];
const HOUR = 3_600_000;

/**
 * Both directions of everything. `open(t)` gives `{ effect, durastate }`: Effect's Persistence and durastate's over one
 * place. `storeId(name)` is an id that the place can hold; `clock`: whether the time of this process ends a result.
 */
export function resultsBothWays(open, { storeId = (name) => `my:st%ore* ${name}`, clock = true } = {}) {
  const sides = ({ effect, durastate }) => ({
    effect: {
      ...effect,
      request: (id, kind = "Plain") => new effectRequests[kind]({ id }),
      lookup: (exit) => exit,
      outcome: (call) => call,
    },
    durastate: {
      make: (options) => durastate.make(options),
      cache: ({ timeToLive, ...options }) =>
        PersistedCache.make({ persistence: durastate, timeToLive: (exit) => timeToLive(exit), ...options }),
      request: (id, kind = "Plain") => ownRequests[kind]({ id }),
      lookup: thrown,
      outcome: settled,
    },
  });
  const both = (what, body) =>
    test(what, async (t) => {
      for (const [writer, reader] of [
        ["effect", "durastate"],
        ["durastate", "effect"],
      ]) {
        const { [writer]: from, [reader]: to } = sides(await open(t));
        await body(from, to, `written by ${writer}, read by ${reader}`);
      }
    });
  const opened = (side, name, timeToLive = () => Number.POSITIVE_INFINITY) =>
    side.make({ storeId: storeId(name), timeToLive });

  both("every kind of exit", async (from, to, way) => {
    const [written, read] = [await opened(from, "exits"), await opened(to, "exits")];
    for (const [id, exit] of Object.entries(exits)) await written.set(from.request(id), exit);
    await written.set(from.request("done", "Nothing"), Exit.succeed(undefined));
    for (const [id, exit] of Object.entries(exits)) {
      assert.deepEqual(plain(await read.get(to.request(id))), plain(exit), `${id} ${way}`);
    }
    const { defect } = (await read.get(to.request("an Error"))).cause[0];
    assert.ok(defect instanceof Error && defect.cause instanceof Error, way);
    assert.deepEqual(plain(await read.get(to.request("done", "Nothing"))), { _tag: "Success" });
  });

  both("several results at once, odd keys, removing and clearing", async (from, to, way) => {
    const [written, read] = [await opened(from, "several"), await opened(to, "several")];
    const other = await opened(from, "another");
    await other.set(from.request("kept"), Exit.fail(notFound));
    await written.setMany(keys.map((id, at) => [from.request(id), Exit.succeed(value(at))]));
    const all = async (side, store) =>
      (await store.getMany(["missing", ...keys].map((id) => side.request(id)))).map((exit) => exit?.value.n);
    assert.deepEqual(await all(to, read), [undefined, ...keys.keys()], way);
    await read.setMany(keys.slice(0, 3).map((id) => [to.request(id), Exit.succeed(value(100))]));
    await read.remove(to.request(keys[3]));
    assert.deepEqual(
      await all(from, written),
      [undefined, 100, 100, 100, undefined, ...[...keys.keys()].slice(4)],
      way,
    );
    await read.clear();
    assert.deepEqual(await all(from, written), [undefined, ...keys.map(() => undefined)], way);
    assert.deepEqual(await other.get(from.request("kept")), Exit.fail(notFound), way);
  });

  if (clock) {
    both("times to live", async (from, to, way) => {
      const real = Date.now;
      let now = Math.trunc(real.call(Date));
      Date.now = () => now;
      try {
        const [written, read] = [await opened(from, "times", () => HOUR), await opened(to, "times")];
        await written.set(from.request("a"), Exit.succeed(value(1)));
        await written.setMany([[from.request("b"), Exit.succeed(value(2))]]);
        await read.set(to.request("c"), Exit.succeed(value(3)));
        now += HOUR - 1;
        for (const id of ["a", "b", "c"]) assert.ok(await read.get(to.request(id)), `${id} ${way}`);
        now += 1;
        const found = await read.getMany(["a", "b", "c"].map((id) => to.request(id)));
        assert.deepEqual(plain(found), plain([undefined, undefined, Exit.succeed(value(3))]), way);
      } finally {
        Date.now = real;
      }
    });
  }

  both("what one's cache looked up, the other's replays", async (from, to, way) => {
    let lookups = 0;
    const cacheOf = (side) =>
      side.cache({
        storeId: storeId("cached"),
        timeToLive: () => HOUR,
        lookup: ({ id }) => {
          lookups += 1;
          return side.lookup(exits[id]);
        },
      });
    const [first, second] = [await cacheOf(from), await cacheOf(to)];
    const replayed = ["a value", "a typed error", "an Error"];
    for (const [at, id] of replayed.entries()) {
      const expected = plain(exits[id]);
      assert.deepEqual(plain(await from.outcome(first.get(from.request(id)))), expected, `${id} ${way}`);
      assert.deepEqual(plain(await to.outcome(second.get(to.request(id)))), expected, `${id} ${way}`);
      assert.equal(lookups, at + 1, `${id} ${way}`);
    }
    await second.invalidate(to.request("a value"));
    const third = await cacheOf(from);
    await from.outcome(third.get(from.request("a value")));
    assert.equal(lookups, replayed.length + 1, "what the other one has invalidated is looked up again");
  });

  for (const [what, options] of Object.entries({
    "that may be served stale": { staleWhileRevalidate: "1 minute", grace: "1 hour" },
    "with tags": { tags: () => ["a", "b"] },
    "with early refresh": { earlyRefresh: 0.8 },
  })) {
    test(`Effect reads an entry of durastate's ${what}`, async (t) => {
      const { effect, durastate } = sides(await open(t));
      const all = { storeId: storeId("more"), timeToLive: () => HOUR };
      const cache = await durastate.cache({ ...all, ...options, lookup: () => value(1) });
      await cache.get(durastate.request("a"));
      const store = await effect.make(all);
      assert.deepEqual(plain(await store.get(effect.request("a"))), plain(Exit.succeed(value(1))));
      assert.deepEqual(plain(await store.getMany([effect.request("a")])), plain([Exit.succeed(value(1))]));
      let lookups = 0;
      const theirs = await effect.cache({ ...all, lookup: () => Exit.succeed(value(++lookups)) });
      assert.deepEqual(plain(await theirs.get(effect.request("a"))), plain(Exit.succeed(value(1))));
      assert.equal(lookups, 0);
      // what Effect writes in its place has no such field, and is read too
      await store.set(effect.request("a"), Exit.succeed(value(2)));
      const again = await durastate.cache({ ...all, ...options, lookup: () => value(3) });
      const found = await again.get(durastate.request("a"));
      assert.ok(options.tags ? [2, 3].includes(found.n) : found.n === 2, `${found.n}`);
    });
  }

  test("Effect's clear leaves nothing of durastate's cache that would stop a lookup", async (t) => {
    const { effect, durastate } = sides(await open(t));
    const all = { storeId: storeId("cleared"), timeToLive: () => HOUR };
    let lookups = 0;
    const cacheOf = () => durastate.cache({ ...all, lookup: () => value(++lookups) });
    await (await cacheOf()).get(durastate.request("a"));
    await (await effect.make(all)).clear();
    assert.equal((await (await cacheOf()).get(durastate.request("a"))).n, 2);
  });
}

/** A lookup of durastate's throws what another one fails with. */
function thrown(exit) {
  if (exit._tag === "Success") return exit.value;
  const [{ error, defect }] = exit.cause;
  throw error ?? defect;
}

/** What became of a call, as an exit: an error that is tagged is one of the schema. */
async function settled(call) {
  try {
    return Exit.succeed(await call);
  } catch (error) {
    return error?._tag === "NotFound" ? Exit.fail(error) : Exit.die(error);
  }
}
