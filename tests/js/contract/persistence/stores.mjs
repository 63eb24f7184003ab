import { equal, ok } from "../../support/assert.mjs";
import { requests } from "./requests.mjs";

const IDS = [
  "a",
  "A",
  "a b",
  "a:b",
  "a%3Ab",
  "a%b",
  "a*b",
  "[a]",
  "a?",
  "a.b",
  "a/b",
  "it's",
  '"a"',
  "`a`",
  "é",
  "😀",
  "--",
];
const KEYS = [
  "a",
  "A",
  "é",
  "e\u0301",
  " ",
  "a ",
  "u/1",
  "a:b",
  "100%",
  "a_b",
  "*",
  "[x]!",
  "it's",
  '"quoted"',
  "back\\slash",
  "😀/日本語",
  "line\nbreak",
  "\u0000",
  "a\u0000b",
  "__proto__",
  "constructor",
  "{tag}",
  "durastate:claim:a",
  "x".repeat(150),
];

export function stores({ test, open, durastate, traits }) {
  const { Exit } = durastate;
  const { Any } = requests(durastate);
  const of = (id) => Any({ id });
  const value = (of) => Exit.succeed(`value of ${of}`);

  test("stores of different ids do not see each other, however odd the ids are", async () => {
    const place = await open();
    const { persistence } = place.process();
    const begins = place.id("odd");
    const ids = traits.anyStoreId ? [begins, ...IDS.map((id) => `${begins}${id}`)] : [begins, `${begins}_a`];
    const stores = [];
    for (const storeId of ids) stores.push([storeId, await persistence.make({ storeId })]);
    for (const [id, store] of stores) await store.set(of("k"), value(id));
    for (const [id, store] of stores) equal(await store.get(of("k")), value(id), id);
    for (const [at, [id, store]] of stores.entries()) {
      if (at % 2) await store.remove(of("k"));
      else await store.clear();
      equal(await store.get(of("k")), undefined, id);
      for (const [id, store] of stores.slice(at + 1)) equal(await store.get(of("k")), value(id), id);
    }
  });

  if (traits.anyStoreId) {
    test("a key is never taken for one of a store whose id it continues", async () => {
      const place = await open();
      const { persistence } = place.process();
      const begins = place.id("odd");
      const made = [];
      for (const [end, key] of [
        ["", "b:k"],
        [":b", "k"],
        ["%3Ab", "k"],
        ["%253Ab", "k"],
      ]) {
        made.push([await persistence.make({ storeId: `${begins}${end}` }), of(key), value(end)]);
      }
      for (const [store, key, exit] of made) await store.set(key, exit);
      for (const [store, key, exit] of made) equal(await store.get(key), exit);
      await made[0][0].clear();
      for (const [store, key, exit] of made.slice(1)) equal(await store.get(key), exit);
    });
  }

  test("keys may be odd, and are different from each other", async () => {
    const place = await open();
    const store = await place.process().persistence.make({ storeId: place.id("odd") });
    const keys = KEYS.filter((key) => !traits.refuses.test(key));
    ok(keys.length > 15);
    for (const key of keys) equal(await store.get(of(key)), undefined, JSON.stringify(key));
    await store.setMany(keys.slice(0, 9).map((key) => [of(key), value(key)]));
    for (const key of keys.slice(9)) await store.set(of(key), value(key));
    equal(await store.getMany(keys.map(of)), keys.map(value));
    for (const [at, key] of keys.entries()) {
      equal(await store.get(of(key)), value(key), JSON.stringify(key));
      await store.remove(of(key));
      const left = await store.getMany(keys.map(of));
      equal(left, [...keys.slice(0, at + 1).map(() => undefined), ...keys.slice(at + 1).map(value)], key);
    }
  });

  test("a key that can not be held is refused, and the others stay as they are", async () => {
    const { PersistenceError } = durastate;
    const place = await open();
    const storeId = place.id("odd");
    const store = await place.process().persistence.make({ storeId });
    await store.set(of("a"), value("a"));
    const refused = KEYS.filter((key) => traits.refuses.test(key));
    for (const key of refused) {
      const error = await store.set(of(key), value("new")).catch((error) => error);
      ok(error instanceof PersistenceError, `${JSON.stringify(key)}: ${error}`);
      equal([error.storeId, error.operation, error.key], [storeId, "set", key]);
    }
    equal(await store.get(of("a")), value("a"));
  });

  test("whoever opens a store again, here or in another process, sees what is in it", async () => {
    const place = await open();
    const storeId = place.id("shared");
    const [one, other] = [place.process(), place.process()];
    const first = await one.persistence.make({ storeId });
    await first.set(of("a"), value("a"));
    for (const { persistence } of [one, other]) {
      const again = await persistence.make({ storeId });
      equal(await again.get(of("a")), value("a"));
      await again.set(of("a"), value("a"));
      await again.set(of("b"), value("b"));
      equal(await first.getMany([of("b"), of("a")]), [value("b"), value("a")]);
      await again.clear();
      equal(await first.getMany([of("b"), of("a")]), [undefined, undefined]);
      await first.set(of("a"), value("a"));
    }
  });
}
