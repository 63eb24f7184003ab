import { equal, ok, rejects } from "../../support/assert.mjs";
import { withClock } from "../persistence/clock.mjs";
import { HOUR, held, users } from "./users.mjs";

export function tags(suite) {
  const { test, durastate, traits } = suite;
  const { of, opened, someone } = users(suite);
  if (!traits.tags) {
    test("where tags can not be invalidated that is said, and all else works", async () => {
      const { cache, asked, reported } = await opened({ tags: ({ id }) => [id] });
      await cache.get(of("a"));
      await rejects(cache.invalidateTag("a"), durastate.PersistenceError);
      await cache.invalidate(of("a"));
      await cache.get(of("a"));
      equal([asked, reported], [["a", "a"], []]);
    });
    return;
  }

  /** Keys have the tags of the letters that they are made of. */
  const letters = ({ id }) => [...id];

  test("what has an invalidated tag is looked up again, and nothing else is", async () => {
    const { cache, asked } = await opened({ tags: letters });
    for (const id of ["ab", "bc", "cd", "d"]) await cache.get(of(id));
    await cache.invalidateTag("b");
    asked.length = 0;
    for (const id of ["ab", "bc", "cd", "d"]) await cache.get(of(id));
    for (const id of ["ab", "bc", "cd", "d"]) await cache.get(of(id));
    equal(asked, ["ab", "bc"]);
    await cache.invalidateTag("of nobody");
    await cache.get(of("ab"));
    equal(asked, ["ab", "bc"]);
  });

  test("for another cache too what has an invalidated tag is missing in the store", async () => {
    const first = await opened({ tags: letters });
    for (const id of ["ab", "bc", "d"]) await first.cache.get(of(id));
    await first.cache.invalidateTag("a");
    const second = await opened({ place: first.place, storeId: first.storeId, tags: letters });
    await second.cache.getMany(["ab", "bc", "d"].map(of));
    equal(second.asked, ["ab"]);
    const third = await opened({ place: first.place, storeId: first.storeId, tags: letters });
    await third.cache.getMany(["ab", "bc", "d"].map(of));
    equal(third.asked, [], "what was looked up since is good");
  });

  test("a tag that another cache invalidates is known when the time in memory is over", () =>
    withClock(async (clock) => {
      const first = await opened({ tags: letters, inMemoryTTL: "10 seconds" });
      const second = await opened({ place: first.place, storeId: first.storeId, tags: letters });
      await first.cache.get(of("ab"));
      await second.cache.invalidateTag("a");
      clock.now += 10_000;
      await first.cache.get(of("ab"));
      equal(first.asked, ["ab", "ab"]);
    }));

  test("a tag that is invalidated while a key is looked up concerns it", async () => {
    const { wait, resolve, begun } = held();
    let lookup = wait;
    const { cache, asked } = await opened({ tags: letters, lookup: (key) => lookup(key) });
    const under = cache.get(of("ab"));
    await begun;
    await cache.invalidateTag("a");
    lookup = ({ id }) => someone(id);
    resolve({ name: "old", born: new Date(0) });
    equal((await under).name, "old");
    ok((await cache.get(of("ab"))).name !== "old", "it is looked up again");
    equal(asked, ["ab", "ab"]);
  });

  test("an invalidated tag invalidates what is made later no more", async () => {
    const { cache, asked } = await opened({ tags: letters });
    for (let times = 1; times <= 3; times++) {
      await cache.invalidateTag("a");
      await cache.get(of("a"));
      await cache.get(of("a"));
      equal(asked.length, times);
    }
  });

  test("a value that is set has the tags of its key", async () => {
    const first = await opened({ tags: letters });
    await first.cache.invalidateTag("a");
    await first.cache.set(of("ab"), { name: "set", born: new Date(7) });
    const again = () => opened({ place: first.place, storeId: first.storeId, tags: letters });
    const second = await again();
    equal((await second.cache.get(of("ab"))).name, "set");
    await second.cache.invalidateTag("b");
    const third = await again();
    await third.cache.get(of("ab"));
    equal([second.asked, third.asked], [[], ["ab"]]);
  });

  if (traits.raw) {
    test("what is stored is the exit and one field more", async () => {
      const { cache, place, storeId } = await opened({ tags: letters, timeToLive: HOUR });
      const { name } = await cache.get(of("ab"));
      const { durastate: more, ...exit } = JSON.parse(await place.raw(storeId, "ab"));
      equal(exit, { _tag: "Success", value: { name, born: "1970-01-01T00:00:00.005Z" } });
      equal(Object.keys(more.tags).sort(), ["a", "b"]);
    });
  }
}
