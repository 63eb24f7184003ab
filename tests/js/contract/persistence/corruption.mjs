import { equal, ok, rejects } from "../../support/assert.mjs";
import { requests } from "./requests.mjs";

/** What is the exit of no request whatever. */
const UNREADABLE = [
  "{no json",
  "",
  '{"_tag":"Success","value":',
  "undefined",
  "\u0001",
  "null",
  "5",
  "{}",
  "[]",
  '"Success"',
  '{"_tag":"Successor","value":"a"}',
];
/** Exits, but of no request for texts. */
const UNFIT = [
  '{"_tag":"Success","value":5}',
  '{"_tag":"Success"}',
  '{"_tag":"Failure"}',
  '{"_tag":"Failure","cause":{}}',
  '{"_tag":"Failure","cause":[{"_tag":"Oops"}]}',
  '{"_tag":"Failure","cause":[{"_tag":"Fail","error":5}]}',
];

export function corruption({ test, open, durastate }) {
  const { Exit, PersistenceError, SchemaError } = durastate;
  const { Text } = requests(durastate);
  const of = (id) => Text({ id });
  const opened = async () => {
    const place = await open();
    const storeId = place.id("corrupt");
    const reported = [];
    const onError = (error) => reported.push(error);
    const store = await place.process().persistence.make({ storeId, onError });
    const plant = async (key, text) => {
      await store.set(of(key), Exit.succeed("to be corrupted"));
      await place.plant(storeId, key, text);
      equal(await place.raw(storeId, key), text);
    };
    return { place, storeId, store, reported, plant };
  };

  test("what is no exit is missing; that is reported once for each key, and the text stays", async () => {
    const { place, storeId, store, reported, plant } = await opened();
    for (const [at, text] of UNREADABLE.entries()) {
      const key = `key ${at}`;
      await plant(key, text);
      for (let times = 0; times < 3; times++) equal(await store.get(of(key)), undefined, text);
      equal(await store.getMany([of(key)]), [undefined]);
      equal(reported.length, at + 1, `reported once, not ${reported.length - at} times: ${text}`);
      const [error] = reported.slice(-1);
      ok(error instanceof PersistenceError, String(error));
      equal([error.storeId, error.operation, error.key], [storeId, "get", key]);
      ok(error.message.startsWith(`Persistence.get of key "${key}" in the store "${storeId}" failed: `), error.message);
      equal(await place.raw(storeId, key), text, "it stays");
    }
  });

  test("a broken result among several is missing by itself", async () => {
    const { storeId, store, reported, plant } = await opened();
    await store.set(of("a"), Exit.succeed("a"));
    await plant("b", "{no json");
    await plant("c", '{"_tag":"Success","value":5}');
    await store.set(of("d"), Exit.succeed("d"));
    const asked = ["a", "b", "c", "d", "b"].map(of);
    for (let times = 0; times < 2; times++) {
      equal(await store.getMany(asked), [Exit.succeed("a"), undefined, undefined, Exit.succeed("d"), undefined]);
      equal(
        reported.map(({ _tag, key }) => [_tag, key ?? "c"]),
        [
          ["PersistenceError", "b"],
          ["SchemaError", "c"],
        ],
      );
    }
    equal([reported[0].storeId, reported[0].operation], [storeId, "getMany"]);
    ok(reported[1].message.startsWith(`Persistence.getMany of key "c" in the store "${storeId}" failed: `));
  });

  test("a result that does not fit the schema is an error that says where, and stays", async () => {
    const { place, storeId, store, reported, plant } = await opened();
    for (const text of UNFIT) {
      await plant("a", text);
      const error = await rejects(store.get(of("a")), SchemaError);
      ok(error.message.startsWith(`Persistence.get of key "a" in the store "${storeId}" failed: `), error.message);
      ok(error.issues.length > 0);
      equal(await place.raw(storeId, "a"), text, "it stays");
    }
    equal(reported, []);
  });

  test("what is broken can be replaced and removed", async () => {
    const { place, storeId, store, plant } = await opened();
    for (const text of ["{no json", '{"_tag":"Success","value":5}']) {
      await plant("a", text);
      await store.set(of("a"), Exit.succeed("repaired"));
      equal(await store.get(of("a")), Exit.succeed("repaired"));
      await plant("a", text);
      await store.remove(of("a"));
      equal([await store.get(of("a")), await place.raw(storeId, "a")], [undefined, undefined]);
      await plant("a", text);
      await store.clear();
      equal(await place.raw(storeId, "a"), undefined);
    }
  });

  test("what others add to a result, and how they write it, is no harm", async () => {
    const { store, plant } = await opened();
    await plant("a", ' { "more": [1], "value" : "a", "durastate": {"fresh": 1}, "_tag":\t"Success" } \n');
    equal(await store.get(of("a")), Exit.succeed("a"));
    await plant("b", '{"cause":[{"error":"b","_tag":"Fail","span":1}],"_tag":"Failure","durastate":{}}');
    equal(await store.getMany([of("b")]), [Exit.fail("b")]);
  });

  test("without a function to report to the console is warned, once", async () => {
    const { place, storeId, plant } = await opened();
    await plant("a", "{no json");
    const store = await place.process().persistence.make({ storeId });
    const warned = await warnings(async () => {
      equal(await store.get(of("a")), undefined);
      equal(await store.get(of("a")), undefined);
    });
    equal(warned.length, 1);
    ok(
      warned[0].some((said) => String(said).includes('key "a"')),
      "with its key",
    );
  });

  test("a function to report to that throws breaks no read", async () => {
    const { place, storeId, plant } = await opened();
    await plant("a", "{no json");
    const thrown = new Error("of the user's");
    const onError = () => {
      throw thrown;
    };
    const store = await place.process().persistence.make({ storeId, onError });
    const warned = await warnings(async () => equal(await store.get(of("a")), undefined));
    ok(warned.flat().includes(thrown), "its error is not lost");
  });
}

/** What the console is warned of while `run` runs. */
async function warnings(run) {
  const real = console.warn;
  const warned = [];
  console.warn = (...said) => warned.push(said);
  try {
    await run();
  } finally {
    console.warn = real;
  }
  return warned;
}
