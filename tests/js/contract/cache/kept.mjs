import { equal, ok } from "../../support/assert.mjs";
import { withClock } from "../persistence/clock.mjs";
import { HOUR, held, plainUser, thrownBy, users } from "./users.mjs";

const missing = { code: "missing" };
const failing = (thrown) => () => {
  throw thrown;
};

export function kept(suite) {
  const { test, durastate, traits } = suite;
  const { of, opened, someone } = users(suite);
  /** Another cache of the same store, as another process has one. */
  const again = ({ place, storeId }, options) => opened({ place, storeId, ...options });

  test("what one cache has looked up another one reads, decoded", async () => {
    const first = await opened();
    const found = await first.cache.get(of("a"));
    const second = await again(first);
    equal(plainUser(await second.cache.get(of("a"))), plainUser(found));
    equal(second.asked, []);
    if (traits.raw) {
      const text = await first.place.raw(first.storeId, "a");
      equal(text, `{"_tag":"Success","value":{"name":"${found.name}","born":"1970-01-01T00:00:00.005Z"}}`);
    }
  });

  test("after its time in memory a value is read from the store", () =>
    withClock(async (clock) => {
      const { cache, asked } = await opened({ inMemoryTTL: "10 seconds" });
      const found = await cache.get(of("a"));
      clock.now += 9_999;
      await cache.get(of("a"));
      equal(cache.stats().storeHits, 0);
      clock.now += 1;
      equal(plainUser(await cache.get(of("a"))), plainUser(found));
      equal([cache.stats().storeHits, asked.length], [1, 1]);
    }));

  test("without room in memory values are read from the store", async () => {
    const { cache, asked } = await opened({ inMemoryCapacity: 2 });
    for (const id of ["a", "b", "c", "c", "b", "a"]) await cache.get(of(id));
    equal(asked, ["a", "b", "c"]);
    equal(cache.stats().storeHits, 1);
  });

  if (traits.clock === "client") {
    test("after its time to live a value is looked up again", () =>
      withClock(async (clock) => {
        const first = await opened({ timeToLive: "2 seconds" });
        await first.cache.get(of("a"));
        clock.now += 1_999;
        await (await again(first)).cache.get(of("a"));
        await first.cache.get(of("a"));
        equal(first.asked, ["a"]);
        clock.now += 1;
        await first.cache.get(of("a"));
        equal(first.asked, ["a", "a"]);
      }));
  }

  test("a typed failure is kept, and thrown again as it was", async () => {
    const first = await opened({ lookup: failing(missing) });
    const second = await again(first);
    for (const { cache } of [first, first, second, second]) equal(await thrownBy(cache.get(of("a"))), missing);
    equal([first.asked, second.asked], [["a"], []]);
  });

  test("a defect is not kept, unless the time to live is asked for it", async () => {
    const defect = failing(new RangeError("odd", { cause: "why" }));
    for (const timeToLive of [HOUR, () => HOUR]) {
      const first = await opened({ lookup: defect, timeToLive });
      for (let times = 0; times < 2; times++) equal((await thrownBy(first.cache.get(of("a")))).message, "odd");
      equal(first.asked, ["a", "a"]);
    }
    const exits = [];
    const timeToLive = (exit, key) => {
      exits.push([exit._tag, key.id]);
      return HOUR;
    };
    const first = await opened({ lookup: defect, timeToLive });
    const second = await again(first, { timeToLive });
    for (const { cache } of [first, first, second]) {
      const thrown = await thrownBy(cache.get(of("a")));
      ok(thrown instanceof Error, String(thrown));
      equal([thrown.name, thrown.message, thrown.cause], ["RangeError", "odd", "why"]);
    }
    equal([first.asked, second.asked], [["a"], []]);
    equal(exits, [["Failure", "a"]]);
  });

  test("a time to live of zero or less keeps nothing, neither in the store nor in memory", async () => {
    for (const none of [0, -1, "0 seconds"]) {
      const timeToLive = (exit) => (exit._tag === "Success" ? none : HOUR);
      const first = await opened({ timeToLive });
      for (let times = 0; times < 2; times++) await first.cache.get(of("a"));
      equal(first.asked, ["a", "a"]);
      const second = await again(first);
      await second.cache.get(of("a"));
      equal(second.asked, ["a"]);
    }
  });

  test("what is invalidated is looked up again, by everybody", async () => {
    const first = await opened();
    const old = await first.cache.get(of("a"));
    await first.cache.get(of("b"));
    await first.cache.invalidate(of("a"));
    const second = await again(first);
    const fresh = await second.cache.get(of("a"));
    ok(fresh.name !== old.name, "another user");
    equal(plainUser(await first.cache.get(of("a"))), plainUser(fresh));
    await first.cache.get(of("b"));
    equal([first.asked, second.asked], [["a", "b"], ["a"]]);
    await first.cache.invalidate(of("never there"));
  });

  test("what is invalidated while it is looked up is not kept", async () => {
    const { wait, resolve, begun } = held();
    let lookup = wait;
    const first = await opened({ lookup: (key) => lookup(key) });
    const under = first.cache.get(of("a"));
    await begun;
    await first.cache.invalidate(of("a"));
    lookup = ({ id }) => someone(id);
    resolve({ name: "old", born: new Date(0) });
    equal((await under).name, "old");
    ok((await first.cache.get(of("a"))).name !== "old", "it is looked up again");
    ok((await (await again(first)).cache.get(of("a"))).name !== "old", "it is not in the store");
  });

  test("a value that is set is in memory and in the store", async () => {
    const first = await opened();
    await first.cache.get(of("a"));
    const set = { name: "set", born: new Date(7) };
    await first.cache.set(of("a"), set);
    await first.cache.set(of("new"), set);
    const second = await again(first);
    for (const { cache } of [first, second]) {
      for (const id of ["a", "new"]) equal(plainUser(await cache.get(of(id))), plainUser(set));
    }
    equal([first.asked, second.asked], [["a"], []]);
    const refused = await thrownBy(first.cache.set(of("a"), { name: "set", born: "no date" }));
    ok(refused instanceof durastate.SchemaError, String(refused));
    equal(plainUser(await first.cache.get(of("a"))), plainUser(set));
  });

  test("a refresh looks up what is there already, once for many", async () => {
    const first = await opened();
    const old = await first.cache.get(of("a"));
    const [fresh, same] = await Promise.all([first.cache.refresh(of("a")), first.cache.refresh(of("a"))]);
    ok(fresh.name !== old.name && same.name === fresh.name, `${old.name}, ${fresh.name}, ${same.name}`);
    equal(first.asked, ["a", "a"]);
    const second = await again(first);
    for (const { cache } of [first, second]) equal((await cache.get(of("a"))).name, fresh.name);
    equal(second.asked, []);
  });

  test("what the store holds is read together: those that are not there are looked up", async () => {
    const first = await opened();
    const ids = Array.from({ length: 30 }, (_, at) => `key ${at}`);
    const found = await first.cache.getMany(ids.map(of));
    const second = await again(first);
    const more = await second.cache.getMany([...ids, "new"].map(of));
    equal(more.slice(0, -1).map(plainUser), found.map(plainUser));
    equal(second.asked, ["new"]);
    equal(second.cache.stats().storeHits, ids.length);
  });

  test("it counts what it did", async () => {
    const first = await opened();
    await first.cache.get(of("a"));
    await first.cache.get(of("a"));
    const second = await again(first, { lookup: failing(new Error("no")) });
    await second.cache.get(of("a"));
    await thrownBy(second.cache.get(of("b")));
    const counts = ({ hits, misses, storeHits, lookups, size }) => [hits, misses, storeHits, lookups, size];
    equal(counts(first.cache.stats()), [1, 1, 0, 1, 1]);
    equal(counts(second.cache.stats()), [0, 2, 1, 1, 1]);
  });
}
