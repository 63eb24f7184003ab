// Exits, and the JSON text that is stored for them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import vm from "node:vm";
import { Codec, Exit } from "durastate";
import { source } from "../support/source.mjs";

const { exitCodec } = await source("js/layers/persistence/exit_codec.ts");

const User = Codec.struct({ id: Codec.int, at: Codec.date });
const NotFound = Codec.struct({ _tag: Codec.literal("NotFound"), id: Codec.int });
const codec = exitCodec({ success: User, error: NotFound }, "GetUser");
const bare = exitCodec({}, "Bare");
/** The same schema, but one has to wait for it. */
const slow = (codec) => ({
  decode: async (stored) => codec.decode(stored),
  encode: async (value) => codec.encode(value),
});
const slowly = exitCodec({ success: slow(User), error: slow(NotFound) }, "GetUser");
const failure = (...cause) => ({ _tag: "Failure", cause });
const died = (defect) => bare.encode(Exit.die(defect));
const storedDefect = (defect) => died(defect).slice('{"_tag":"Failure","cause":[{"_tag":"Die","defect":'.length, -3);
const replayed = (text) => bare.decode(failure({ _tag: "Die", defect: JSON.parse(text) })).cause[0].defect;

test("exits are made and told apart", () => {
  assert.deepEqual(Exit.succeed(1), { _tag: "Success", value: 1 });
  assert.deepEqual(Exit.succeed(), { _tag: "Success", value: undefined });
  assert.deepEqual(Exit.fail("e"), failure({ _tag: "Fail", error: "e" }));
  assert.deepEqual(Exit.die("d"), failure({ _tag: "Die", defect: "d" }));
  assert.deepEqual(Exit.interrupt(), failure({ _tag: "Interrupt" }));
  assert.deepEqual(Exit.interrupt(5), failure({ _tag: "Interrupt", fiberId: 5 }));
  for (const [exit, isSuccess, isFailure] of [
    [Exit.succeed(1), true, false],
    [Exit.fail(1), false, true],
    [undefined, false, false],
  ]) {
    assert.deepEqual([Exit.isSuccess(exit), Exit.isFailure(exit)], [isSuccess, isFailure]);
  }
});

const at = new Date(0);
for (const [what, exit, text] of [
  ["a success", Exit.succeed({ id: 1, at }), '{"_tag":"Success","value":{"id":1,"at":"1970-01-01T00:00:00.000Z"}}'],
  [
    "a typed failure",
    Exit.fail({ _tag: "NotFound", id: 1 }),
    '{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"_tag":"NotFound","id":1}}]}',
  ],
  ["an interruption", Exit.interrupt(), '{"_tag":"Failure","cause":[{"_tag":"Interrupt","fiberId":null}]}'],
  ["an interruption of a fiber", Exit.interrupt(5), '{"_tag":"Failure","cause":[{"_tag":"Interrupt","fiberId":5}]}'],
  ["a failure without a reason", failure(), '{"_tag":"Failure","cause":[]}'],
  [
    "several reasons",
    failure(
      { _tag: "Fail", error: { _tag: "NotFound", id: 1 } },
      { _tag: "Die", defect: "d" },
      { _tag: "Interrupt", fiberId: 5 },
    ),
    '{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"_tag":"NotFound","id":1}},{"_tag":"Die","defect":"d"},{"_tag":"Interrupt","fiberId":5}]}',
  ],
]) {
  test(`${what} is stored as Effect stores it, and read again`, async () => {
    assert.equal(codec.encode(exit), text);
    assert.deepEqual(codec.decode(JSON.parse(text)), exit);
    const promise = slowly.encode(exit);
    assert.equal(await promise, text);
    assert.deepEqual(await slowly.decode(JSON.parse(text)), exit);
  });
}

test("without a schema of values, undefined is null and all else is what JSON can hold", () => {
  assert.equal(bare.encode(Exit.succeed()), '{"_tag":"Success","value":null}');
  assert.deepEqual(bare.decode({ _tag: "Success", value: null }), Exit.succeed());
  assert.equal(bare.encode(Exit.succeed({ a: [1] })), '{"_tag":"Success","value":{"a":[1]}}');
  assert.deepEqual(bare.decode({ _tag: "Success", value: { a: [1] } }), Exit.succeed({ a: [1] }));
  for (const wrong of [null, Number.NaN, new Date(0), new Map(), 1n, [undefined], { a: () => {} }]) {
    assert.throws(() => bare.encode(Exit.succeed(wrong)), { _tag: "SchemaError" });
  }
});

describe("defects", () => {
  class Own extends Error {
    code = 5;
    get name() {
      return "Own";
    }
  }
  const circle = { d: 5 };
  circle.self = circle;
  const chain = new Error("a", { cause: new Error("b") });
  chain.cause.cause = chain;
  const told = new Error("told");
  told.toJSON = () => ({ password: "secret" });
  const list = [1];
  list.push(list);
  const shared = { q: 1 };
  const within = { error: undefined };
  within.error = new Error("within", { cause: within });

  for (const [what, defect, text] of [
    ["an error", new Error("d"), '{"name":"Error","message":"d"}'],
    ["an error of a class, without its other fields", new Own("m"), '{"name":"Own","message":"m"}'],
    ["an error of another realm", vm.runInNewContext("new TypeError('t')"), '{"name":"TypeError","message":"t"}'],
    [
      "an error with an error as its cause",
      new Error("o", { cause: new Own("i") }),
      '{"name":"Error","message":"o","cause":{"name":"Own","message":"i"}}',
    ],
    [
      "an error with another cause",
      new Error("o", { cause: { a: 1, b: 2n } }),
      '{"name":"Error","message":"o","cause":{"a":1,"b":"2n"}}',
    ],
    ["an error with null as its cause", new Error("o", { cause: null }), '{"name":"Error","message":"o","cause":null}'],
    ["an error without a cause", new Error("o", { cause: undefined }), '{"name":"Error","message":"o"}'],
    [
      "an error with odd fields",
      Object.assign(new Error("x"), { name: 5, message: 5 }),
      '{"name":"Error","message":""}',
    ],
    ["an error that says otherwise in JSON", told, '{"name":"Error","message":"told"}'],
    ["an abort", new DOMException("stopped", "AbortError"), '{"name":"AbortError","message":"stopped"}'],
    [
      "an error that causes itself",
      chain,
      '{"name":"Error","message":"a","cause":{"name":"Error","message":"b","cause":"[Circular]"}}',
    ],
    ["a string", "str", '"str"'],
    ["null", null, "null"],
    ["undefined", undefined, "null"],
    ["a number", 5, "5"],
    ["NaN", Number.NaN, "null"],
    ["a boolean", true, "true"],
    ["a bigint", 42n, '"42n"'],
    ["a function", () => {}, "null"],
    ["a symbol", Symbol("s"), "null"],
    ["a plain object", { a: 1, f() {}, u: undefined, n: 1n }, '{"a":1,"n":"1n"}'],
    ["an array", [1, () => {}, undefined, 1n], '[1,null,null,"1n"]'],
    ["an error in an object", { e: new Own("x") }, '{"e":{"name":"Own","message":"x"}}'],
    ["a date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["a Map", new Map([[1, 2]]), "{}"],
    ["an object in itself", circle, '{"d":5}'],
    ["an array in itself", list, "[1,null]"],
    ["an object twice", [shared, shared], '[{"q":1},{"q":1}]'],
    ["an object in the cause of its error", within, '{"error":{"name":"Error","message":"within"}}'],
  ]) {
    test(`${what} is stored`, () => assert.equal(storedDefect(defect), text));
  }

  test("whatever is thrown can be stored and read", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    let deep = {};
    for (let depth = 0; depth < 200_000; depth++) deep = { deep };
    let causes = new Error("last");
    for (let depth = 0; depth < 100_000; depth++) causes = new Error("e", { cause: causes });
    const throwing = () => {
      throw new Error("no");
    };
    const odd = [
      revoked.proxy,
      deep,
      causes,
      { toJSON: throwing },
      Object.defineProperty({}, "a", { get: throwing, enumerable: true }),
      Object.defineProperty(new Error("x"), "message", { get: throwing }),
      Object.create(null),
      new Proxy(new Error("x"), { get: throwing, getPrototypeOf: throwing }),
    ];
    for (const defect of odd) {
      const text = died(defect);
      assert.ok(text.length < 10_000, "a defect is not long");
      assert.equal(bare.decode(JSON.parse(text)).cause[0]._tag, "Die");
    }
  });

  test("as many causes as are of use are kept", () => {
    let error = new Error("0");
    for (let depth = 1; depth <= 300; depth++) error = new Error(`${depth}`, { cause: error });
    let found = replayed(storedDefect(error));
    let count = 0;
    for (; found.cause; found = found.cause) count++;
    assert.ok(found instanceof Error);
    assert.equal(count, 100);
  });

  test("what has a message is an error again, with its name and its cause", () => {
    const error = replayed('{"name":"Own","message":"m","cause":{"message":"i","cause":"text"},"more":1}');
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.message, String(error)], ["Own", "m", "Own: m"]);
    assert.ok(error.cause instanceof Error);
    assert.deepEqual([error.cause.name, error.cause.message, error.cause.cause], ["Error", "i", "text"]);
    assert.equal(Object.hasOwn(replayed('{"message":"m"}'), "cause"), false);
    assert.equal(replayed('{"message":"m","cause":null}').cause, null);
    for (const text of ['"d"', "null", "5", '{"name":"n"}', '{"message":5}', '[{"message":"m"}]']) {
      assert.deepEqual(replayed(text), JSON.parse(text));
    }
    let deep = '{"message":"m"}';
    for (let depth = 0; depth < 3000; depth++) deep = `{"message":"m","cause":${deep}}`;
    assert.equal(replayed(deep).message, "m");
  });
});

describe("what is no exit", () => {
  for (const [text, path] of [
    ["null"],
    ["5"],
    ['"Success"'],
    ["[]"],
    ["{}"],
    ['{"_tag":"Other","value":1}'],
    ['{"_tag":"Success"}', ["value"]],
    ['{"_tag":"Success","value":{"id":"1"}}', ["id"]],
    ['{"_tag":"Failure"}', ["cause"]],
    ['{"_tag":"Failure","cause":{"_tag":"Fail"}}', ["cause"]],
    ['{"_tag":"Failure","cause":[5]}', ["cause", 0]],
    ['{"_tag":"Failure","cause":[{"_tag":"Die","defect":1},{"_tag":"Fail"}]}', ["cause", 1]],
    ['{"_tag":"Failure","cause":[{"_tag":"Die"}]}', ["cause", 0]],
    ['{"_tag":"Failure","cause":[{"_tag":"Interrupt","fiberId":"5"}]}', ["cause", 0, "fiberId"]],
    ['{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"_tag":"NotFound","id":"x"}}]}', ["id"]],
  ]) {
    test(`${text} is refused`, async () => {
      const isSo = (error) => {
        assert.equal(error._tag, "SchemaError");
        assert.deepEqual(error.issues[0].path, path);
        return true;
      };
      assert.throws(() => codec.decode(JSON.parse(text)), isSo);
      await assert.rejects(async () => slowly.decode(JSON.parse(text)), isSo);
    });
  }

  test("is not stored either", () => {
    for (const wrong of [undefined, null, 5, {}, { _tag: "Failure" }, failure(5), failure({ _tag: "Other" })]) {
      assert.throws(() => codec.encode(wrong), { _tag: "SchemaError" });
    }
    assert.throws(() => codec.encode(failure({ _tag: "Interrupt", fiberId: "5" })), { _tag: "SchemaError" });
    assert.throws(() => codec.encode(Exit.succeed({ id: "1" })), { _tag: "SchemaError" });
    assert.throws(() => codec.encode(Exit.fail({ id: 1 })), { _tag: "SchemaError" });
  });

  test("is what JSON can hold where there is no schema of errors", () => {
    const text = '{"_tag":"Failure","cause":[{"_tag":"Fail","error":{"code":404}}]}';
    assert.equal(bare.encode(Exit.fail({ code: 404 })), text);
    assert.deepEqual(bare.decode(JSON.parse(text)), Exit.fail({ code: 404 }));
    assert.throws(() => bare.encode(Exit.fail({ at: new Date(0) })), { _tag: "SchemaError", message: /Date/ });
  });
});

test("a reason that nobody waits for any more does not fail by itself", async () => {
  const unheard = [];
  const listener = (reason) => unheard.push(reason);
  process.on("unhandledRejection", listener);
  const bad = { _tag: "Fail", error: { _tag: "Other" } };
  assert.throws(() => slowly.decode(failure(bad, 5)), { _tag: "SchemaError", message: /Expected a reason/ });
  assert.throws(() => slowly.encode(failure(bad, 5)), { _tag: "SchemaError", message: /Expected a reason/ });
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", listener);
  assert.deepEqual(unheard, []);
});

test("fields that an exit has not are left alone", () => {
  const success = '{"durastate":{"made":1},"value":{"id":1,"at":"1970-01-01"},"_tag":"Success","more":[]}';
  assert.deepEqual(codec.decode(JSON.parse(success)), Exit.succeed({ id: 1, at }));
  const failed =
    '{"cause":[{"more":1,"fiberId":5,"_tag":"Interrupt"},{"_tag":"Interrupt"}],"_tag":"Failure","value":1}';
  assert.deepEqual(codec.decode(JSON.parse(failed)).cause, [...Exit.interrupt(5).cause, ...Exit.interrupt().cause]);
});

describe("what a lookup threw", () => {
  const standard = (validate) => ({ "~standard": { version: 1, vendor: "tests", validate } });
  const fields = (names, exactly = false) =>
    standard((value) => {
      const isObject = typeof value === "object" && value !== null;
      const fits =
        isObject && names.every((name) => name in value) && !(exactly && Object.keys(value).length > names.length);
      return fits
        ? { value: Object.fromEntries(names.map((name) => [name, value[name]])) }
        : { issues: [{ message: "no" }] };
    });
  class Missing extends Error {
    _tag = "NotFound";
    id = 7;
    name = "Missing";
  }
  const missing = () => Object.defineProperty(new Missing("gone"), "name", { enumerable: false });
  const thrownBy = async (error, thrown) => {
    const at = exitCodec({ error }, "Get");
    const ended = at.thrown(thrown);
    const later = await exitCodec({ error: slowed(error) }, "Get").thrown(thrown);
    assert.deepEqual(later, ended);
    assert.equal(ended instanceof Promise, false);
    assert.equal(at.decode(JSON.parse(ended.text))._tag, "Failure");
    return ended;
  };
  const slowed = (schema) =>
    "~standard" in schema ? standard(async (value) => schema["~standard"].validate(value)) : slow(schema);
  const fails = (text) => `{"_tag":"Failure","cause":[{"_tag":"Fail","error":${text}}]}`;

  for (const [what, error, thrown, text] of [
    ["a plain object", NotFound, { _tag: "NotFound", id: 1 }, '{"_tag":"NotFound","id":1}'],
    ["an error object, by its fields", NotFound, missing(), '{"_tag":"NotFound","id":7}'],
    [
      "an error object, by its name and message",
      Codec.struct({ name: Codec.literal("Missing"), message: Codec.string }),
      missing(),
      '{"name":"Missing","message":"gone"}',
    ],
    ["a string", Codec.string, "no", '"no"'],
    [
      "a Standard Schema: the fields of an error",
      fields(["_tag", "id"], true),
      missing(),
      '{"_tag":"NotFound","id":7}',
    ],
    [
      "a Standard Schema: name and message where it asks for them",
      fields(["name", "message"]),
      missing(),
      '{"name":"Missing","message":"gone","_tag":"NotFound","id":7}',
    ],
    ["a Standard Schema: a plain object", fields(["a"]), { a: 1 }, '{"a":1}'],
  ]) {
    test(`${what} is a failure if the schema takes it`, async () => {
      const ended = await thrownBy(error, thrown);
      assert.equal(ended.text, fails(text));
      assert.equal(ended.exit.cause[0].error, thrown);
    });
  }

  for (const [what, error, thrown] of [
    ["of other fields", NotFound, { _tag: "NotFound", id: "1" }],
    ["of another tag", NotFound, { _tag: "Other", id: 1 }],
    ["that is no object", NotFound, undefined],
    ["that is an abort", NotFound, new DOMException("stopped", "AbortError")],
    ["that a Standard Schema refuses", fields(["a"]), missing()],
    ["that a Standard Schema can not be given", fields([]), 1n],
    [
      "whose fields can not be looked at",
      fields([]),
      Object.defineProperty(new Error("x"), "a", { enumerable: true, get: () => assert.fail() }),
    ],
    [
      "of another class than what is read",
      { encode: (error) => ({ id: error.id }), decode: ({ id }) => Object.assign(new Missing("gone"), { id }) },
      new TypeError("t"),
    ],
    ["that can not be read again", { encode: () => 1, decode: () => assert.fail() }, "d"],
  ]) {
    test(`is a defect ${what}`, async () => {
      const ended = await thrownBy(error, thrown);
      assert.equal(ended.text, died(thrown));
      assert.deepEqual(ended.exit, Exit.die(thrown));
    });
  }

  test("is a failure if what is read is of its class", async () => {
    const error = { encode: ({ id }) => ({ id }), decode: ({ id }) => Object.assign(new Missing("gone"), { id }) };
    class Lost extends Missing {}
    assert.equal((await thrownBy(error, new Lost("gone"))).text, fails('{"id":7}'));
  });

  test("is a defect without a schema of errors", () => {
    const error = missing();
    assert.deepEqual(bare.thrown(error), { exit: Exit.die(error), text: died(error) });
  });
});

test("what is no schema is refused, naming the class of requests", () => {
  assert.throws(() => exitCodec({ success: 5 }, "GetUser"), {
    name: "TypeError",
    message: /^success of GetUser must be/,
  });
  assert.throws(() => exitCodec({ error: {} }, "GetUser"), { name: "TypeError", message: /^error of GetUser must be/ });
  const odd = { "~standard": { validate: 5 } };
  assert.throws(() => exitCodec({ error: odd }, "GetUser"), {
    message: /^error of GetUser\["~standard"\]\.validate must/,
  });
});
