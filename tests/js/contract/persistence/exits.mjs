import { equal, ok } from "../../support/assert.mjs";
import { plain, requests } from "./requests.mjs";

const failure = (...cause) => ({ _tag: "Failure", cause });
const Fail = (error) => ({ _tag: "Fail", error });
const Die = (defect) => ({ _tag: "Die", defect });
const failed = (reason) => `{"_tag":"Failure","cause":[${reason}]}`;
const died = (defect) => failed(`{"_tag":"Die","defect":${defect}}`);

class Odd extends Error {
  constructor() {
    super("odd");
    Object.assign(this, { name: "Odd", code: 5 });
  }
}

/** What is stored, as which text, and what comes back where that is not the same. */
const rows = (Exit) => ({
  "a value": [
    Exit.succeed({ n: 1, deep: [null, true, "é😀"] }),
    '{"_tag":"Success","value":{"n":1,"deep":[null,true,"é😀"]}}',
  ],
  null: [Exit.succeed(null), '{"_tag":"Success","value":null}'],
  "an empty text": [Exit.succeed(""), '{"_tag":"Success","value":""}'],
  "a typed error": [Exit.fail({ _tag: "E", m: "a" }), failed('{"_tag":"Fail","error":{"_tag":"E","m":"a"}}')],
  "an Error": [Exit.die(new Error("d")), died('{"name":"Error","message":"d"}')],
  "an Error of a class": [Exit.die(new TypeError("d")), died('{"name":"TypeError","message":"d"}')],
  "an Error with fields of its own": [Exit.die(new Odd()), died('{"name":"Odd","message":"odd"}')],
  "an Error with a cause": [
    Exit.die(new Error("d", { cause: new RangeError("c", { cause: "why" }) })),
    died('{"name":"Error","message":"d","cause":{"name":"RangeError","message":"c","cause":"why"}}'),
  ],
  "a text as defect": [Exit.die("text"), died('"text"')],
  "null as defect": [Exit.die(null), died("null")],
  "undefined as defect": [Exit.die(undefined), died("null"), Exit.die(null)],
  "a number as defect": [Exit.die(5), died("5")],
  "a bigint as defect": [Exit.die(42n), died('"42n"'), Exit.die("42n")],
  "an object as defect": [Exit.die({ a: [1], f: () => 1 }), died('{"a":[1]}'), Exit.die({ a: [1] })],
  "an interruption": [Exit.interrupt(5), failed('{"_tag":"Interrupt","fiberId":5}')],
  "an interruption of nobody": [Exit.interrupt(), failed('{"_tag":"Interrupt","fiberId":null}')],
  "a failure without a reason": [failure(), '{"_tag":"Failure","cause":[]}'],
  "several reasons in their order": [
    failure(Fail({ _tag: "E", m: "a" }), Die(new Error("d")), { _tag: "Interrupt", fiberId: 5 }, Fail("b")),
    '{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"_tag":"E","m":"a"}},{"_tag":"Die","defect":{"name":"Error","message":"d"}},{"_tag":"Interrupt","fiberId":5},{"_tag":"Fail","error":"b"}]}',
  ],
});

export function exits({ test, open, durastate, traits }) {
  test("every kind of exit comes back, and is stored as the text that it should be", async () => {
    const { Any } = requests(durastate);
    const place = await open();
    const storeId = place.id("exits");
    const store = await place.process().persistence.make({ storeId });
    const all = Object.entries(rows(durastate.Exit));
    for (const [what, [exit, text, back = exit]] of all) {
      const key = Any({ id: what });
      await store.set(key, exit);
      if (traits.raw) equal(await place.raw(storeId, what), text, what);
      equal(plain(await store.get(key)), plain(back), what);
    }
    const found = await store.getMany(all.map(([id]) => Any({ id })));
    equal(plain(found), plain(all.map(([, [exit, , back = exit]]) => back)));
  });

  test("a defect that was an Error is one again, with its name and its cause", async () => {
    const { Exit } = durastate;
    const { Any } = requests(durastate);
    const place = await open();
    const store = await place.process().persistence.make({ storeId: place.id("exits") });
    await store.set(Any({ id: "a" }), Exit.die(new TypeError("d", { cause: new Error("c") })));
    const { defect } = (await store.get(Any({ id: "a" }))).cause[0];
    ok(defect instanceof Error && defect.cause instanceof Error, "both are errors");
    equal([defect.name, defect.message, defect.cause.message], ["TypeError", "d", "c"]);
  });

  test("without a schema a request has no result but that it is done", async () => {
    const { Exit } = durastate;
    const { Nothing } = requests(durastate);
    const place = await open();
    const storeId = place.id("exits");
    const store = await place.process().persistence.make({ storeId });
    await store.set(Nothing({ id: "a" }), Exit.succeed(undefined));
    if (traits.raw) equal(await place.raw(storeId, "a"), '{"_tag":"Success","value":null}');
    equal(await store.get(Nothing({ id: "a" })), Exit.succeed(undefined));
  });

  test("values go through the schemas of their request, both ways", async () => {
    const { Exit } = durastate;
    const { When, Any } = requests(durastate);
    const place = await open();
    const storeId = place.id("exits");
    const store = await place.process().persistence.make({ storeId });
    await store.set(When({ id: "a" }), Exit.succeed(new Date(5)));
    if (traits.raw) equal(await place.raw(storeId, "a"), '{"_tag":"Success","value":"1970-01-01T00:00:00.005Z"}');
    equal((await store.get(When({ id: "a" }))).value.getTime(), 5);
    equal(await store.get(Any({ id: "a" })), Exit.succeed("1970-01-01T00:00:00.005Z"), "classes share the store");
  });

  test("schemas may be Standard Schemas, and may take their time", async () => {
    const { Exit, Persistable, SchemaError } = durastate;
    const later = (validate) => ({ "~standard": { version: 1, vendor: "tests", validate } });
    const number = later(async (value) =>
      Number.isFinite(Number(value)) ? { value: Number(value) } : { issues: [{ message: "no number" }] },
    );
    const late = { decode: async (stored) => new Date(stored), encode: async (value) => value.toISOString() };
    const Late = Persistable.make("Late", { primaryKey: ({ id }) => id, success: number, error: late });
    const place = await open();
    const store = await place.process().persistence.make({ storeId: place.id("exits") });
    await store.setMany([
      [Late({ id: "a" }), Exit.succeed(5)],
      [Late({ id: "b" }), Exit.fail(new Date(7))],
    ]);
    const [a, b] = await store.getMany([Late({ id: "a" }), Late({ id: "b" })]);
    equal(a, Exit.succeed(5));
    equal(b.cause[0].error.getTime(), 7);
    const refused = await store.set(Late({ id: "a" }), Exit.succeed("x")).catch((error) => error);
    ok(refused instanceof SchemaError, String(refused));
    equal(await store.get(Late({ id: "a" })), Exit.succeed(5));
  });
}
