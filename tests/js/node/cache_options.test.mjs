// The options of a cache: what is refused, and how.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PersistedCache, Persistence } from "durastate";

const good = { persistence: Persistence.memory(), storeId: "users", timeToLive: "1 hour", lookup: () => 5 };

const wrong = {
  persistence: [undefined, null, {}, "redis"],
  storeId: [undefined, "", 5, "\ud800"],
  lookup: [undefined, null, 5],
  timeToLive: [undefined, null, "1 lightyear", "soon", {}, Number.NaN],
  inMemoryCapacity: [-1, 1.5, "many", Number.NaN, null],
  inMemoryTTL: [null, "1 lightyear", {}],
  inMemoryWeight: [5, null],
  singleFlight: ["thread", true, null],
  lease: [0, -1, Number.POSITIVE_INFINITY, "1 lightyear", null],
  staleWhileRevalidate: [-1, "1 lightyear"],
  grace: [-1, "1 lightyear"],
  softTimeout: [-1, "1 lightyear"],
  hardTimeout: [-1, 0, "1 lightyear"],
  earlyRefresh: [0, 1, -0.5, Number.NaN, "half"],
  tags: [["a"], "a", null],
  onError: [5, "log", null],
};

for (const [option, values] of Object.entries(wrong)) {
  test(`${option} is refused where it is wrong, by its name`, async () => {
    for (const value of values) {
      await assert.rejects(PersistedCache.make({ ...good, [option]: value }), (error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError, `${error} for ${String(value)}`);
        assert.match(error.message, new RegExp(`\\b${option} of PersistedCache\\.make`));
        return true;
      });
    }
  });
}

test("options that are none are refused", async () => {
  for (const options of [undefined, null, 5]) {
    await assert.rejects(PersistedCache.make(options), {
      name: "TypeError",
      message: /options of PersistedCache\.make/,
    });
  }
});

test("what can be given is taken", async () => {
  for (const options of [
    { timeToLive: Number.POSITIVE_INFINITY },
    { timeToLive: -1 },
    { timeToLive: { minutes: 5 } },
    { inMemoryCapacity: 0 },
    { inMemoryCapacity: Number.POSITIVE_INFINITY },
    { inMemoryCapacity: 0.5, inMemoryWeight: () => 0.1 },
    { inMemoryTTL: 0 },
    { softTimeout: 0 },
    { staleWhileRevalidate: "Infinity", grace: 0 },
    { singleFlight: undefined, lease: undefined, onError: undefined },
  ]) {
    await PersistedCache.make({ ...good, ...options });
  }
});
