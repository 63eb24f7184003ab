import { equal, ok, rejects } from "../../support/assert.mjs";
import { eventually, withClock } from "./clock.mjs";
import { requests } from "./requests.mjs";

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;
const YEAR = 365 * 24 * 60 * MINUTE;
const FOREVER = Number.POSITIVE_INFINITY;
const WRONG = ["1 fortnight", "soon", "", null, true, {}.nothing, () => 5];

export function timesToLive({ test, open, durastate, traits }) {
  const { Exit } = durastate;
  const { Any } = requests(durastate);
  /** A request that carries how long its result lives. */
  const of = (id, ttl) => Any({ id, ttl });
  const opened = async (timeToLive = (_, { ttl }) => ttl) => {
    const place = await open();
    return place.process().persistence.make({ storeId: place.id("times"), timeToLive });
  };
  const value = Exit.succeed("value");

  test("how long a result lives is asked with the result and its request", async () => {
    const asked = [];
    const store = await opened((exit, request) => {
      asked.push([exit, request]);
      return "1 minute";
    });
    const [a, b] = [of("a"), of("b")];
    await store.set(a, value);
    await store.setMany([[b, Exit.fail("no")]]);
    equal(
      asked.map(([exit]) => exit),
      [value, Exit.fail("no")],
    );
    ok(asked[0][1] === a && asked[1][1] === b, "it is the request itself");
    equal(await store.getMany([a, b]), [value, Exit.fail("no")]);
  });

  test("zero or less stores nothing, and removes nothing", async () => {
    const store = await opened();
    await store.set(of("kept", FOREVER), Exit.fail("before"));
    for (const none of [0, -0, -1, -1500.5, "0 seconds", "-1 minute", Number.NEGATIVE_INFINITY]) {
      await store.set(of("new", none), value);
      await store.set(of("kept", none), value);
      await store.setMany([
        [of("new", none), value],
        [of("kept", none), value],
      ]);
      equal(await store.getMany([of("new"), of("kept")]), [undefined, Exit.fail("before")], String(none));
    }
  });

  test("of several results those with a time to live of zero are passed over", async () => {
    const store = await opened();
    const keys = ["1 hour", 0, { days: 2 }, -5, FOREVER].map((ttl, at) => of(`${at}`, ttl));
    await store.setMany(keys.map((key) => [key, value]));
    equal(await store.getMany(keys), [value, undefined, value, undefined, value]);
  });

  test("less than a millisecond is no error, and over soon", async () => {
    const store = await opened();
    await store.set(of("a", 0.4), value);
    await eventually(async () => (await store.get(of("a"))) === undefined, "the result is gone");
  });

  test("a time to live that is no duration is refused, and what was there stays", async () => {
    const store = await opened();
    await store.set(of("a", "1 hour"), Exit.succeed("before"));
    for (const wrong of WRONG) {
      for (const call of [() => store.set(of("a", wrong), value), () => store.setMany([[of("a", wrong), value]])]) {
        const failed = await Promise.resolve()
          .then(call)
          .catch((error) => error);
        ok(failed instanceof TypeError || failed instanceof RangeError, `${String(wrong)}: ${failed}`);
        ok(/timeToLive/.test(failed.message), failed.message);
      }
    }
    equal(await store.get(of("a")), Exit.succeed("before"));
    const place = await open();
    const { persistence } = place.process();
    for (const wrong of ["1 fortnight", "", true, null]) {
      const failed = await Promise.resolve()
        .then(() => persistence.make({ storeId: place.id("times"), timeToLive: wrong }))
        .catch((error) => error);
      ok(failed instanceof TypeError || failed instanceof RangeError, `${String(wrong)}: ${failed}`);
      ok(/timeToLive/.test(failed.message), failed.message);
    }
  });

  test("a time to live that throws is heard, and what was there stays", async () => {
    const thrown = new Error("no time");
    const store = await opened((_, { ttl }) => {
      if (ttl === "throw") throw thrown;
      return "1 hour";
    });
    await store.set(of("a"), Exit.succeed("before"));
    ok((await rejects(store.set(of("a", "throw"), value), Error)) === thrown, "it is the error itself");
    await rejects(
      store.setMany([
        [of("b"), value],
        [of("a", "throw"), value],
      ]),
      Error,
    );
    equal(await store.getMany([of("a"), of("b")]), [Exit.succeed("before"), undefined]);
  });

  test("a set without a time to live ends an earlier one", async () => {
    const store = await opened();
    for (const again of [(key) => store.set(key, value), (key) => store.setMany([[key, value]])]) {
      await store.set(of("a", 30), Exit.succeed("short"));
      await again(of("a", FOREVER));
      await store.set(of("b", 30), Exit.succeed("short"));
      await eventually(async () => (await store.get(of("b"))) === undefined, "the result is gone");
      equal(await store.get(of("a")), value);
    }
  });

  if (traits.clock === "client") onTheClock({ test, open, opened, of, value });
}

function onTheClock({ test, open, opened, of, value }) {
  test("a result is there until its moment, and then it is gone", () =>
    withClock(async (clock) => {
      const store = await opened();
      const began = clock.now;
      const lives = [
        [of("a millisecond", 1), 1],
        [of("a second", "1 second"), 1000],
        [of("a minute", { minutes: 1 }), MINUTE],
        [of("a week", "1 week"), WEEK],
      ];
      await store.setMany(lives.map(([key]) => [key, value]));
      for (const [key, milliseconds] of lives) {
        clock.now = began + milliseconds - 1;
        equal([await store.get(key), ...(await store.getMany([key]))], [value, value], key.id);
        clock.now = began + milliseconds;
        equal([await store.get(key), ...(await store.getMany([key]))], [undefined, undefined], key.id);
      }
    }));

  test("a fraction of a millisecond is kept or rounded", () =>
    withClock(async (clock) => {
      const store = await opened();
      await store.set(of("a", 1500.4), value);
      clock.now += 1499;
      equal(await store.get(of("a")), value);
      clock.now += 2;
      equal(await store.get(of("a")), undefined);
    }));

  test("without a time to live, or with an infinite one, a result stays", () =>
    withClock(async (clock) => {
      const place = await open();
      const { persistence } = place.process();
      const stores = [];
      for (const more of [{}, { timeToLive: FOREVER }, { timeToLive: () => FOREVER }]) {
        stores.push(await persistence.make({ storeId: place.id("times"), ...more }));
      }
      for (const store of stores) await store.set(of("a"), value);
      clock.now += 50 * YEAR;
      for (const store of stores) equal(await store.get(of("a")), value);
    }));

  test("a time to live may be one for all", () =>
    withClock(async (clock) => {
      const store = await opened("2 minutes");
      await store.set(of("a"), value);
      clock.now += 2 * MINUTE - 1;
      equal(await store.get(of("a")), value);
      clock.now += 1;
      equal(await store.get(of("a")), undefined);
    }));

  test("the time to live of the last set counts, and what has expired can be stored again", () =>
    withClock(async (clock) => {
      const store = await opened();
      await store.set(of("a", 10), value);
      await store.set(of("a", MINUTE), value);
      await store.set(of("b", MINUTE), value);
      await store.setMany([[of("b", 10), value]]);
      clock.now += 11;
      equal(await store.getMany([of("a"), of("b")]), [value, undefined]);
      await store.set(of("b", MINUTE), value);
      equal(await store.get(of("b")), value);
    }));
}
