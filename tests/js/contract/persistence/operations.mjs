import { equal, ok } from "../../support/assert.mjs";
import { requests } from "./requests.mjs";

export function operations({ test, open, durastate }) {
  const { Exit } = durastate;
  const { Any } = requests(durastate);
  const of = (id) => Any({ id });
  const value = (id) => Exit.succeed(`value of ${id}`);
  const opened = async () => {
    const place = await open();
    return place.process().persistence.make({ storeId: place.id("users") });
  };

  test("a result that nobody stored is missing", async () => {
    const store = await opened();
    equal(await store.get(of("a")), undefined);
    equal(await store.getMany([of("a"), of("b")]), [undefined, undefined]);
    equal(await store.remove(of("a")), undefined);
    equal(await store.clear(), undefined);
  });

  test("a result comes back, is replaced, and is removed", async () => {
    const store = await opened();
    equal(await store.set(of("a"), Exit.succeed({ n: 1 })), undefined);
    equal(await store.get(of("a")), Exit.succeed({ n: 1 }));
    await store.set(of("a"), Exit.fail("no"));
    equal(await store.get(of("a")), Exit.fail("no"));
    await store.set(of("b"), value("b"));
    equal(await store.remove(of("a")), undefined);
    equal(await store.get(of("a")), undefined);
    equal(await store.get(of("b")), value("b"));
  });

  test("a result is found by the primary key alone, whatever else a request carries", async () => {
    const store = await opened();
    await store.set(Any({ id: "a", colour: "red" }), value("a"));
    equal(await store.get(Any({ id: "a", colour: "blue" })), value("a"));
  });

  test("getMany answers in the order it was asked, duplicates and gaps included", async () => {
    const store = await opened();
    await store.setMany([
      [of("a"), value("a")],
      [of("b"), Exit.fail("b")],
    ]);
    const asked = ["b", "x", "a", "b", "a"].map(of);
    equal(await store.getMany(asked), [Exit.fail("b"), undefined, value("a"), Exit.fail("b"), value("a")]);
    equal(await store.getMany([]), []);
  });

  test("setMany stores all of them, over what was there", async () => {
    const store = await opened();
    await store.set(of("a"), value("old"));
    equal(
      await store.setMany([
        [of("a"), value("a")],
        [of("b"), value("b")],
      ]),
      undefined,
    );
    equal(await store.getMany([of("a"), of("b")]), [value("a"), value("b")]);
    equal(await store.setMany([]), undefined);
  });

  test("of several results for one key in a setMany the last one counts", async () => {
    const store = await opened();
    await store.setMany([
      [of("a"), value("first")],
      [of("b"), value("b")],
      [of("a"), value("second")],
      [of("a"), value("last")],
    ]);
    equal(await store.getMany([of("a"), of("b")]), [value("last"), value("b")]);
  });

  test("what several calls write at once is all there, and one key has one of its values", async () => {
    const store = await opened();
    const ids = Array.from({ length: 20 }, (_, at) => `key ${at}`);
    const same = ids.map((id) => store.set(of("same"), value(id)));
    await Promise.all([...same, ...ids.map((id) => store.set(of(id), value(id)))]);
    equal(await store.getMany(ids.map(of)), ids.map(value));
    ok(ids.map((id) => value(id).value).includes((await store.get(of("same"))).value));
  });

  test("250 keys at once", async () => {
    const store = await opened();
    const ids = Array.from({ length: 250 }, (_, at) => `key ${at}`);
    await store.setMany(ids.map((id) => [of(id), value(id)]));
    const asked = ["missing", ...ids.slice().reverse(), "key 3"];
    equal(await store.getMany(asked.map(of)), [undefined, ...ids.slice().reverse().map(value), value("key 3")]);
    await store.clear();
    equal(
      await store.getMany(asked.map(of)),
      asked.map(() => undefined),
    );
  });

  test("clear leaves room for new results", async () => {
    const store = await opened();
    await store.set(of("a"), value("a"));
    await store.clear();
    equal(await store.get(of("a")), undefined);
    await store.set(of("a"), value("again"));
    equal(await store.get(of("a")), value("again"));
  });
}
