import { ok } from "../../support/assert.mjs";
import { eventually } from "../persistence/clock.mjs";
import { users } from "./users.mjs";

export function news(suite) {
  const { test } = suite;
  const { of, opened } = users(suite);

  /** Two processes; the first one has a user in its memory for as long as nobody tells it otherwise. */
  async function both(options) {
    const first = await opened({ inMemoryTTL: "1 hour", ...options });
    const second = await opened({ place: first.place, storeId: first.storeId, ...options });
    return { first, second, old: await first.cache.get(of("a")) };
  }
  // The first ones may be told before the other process listens.
  const until = (change, look, what) =>
    eventually(async () => {
      await change();
      return look();
    }, what);

  test("what another process invalidates leaves the memory", async () => {
    const { first, second, old } = await both();
    await until(
      () => second.cache.invalidate(of("a")),
      async () => (await first.cache.get(of("a"))).name !== old.name,
      "it was looked up again",
    );
  });

  test("what another process sets or refreshes is seen", async () => {
    const { first, second } = await both();
    const set = { name: "set", born: new Date(7) };
    await until(
      () => second.cache.set(of("a"), set),
      async () => (await first.cache.get(of("a"))).name === "set",
      "the value that was set",
    );
    const fresh = await second.cache.refresh(of("a"));
    await eventually(async () => (await first.cache.get(of("a"))).name === fresh.name, "the refreshed value");
    ok(first.asked.length === 1, "nothing of it was looked up here");
  });

  test("a tag that another process invalidates is known", async () => {
    const { first, second, old } = await both({ tags: () => ["t"] });
    await until(
      () => second.cache.invalidateTag("t"),
      async () => (await first.cache.get(of("a"))).name !== old.name,
      "it was looked up again",
    );
  });

  test("who is closed listens no more", async () => {
    const { first, second, old } = await both();
    await until(
      () => second.cache.invalidate(of("a")),
      async () => (await first.cache.get(of("a"))).name !== old.name,
      "it was looked up again",
    );
    await first.cache.close();
    const still = await first.cache.get(of("a"));
    await second.cache.set(of("a"), { name: "set", born: new Date(7) });
    const third = await opened({ place: first.place, storeId: first.storeId });
    await third.cache.get(of("a"));
    ok((await first.cache.get(of("a"))).name === still.name, "it stays in memory");
  });
}
