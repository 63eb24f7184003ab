import { equal, ok, rejects } from "../../support/assert.mjs";
import { eventually } from "../persistence/clock.mjs";
import { users } from "./users.mjs";

export function failing(suite) {
  const { test, durastate, traits } = suite;
  const { PersistenceError } = durastate;
  const { of, opened, someone } = users(suite);

  test("a store that can neither be read nor written fails no lookup, and is reported", async () => {
    const { cache, asked, reported, gate, place, storeId } = await opened();
    gate.fail();
    ok((await cache.get(of("a"))).name.startsWith("a "), "a user");
    equal(asked, ["a"]);
    ok(reported.length > 0, "it is reported");
    for (const error of reported) {
      ok(error instanceof PersistenceError, String(error));
      equal(error.storeId, storeId);
      ok(!error.message.includes("it fails in a test"), "what the host says is not shown");
    }
    equal((await cache.getMany(["b", "c"].map(of))).length, 2);
    equal(asked.slice(1).sort(), ["b", "c"]);
    gate.fail(() => false);
    await cache.get(of("d"));
    const second = await opened({ place, storeId });
    await second.cache.get(of("d"));
    equal(second.asked, [], "a store that works again is used");
  });

  test("what a store refuses to hold is given all the same, and reported with its key", async () => {
    const { cache, asked, reported, gate } = await opened();
    await cache.get(of("before"));
    let calls = 0;
    // what is sent once the lookup has ended is what stores it
    gate.fail(() => asked.length > 1 && ++calls > 0);
    const found = await cache.get(of("a"));
    ok(found.name.startsWith("a "), found.name);
    ok(calls > 0 && reported.length > 0, "it is reported");
    ok(
      reported.some(({ key }) => key === "a"),
      "with its key",
    );
  });

  test("invalidate and set say that the store failed, and so does a tag", async () => {
    const { cache, gate } = await opened(traits.tags ? { tags: () => ["t"] } : {});
    const { name, born } = await cache.get(of("a"));
    gate.fail();
    for (const call of [
      () => cache.invalidate(of("a")),
      () => cache.set(of("a"), { name, born }),
      () => cache.invalidateTag("t"),
    ]) {
      await rejects(call(), PersistenceError);
    }
  });

  test("what is invalidated while it is being stored is not kept in memory", async () => {
    let calls = Number.POSITIVE_INFINITY;
    const { cache, asked, gate } = await opened({
      lookup({ id }) {
        gate.close();
        calls = gate.calls;
        return someone(id);
      },
    });
    const get = cache.get(of("a"));
    await eventually(() => gate.calls > calls, "it stores what it found");
    const invalidated = cache.invalidate(of("a"));
    gate.open();
    await Promise.all([get, invalidated]);
    const again = cache.get(of("a"));
    await eventually(() => asked.length > 1, "it looks up again");
    gate.open();
    await again;
  });
}
