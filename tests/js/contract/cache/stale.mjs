import { equal, ok } from "../../support/assert.mjs";
import { eventually, withClock } from "../persistence/clock.mjs";
import { held, plainUser, thrownBy, users } from "./users.mjs";

// What the store itself times must outlive the test; what is fresh is told by this process's clock.
const FRESH = 60_000;

export function stale(suite) {
  const { test, traits } = suite;
  const { of, opened, someone } = users(suite);

  test("with staleWhileRevalidate what is no longer fresh is served at once, and looked up behind", () =>
    withClock(async (clock) => {
      const { wait, resolve, begun } = held();
      let lookup = ({ id }) => someone(id);
      const options = { timeToLive: FRESH, staleWhileRevalidate: "1 hour", lookup: (key) => lookup(key) };
      const first = await opened(options);
      const old = await first.cache.get(of("a"));
      clock.now += FRESH;
      lookup = wait;
      const second = await opened({ ...options, place: first.place, storeId: first.storeId });
      equal(plainUser(await second.cache.get(of("a"))), plainUser(old), "from the store");
      await begun;
      equal(plainUser(await second.cache.get(of("a"))), plainUser(old), "while it is looked up");
      const fresh = someone("a");
      resolve(fresh);
      await eventually(async () => (await second.cache.get(of("a"))).name === fresh.name, "it is fresh");
      equal([first.asked, second.asked], [["a"], ["a"]]);
    }));

  test("with grace what is no longer fresh is served when the lookup fails, and only then", () =>
    withClock(async (clock) => {
      let lookup = ({ id }) => someone(id);
      const options = { timeToLive: FRESH, grace: "1 hour", lookup: (key) => lookup(key) };
      const first = await opened(options);
      const old = await first.cache.get(of("a"));
      clock.now += FRESH;
      lookup = () => {
        throw new Error("it fails in a test");
      };
      const second = await opened({ ...options, place: first.place, storeId: first.storeId });
      for (const { cache, asked } of [first, second]) {
        const before = asked.length;
        equal(plainUser(await cache.get(of("a"))), plainUser(old));
        ok(asked.length > before, "the lookup was tried");
      }
      equal((await thrownBy(second.cache.get(of("never there")))).message, "it fails in a test");
      lookup = ({ id }) => someone(id);
      clock.now += FRESH;
      ok((await second.cache.get(of("a"))).name !== old.name, "a lookup that works again is used");
    }));

  if (traits.clock === "client") {
    test("what is older than its time to live and its grace together is gone", () =>
      withClock(async (clock) => {
        let lookup = ({ id }) => someone(id);
        const { cache } = await opened({ timeToLive: FRESH, grace: FRESH, lookup: (key) => lookup(key) });
        await cache.get(of("a"));
        lookup = () => {
          throw new Error("it fails in a test");
        };
        clock.now += 2 * FRESH;
        equal((await thrownBy(cache.get(of("a")))).message, "it fails in a test");
      }));
  }
}
