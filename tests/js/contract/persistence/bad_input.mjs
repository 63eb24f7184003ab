import { equal, ok, rejects } from "../../support/assert.mjs";
import { requests } from "./requests.mjs";

const LARGE = 10 * 1024 * 1024;
const SECRET = "5ecre7";

export function badInput({ test, open, durastate, traits }) {
  const { Exit, Persistable, PersistenceError, SchemaError } = durastate;
  const { Any, Text, When } = requests(durastate);
  const of = (id) => Any({ id });
  const opened = async () => {
    const place = await open();
    const storeId = place.id("bad");
    const store = await place.process().persistence.make({ storeId });
    await store.set(of("a"), Exit.succeed("before"));
    /** Fails unless both ways to store this are refused by an error that says where, and nothing has changed. */
    const isRefused = async (key, exit, Class = SchemaError) => {
      for (const operation of ["set", "setMany"]) {
        const call =
          operation === "set"
            ? store.set(key, exit)
            : store.setMany([
                [of("b"), Exit.succeed(1)],
                [key, exit],
              ]);
        const error = await rejects(call, Class);
        const where = `Persistence.${operation} of key "${key.id}" in the store "${storeId}" failed: `;
        ok(error.message.startsWith(where), error.message);
        ok(error.message.length < where.length + 300 && !error.message.includes(SECRET), error.message);
        equal(await store.getMany([of("a"), of("b")]), [Exit.succeed("before"), undefined]);
      }
    };
    return { place, storeId, store, isRefused };
  };

  test("a value that JSON would change, and that has no schema, is refused", async () => {
    const { isRefused } = await opened();
    const circle = { name: SECRET };
    circle.self = circle;
    const values = [
      circle,
      1n,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Date(0),
      new Map(),
      new Uint8Array(1),
      () => 1,
    ];
    for (const value of [...values, Symbol("s"), [undefined], { deep: [2n] }]) {
      await isRefused(of("a"), Exit.succeed(value));
      await isRefused(of("a"), Exit.fail(value));
    }
  });

  test("a value that the schema refuses is not stored", async () => {
    const { isRefused } = await opened();
    await isRefused(Text({ id: "a" }), Exit.succeed(5));
    await isRefused(Text({ id: "a" }), Exit.fail({ password: SECRET }));
    await isRefused(When({ id: "a" }), Exit.succeed(SECRET));
    const cause = [
      { _tag: "Die", defect: 1 },
      { _tag: "Fail", error: 5 },
    ];
    await isRefused(Text({ id: "a" }), { _tag: "Failure", cause });
  });

  test("a defect is always storable", async () => {
    const { store } = await opened();
    const circle = new Error("circle");
    circle.cause = circle;
    const loop = { a: 1 };
    loop.loop = loop;
    let deep = new Error("0");
    for (let at = 1; at < 5_000; at++) deep = new Error(String(at), { cause: deep });
    const thrower = Object.defineProperty({}, "message", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    const defects = [
      circle,
      loop,
      deep,
      thrower,
      Symbol("s"),
      () => 1,
      new Map(),
      new Date(Number.NaN),
      Number.NaN,
      { n: 1n },
    ];
    for (const defect of defects) {
      await store.set(of("a"), Exit.die(defect));
      const back = await store.get(of("a"));
      equal([back._tag, back.cause.length, back.cause[0]._tag], ["Failure", 1, "Die"]);
    }
  });

  test("what is no exit is refused before anything is touched", async () => {
    const { store } = await opened();
    for (const wrong of [
      undefined,
      null,
      5,
      "Success",
      {},
      [],
      { _tag: "Succeeded", value: 1 },
      { _tag: "Failure" },
      { _tag: "Failure", cause: [{}] },
      Exit,
    ]) {
      for (const call of [() => store.set(of("a"), wrong), () => store.setMany([[of("a"), wrong]])]) {
        const error = await Promise.resolve()
          .then(call)
          .catch((error) => error);
        ok(error instanceof TypeError || error instanceof SchemaError, `${JSON.stringify(wrong)}: ${error}`);
      }
    }
    equal(await store.get(of("a")), Exit.succeed("before"));
  });

  test("what is no request is refused, and said to be none", async () => {
    const { store } = await opened();
    for (const wrong of [undefined, null, 5, "a", {}, [], { id: "a" }, Any]) {
      const calls = [
        () => store.get(wrong),
        () => store.getMany([of("a"), wrong]),
        () => store.set(wrong, Exit.succeed(1)),
        () => store.setMany([[wrong, Exit.succeed(1)]]),
        () => store.remove(wrong),
      ];
      for (const call of calls) await rejects(Promise.resolve().then(call), TypeError);
    }
    for (const wrong of [undefined, null, 5, {}]) {
      await rejects(
        Promise.resolve().then(() => store.getMany(wrong)),
        TypeError,
      );
      await rejects(
        Promise.resolve().then(() => store.setMany(wrong)),
        TypeError,
      );
      await rejects(
        Promise.resolve().then(() => store.setMany([wrong])),
        TypeError,
      );
    }
    equal(await store.get(of("a")), Exit.succeed("before"));
  });

  test("a primary key that is empty, or no text that can be stored, is refused", async () => {
    const { store } = await opened();
    for (const wrong of ["", "\ud83d", "a\udc00b", undefined, null, 5, {}]) {
      const call = (key) => [
        () => store.get(key()),
        () => store.set(key(), Exit.succeed(1)),
        () => store.remove(key()),
      ];
      const Loose = Persistable.make("Loose", { primaryKey: () => wrong });
      for (const run of call(() => Loose({}))) {
        const error = await Promise.resolve()
          .then(run)
          .catch((error) => error);
        ok(error instanceof TypeError || error instanceof PersistenceError, `${JSON.stringify(wrong)}: ${error}`);
      }
    }
    equal(await store.get(of("a")), Exit.succeed("before"));
  });

  test("a store id that is no text, or an empty one, is refused and named", async () => {
    const { persistence } = (await open()).process();
    for (const wrong of [undefined, null, 5, {}, [], "", "\ud83d"]) {
      const error = await Promise.resolve()
        .then(() => persistence.make({ storeId: wrong }))
        .catch((error) => error);
      const isTyped = error instanceof TypeError || error instanceof RangeError || error instanceof PersistenceError;
      ok(isTyped, `${JSON.stringify(wrong)}: ${error}`);
      ok(/storeId/.test(error.message), error.message);
    }
    for (const wrong of [undefined, null, 5]) {
      await rejects(
        Promise.resolve().then(() => persistence.make(wrong)),
        TypeError,
      );
    }
  });

  test("ten million characters are kept, or refused by an error that says where", async () => {
    const { storeId, store } = await opened();
    const large = Exit.succeed(SECRET + "x".repeat(LARGE));
    if (traits.room > LARGE) {
      await store.set(of("large"), large);
      ok((await store.get(of("large"))).value === large.value, "it comes back as it was");
      return;
    }
    const error = await rejects(store.set(of("a"), large), PersistenceError, { storeId, key: "a", operation: "set" });
    ok(error.message.length < 500 && !error.message.includes(SECRET), error.message);
    equal(await store.get(of("a")), Exit.succeed("before"));
  });

  test("an error shows a long key shortened", async () => {
    const { store } = await opened();
    const error = await rejects(store.set(of(`${SECRET}${"k".repeat(100_000)}`), Exit.succeed(1n)), SchemaError);
    ok(error.message.length < 500, `a message of ${error.message.length} characters`);
  });
}
