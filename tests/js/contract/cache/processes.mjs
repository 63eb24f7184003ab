import { equal, ok } from "../../support/assert.mjs";
import { eventually, withClock } from "../persistence/clock.mjs";
import { held, plainUser, thrownBy, users } from "./users.mjs";

const LEASE = 240;

export function processes(suite) {
  const { test, open, traits } = suite;
  const { of, opened, someone } = users(suite);

  /** Caches of one store in several processes; each takes its own options. */
  async function several(...each) {
    const place = await open();
    const storeId = place.id("users");
    const made = [];
    for (const options of each) made.push(await opened({ place, storeId, ...options }));
    return made;
  }
  /** Waits until this process has asked the store so often, so that it can do nothing but wait. */
  const waits = async ({ gate }, calls = 3) => {
    if (!gate) {
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
      return;
    }
    const before = gate.calls;
    await eventually(() => gate.calls >= before + calls, "it asks the store");
  };
  /** With a clock that stands still, where it is this process's clock that ends a lease; `pass` lets time go by. */
  const timed = (run) =>
    traits.leases === "client"
      ? withClock((clock) =>
          run(async (milliseconds) => {
            clock.now += milliseconds;
          }),
        )
      : run((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)));

  test("while one process looks a key up the others wait for it", async () => {
    const { wait, resolve, begun } = held();
    const [first, second, third] = await several({ lookup: wait }, {}, {});
    const gets = [first.cache.get(of("a"))];
    await begun;
    gets.push(second.cache.get(of("a")), second.cache.get(of("a")), third.cache.get(of("a")));
    await Promise.all([waits(second), waits(third)]);
    const found = someone("a");
    resolve(found);
    for (const user of await Promise.all(gets)) equal(plainUser(user), plainUser(found));
    equal([first.asked, second.asked, third.asked], [["a"], [], []]);
  });

  test("many gets in four processes at once run one lookup for each key", async () => {
    const all = await several({}, {}, {}, {});
    const ids = ["a", "b", "c"];
    const gets = Array.from({ length: 240 }, (_, at) => all[at % 4].cache.get(of(ids[at % 3])));
    const found = await Promise.all(gets);
    equal(all.flatMap(({ asked }) => asked).sort(), ids);
    equal(new Set(found.map(({ name }) => name)).size, 3);
  });

  test("with a single flight in the process alone, each process looks up by itself", async () => {
    const { wait, resolve, begun } = held();
    const [first, second] = await several({ lookup: wait }, { singleFlight: "process" });
    const get = first.cache.get(of("a"));
    await begun;
    await second.cache.get(of("a"));
    equal([first.asked, second.asked], [["a"], ["a"]]);
    resolve(someone("a"));
    await get;
  });

  test("a typed failure is what the others get, too", async () => {
    const { wait, reject, begun } = held();
    const [first, second] = await several({ lookup: wait }, {});
    const gets = [thrownBy(first.cache.get(of("a")))];
    await begun;
    gets.push(thrownBy(second.cache.get(of("a"))));
    await waits(second);
    reject({ code: "missing" });
    equal(await Promise.all(gets), [{ code: "missing" }, { code: "missing" }]);
    equal(second.asked, []);
  });

  test("a lookup that ends without anything to keep lets the next process look up at once", () =>
    timed(async () => {
      for (const options of [{ reject: new Error("it fails in a test") }, { resolve: someone("a"), timeToLive: 0 }]) {
        const { wait, begun, ...settle } = held();
        const [first, second] = await several({ lookup: wait, lease: "1 hour", ...options }, { lease: "1 hour" });
        const get = first.cache.get(of("a")).catch(() => undefined);
        await begun;
        const other = second.cache.get(of("a"));
        await waits(second);
        if (options.reject) settle.reject(options.reject);
        else settle.resolve(options.resolve);
        await get;
        ok((await other).name.startsWith("a "), "a user of its own");
        equal(second.asked, ["a"]);
      }
    }));

  test("what another process invalidates while it is looked up is not kept", async () => {
    const { wait, resolve, begun } = held();
    const [first, second, third] = await several({ lookup: wait }, {}, {});
    const get = first.cache.get(of("a"));
    await begun;
    await second.cache.invalidate(of("a"));
    resolve({ name: "old", born: new Date(0) });
    equal((await get).name, "old");
    ok((await third.cache.get(of("a"))).name !== "old", "it is not in the store");
    equal(third.asked, ["a"]);
  });

  test("who waits for another process can leave", async () => {
    const { wait, resolve, begun } = held();
    const [first, second] = await several({ lookup: wait }, {});
    const get = first.cache.get(of("a"));
    await begun;
    const leaver = new AbortController();
    const left = thrownBy(second.cache.get(of("a"), { signal: leaver.signal }));
    await waits(second);
    const reason = new Error("I have to leave");
    leaver.abort(reason);
    ok((await left) === reason, "the reason of the signal");
    resolve(someone("a"));
    await get;
    equal(second.asked, []);
  });

  if (!traits.gate) return;

  test("when a process hangs in its lookup another one takes over, and what the first one finds is not kept", () =>
    timed(async (pass) => {
      const { wait, resolve, begun } = held();
      const lease = LEASE;
      const [first, second, third] = await several({ lookup: wait, lease }, { lease }, { lease });
      const get = first.cache.get(of("a"));
      await begun;
      first.gate.close();
      const other = second.cache.get(of("a"));
      await waits(second, 2);
      equal(second.asked, []);
      await pass(LEASE);
      ok((await other).name.startsWith("a "), "a user of its own");
      equal(second.asked, ["a"]);
      first.gate.open();
      resolve({ name: "late", born: new Date(0) });
      equal((await get).name, "late", "its own callers get it");
      ok((await third.cache.get(of("a"))).name !== "late", "nobody else does");
    }));

  test("a lookup that takes longer than its lease goes on to hold it", () =>
    timed(async (pass) => {
      const { wait, resolve, begun } = held();
      const lease = LEASE;
      const [first, second] = await several({ lookup: wait, lease }, { lease });
      const get = first.cache.get(of("a"));
      await begun;
      const other = second.cache.get(of("a"));
      for (let times = 0; times < 5; times++) {
        await waits(first, 1);
        await pass(LEASE / 3);
      }
      equal(second.asked, []);
      const found = someone("a");
      resolve(found);
      for (const user of await Promise.all([get, other])) equal(plainUser(user), plainUser(found));
      equal(second.asked, []);
    }));
}
