// Ready-made codecs: what they store, what they read, and what they refuse.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Codec, KeyValueStore, SchemaError } from "durastate";

const inf = Number.POSITIVE_INFINITY;
const half = (date) => Codec.struct({ at: date });
const tree = Codec.struct({ name: Codec.string, children: Codec.array(Codec.lazy(() => tree)) });
const sound = (value) => JSON.parse(JSON.stringify(value));

/** A Standard Schema of text that is not empty. */
const nonEmpty = {
  "~standard": {
    version: 1,
    vendor: "tests",
    validate: (value) =>
      typeof value === "string" && value ? { value } : { issues: [{ message: "empty", path: ["text", { key: 0 }] }] },
  },
};
const own = {
  decode(stored) {
    if (typeof stored !== "string") throw new TypeError("no text");
    return new Date(`${stored}T00:00:00.000Z`);
  },
  encode: (date) => date.toISOString().slice(0, 10),
};
const later = { decode: async (stored) => stored, encode: async (value) => value };

/** For every codec: values and what is stored for them, what else is read, and what is refused both ways. */
const rows = {
  string: {
    codec: Codec.string,
    both: [
      ["", '""'],
      ["é\ud800", '"é\\ud800"'],
    ],
    unreadable: ["5", "null", "{}", "[]"],
    unwritable: [5, null, undefined, {}, new String("a")],
  },
  boolean: {
    codec: Codec.boolean,
    both: [
      [true, "true"],
      [false, "false"],
    ],
    unreadable: ["1", "null"],
    unwritable: [1, null],
  },
  null: { codec: Codec.null, both: [[null, "null"]], unreadable: ["0", '""'], unwritable: [undefined, 0] },
  undefined: { codec: Codec.undefined, both: [[undefined, "null"]], unreadable: ["0"], unwritable: [null, 0] },
  void: { codec: Codec.void, both: [[undefined, "null"]], unreadable: ["0"], unwritable: [null, 0] },
  number: {
    codec: Codec.number,
    both: [
      [1.5, "1.5"],
      [Number.NaN, '"NaN"'],
      [inf, '"Infinity"'],
      [-inf, '"-Infinity"'],
      [1e300, "1e+300"],
    ],
    written: [[-0, "0"]],
    read: [["-0", 0]],
    unreadable: ['"5"', "null", '"infinity"', "[]"],
    unwritable: ["5", null, 5n],
  },
  finite: {
    codec: Codec.finite,
    both: [[1.5, "1.5"]],
    written: [[-0, "0"]],
    unreadable: ['"NaN"'],
    unwritable: [inf, Number.NaN],
  },
  int: {
    codec: Codec.int,
    both: [
      [5, "5"],
      [-(2 ** 53 - 1), "-9007199254740991"],
    ],
    written: [[-0, "0"]],
    unreadable: ["1.5", "9007199254740992", '"5"'],
    unwritable: [1.5, 2 ** 53, inf, 5n],
  },
  bigint: {
    codec: Codec.bigint,
    both: [
      [42n, '"42"'],
      [-(2n ** 70n), `"${-(2n ** 70n)}"`],
    ],
    read: [
      ['"007"', 7n],
      ['"-0"', 0n],
    ],
    unreadable: ["42", '""', '"0x5"', '"1.5"', '" 5"', '"5n"'],
    unwritable: [42, "42"],
  },
  date: {
    codec: Codec.date,
    both: [
      [new Date(0), '"1970-01-01T00:00:00.000Z"'],
      [new Date(8.64e15), '"+275760-09-13T00:00:00.000Z"'],
      [new Date(-62_198_755_200_000), '"-000001-01-01T00:00:00.000Z"'],
    ],
    read: [
      ['"2020-01-01"', new Date("2020-01-01")],
      ['"2020-01-01T01:00:00+01:00"', new Date("2020-01-01")],
    ],
    unreadable: ["0", '"soon"', '"2020"', '"2020-13-01"', '"1 Jan 2020"', "null"],
    unwritable: [new Date(Number.NaN), 0, "2020-01-01"],
  },
  bytes: {
    codec: Codec.bytes,
    both: [
      [new Uint8Array(0), '""'],
      [Uint8Array.of(1, 2, 255), '"AQL/"'],
      [Uint8Array.of(251), '"+w=="'],
    ],
    read: [
      ['"AQ\\r\\n=="', Uint8Array.of(1)],
      ['"AQL="', Uint8Array.of(1, 2)],
    ],
    unreadable: ['"AQ"', '"A==="', '"=AAA"', '"AQ_-"', '"AQ =="', "5", "[1]"],
    unwritable: [[1], "AQ==", new Uint16Array(1), new ArrayBuffer(1)],
  },
  url: {
    codec: Codec.url,
    both: [[new URL("http://a/b?c#d"), '"http://a/b?c#d"']],
    unreadable: ['"b"', "5"],
    unwritable: ["http://a/", null],
  },
  regExp: {
    codec: Codec.regExp,
    both: [
      [/a\/b/gi, '{"source":"a\\\\/b","flags":"gi"}'],
      [/(?:)/, '{"source":"(?:)","flags":""}'],
    ],
    unreadable: ['{"source":"(","flags":""}', '{"source":"a"}', '{"source":"a","flags":"?"}', '"a"', "null"],
    unwritable: ["a", { source: "a", flags: "" }],
  },
  symbol: {
    codec: Codec.symbol,
    both: [
      [Symbol.for("abc"), '"Symbol(abc)"'],
      [Symbol.for(""), '"Symbol()"'],
      [Symbol.for("a\n)"), '"Symbol(a\\n))"'],
    ],
    unreadable: ['"abc"', '"Symbol(abc"', "5"],
    unwritable: [Symbol("abc"), Symbol.iterator, "abc"],
  },
  duration: {
    codec: Codec.duration,
    both: [
      [1500, '{"_tag":"Millis","value":1500}'],
      [-1, '{"_tag":"Millis","value":-1}'],
      [0.0015, '{"_tag":"Nanos","value":"1500"}'],
      [-1.5, '{"_tag":"Nanos","value":"-1500000"}'],
      [86_400_000_000.5, '{"_tag":"Nanos","value":"86400000000500000"}'],
      [1e20, `{"_tag":"Nanos","value":"1${"0".repeat(26)}"}`],
      [inf, '{"_tag":"Infinity"}'],
      [-inf, '{"_tag":"NegativeInfinity"}'],
    ],
    written: [[-0, '{"_tag":"Millis","value":0}']],
    read: [['{"_tag":"Nanos","value":"2000000"}', 2]],
    unreadable: [
      "5",
      "null",
      "{}",
      '{"_tag":"Millis","value":1.5}',
      '{"_tag":"Nanos","value":5}',
      '{"_tag":"Nanos","value":"x"}',
    ],
    unwritable: [Number.NaN, "1 second", 5n],
  },
  json: {
    codec: Codec.json(),
    both: [
      [null, "null"],
      [{ a: [1, "b", { c: false }] }, '{"a":[1,"b",{"c":false}]}'],
    ],
    written: [
      [{ a: 1, b: undefined }, '{"a":1}'],
      [-0, "0"],
    ],
    unreadable: [],
    unwritable: [undefined, Number.NaN, 1n, new Date(0), new Map(), [undefined], { a: { b: inf } }, () => {}],
  },
  literal: {
    codec: Codec.literal("a", 1, true, null),
    both: [
      ["a", '"a"'],
      [1, "1"],
      [true, "true"],
      [null, "null"],
    ],
    unreadable: ['"b"', "2", "false", "{}"],
    unwritable: ["b", 1n, undefined],
  },
  struct: {
    codec: Codec.struct({ id: Codec.int, at: Codec.date, toString: Codec.string, __proto__: null }),
    both: [[{ id: 1, at: new Date(0), toString: "t" }, '{"id":1,"at":"1970-01-01T00:00:00.000Z","toString":"t"}']],
    written: [
      [{ more: 1, toString: "t", at: new Date(0), id: 1 }, '{"id":1,"at":"1970-01-01T00:00:00.000Z","toString":"t"}'],
    ],
    read: [['{"more":1,"toString":"t","id":1,"at":"1970-01-01"}', { id: 1, at: new Date(0), toString: "t" }]],
    unreadable: ["null", "[]", '{"id":1,"at":"1970-01-01"}', '{"id":1}', '{"id":"1","at":"1970-01-01","toString":"t"}'],
    unwritable: [null, [], { id: 1 }, { id: 1, at: new Date(0) }, { id: 1.5, at: new Date(0), toString: "t" }],
  },
  optional: {
    codec: Codec.struct({ a: Codec.optional(Codec.date), b: Codec.optional(Codec.nullable(Codec.int)) }),
    both: [
      [{}, "{}"],
      [{ a: undefined }, '{"a":null}'],
      [{ a: new Date(0), b: null }, '{"a":"1970-01-01T00:00:00.000Z","b":null}'],
    ],
    unreadable: ['{"a":5}', '{"b":"5"}'],
    unwritable: [{ a: null }, { b: "5" }],
  },
  "optional by itself": {
    codec: Codec.optional(Codec.int),
    both: [
      [5, "5"],
      [undefined, "null"],
    ],
    unreadable: ['"5"'],
    unwritable: [null],
  },
  nullable: {
    codec: Codec.nullable(Codec.bigint),
    both: [
      [null, "null"],
      [5n, '"5"'],
    ],
    unreadable: ["5"],
    unwritable: [undefined, 5],
  },
  array: {
    codec: Codec.array(Codec.bigint),
    both: [
      [[], "[]"],
      [[1n, 2n], '["1","2"]'],
    ],
    unreadable: ["{}", "null", '["1",2]', '"12"'],
    unwritable: [[1], "12", { length: 0 }, [1n, undefined], new Array(1)],
  },
  tuple: {
    codec: Codec.tuple(Codec.bigint, Codec.string),
    both: [[[1n, "a"], '["1","a"]']],
    unreadable: ["[]", '["1"]', '["1","a",1]', '[1,"a"]', "null"],
    unwritable: [[1n], [1n, "a", 1], ["a", 1n]],
  },
  record: {
    codec: Codec.record(Codec.bigint),
    both: [
      [{}, "{}"],
      [{ a: 1n, 2: 2n }, '{"2":"2","a":"1"}'],
      [JSON.parse('{"__proto__":1}', (k, v) => (k ? 1n : v)), '{"__proto__":"1"}'],
    ],
    unreadable: ["[]", "null", '{"a":1}'],
    unwritable: [[], new Map([["a", 1n]]), { a: undefined }, new (class A {})(), null],
  },
  map: {
    codec: Codec.map(Codec.date, Codec.bigint),
    both: [
      [new Map(), "[]"],
      [new Map([[new Date(0), 1n]]), '[["1970-01-01T00:00:00.000Z","1"]]'],
    ],
    unreadable: ["{}", '[["1970-01-01"]]', '[["1970-01-01",1]]'],
    unwritable: [[], {}, new Set(), new Map([["a", 1n]])],
  },
  set: {
    codec: Codec.set(Codec.date),
    both: [[new Set([new Date(0)]), '["1970-01-01T00:00:00.000Z"]']],
    unreadable: ["{}", "[1]"],
    unwritable: [[], new Map(), new Set([1])],
  },
  option: {
    codec: Codec.option(Codec.date),
    both: [
      [{ _tag: "Some", value: new Date(0) }, '{"_tag":"Some","value":"1970-01-01T00:00:00.000Z"}'],
      [{ _tag: "None" }, '{"_tag":"None"}'],
    ],
    unreadable: ["null", '{"_tag":"Some"}', '{"_tag":"Some","value":5}', '{"_tag":"Most"}', "[]"],
    unwritable: [null, undefined, { _tag: "Some", value: 5 }, { _tag: "constructor" }, new Date(0)],
  },
  result: {
    codec: Codec.result(Codec.date, Codec.string),
    both: [
      [{ _tag: "Success", success: new Date(0) }, '{"_tag":"Success","success":"1970-01-01T00:00:00.000Z"}'],
      [{ _tag: "Failure", failure: "e" }, '{"_tag":"Failure","failure":"e"}'],
    ],
    unreadable: ['{"_tag":"Success"}', '{"_tag":"Failure","failure":5}', '{"_tag":"Success","value":"1970-01-01"}'],
    unwritable: [{ _tag: "Success", success: 5 }, {}, null],
  },
  union: {
    codec: Codec.union(Codec.int, Codec.date, Codec.string),
    both: [
      [5, "5"],
      [new Date(0), '"1970-01-01T00:00:00.000Z"'],
      ["a", '"a"'],
    ],
    unreadable: ["1.5", "null", "{}"],
    // The last one would come back as a date.
    unwritable: [1.5, null, "2020-01-01"],
  },
  lazy: {
    codec: tree,
    both: [
      [{ name: "a", children: [{ name: "b", children: [] }] }, '{"name":"a","children":[{"name":"b","children":[]}]}'],
    ],
    unreadable: ['{"name":"a","children":[{"name":"b"}]}'],
    unwritable: [{ name: "a", children: [5] }],
  },
  "a Standard Schema within": {
    codec: Codec.array(nonEmpty),
    both: [[["a"], '["a"]']],
    unreadable: ['[""]'],
    unwritable: [[""], [undefined], [1n]],
  },
  "an own codec within": {
    codec: half(own),
    both: [[{ at: new Date(0) }, '{"at":"1970-01-01"}']],
    unreadable: ['{"at":5}'],
    unwritable: [{ at: new Date(Number.NaN) }, { at: 5 }],
  },
};

for (const [name, { codec, both, written = [], read = [], unreadable, unwritable }] of Object.entries(rows)) {
  describe(name, () => {
    test("stores values and reads them again", () => {
      for (const [value, text] of both) {
        assert.equal(JSON.stringify(codec.encode(value)), text);
        assert.deepEqual(codec.decode(JSON.parse(text)), value);
      }
      for (const [value, text] of written) assert.equal(JSON.stringify(codec.encode(value)), text);
      for (const [text, value] of read) assert.deepEqual(codec.decode(JSON.parse(text)), value);
    });

    test("refuses what does not fit, both ways", () => {
      for (const text of unreadable)
        assert.throws(() => codec.decode(JSON.parse(text)), SchemaError, `decodes ${text}`);
      assert.throws(() => codec.decode(undefined), SchemaError);
      for (const [place, value] of unwritable.entries()) {
        assert.throws(() => codec.encode(value), SchemaError, `encodes the ${place}. value`);
      }
    });
  });
}

test("every ready-made codec is tested here", () => {
  const tested = Object.keys(rows).map((name) => name.split(" ")[0]);
  assert.deepEqual(
    Object.keys(Codec).filter((name) => !tested.includes(name)),
    [],
  );
});

test("what does not fit is named by where it is, and its value is not shown", () => {
  const codec = Codec.struct({
    list: Codec.array(Codec.record(Codec.tuple(Codec.int, Codec.option(Codec.map(Codec.string, Codec.date))))),
  });
  const value = { list: [{}, { a: [1, { _tag: "Some", value: new Map([["secret", "secret"]]) }] }] };
  const path = ["list", 1, "a", 1, "value", 0, 1];
  const message = "Expected a valid date, but got a string";
  const isSo = (error) => {
    assert.deepEqual(error.issues, [{ message, path }]);
    assert.equal(error.message, `${message} at list.1.a.1.value.0.1`);
    return error instanceof SchemaError;
  };
  assert.throws(() => codec.encode(value), isSo);
  const stored = { list: [{}, { a: [1, { _tag: "Some", value: [["secret", 5]] }] }] };
  assert.throws(() => codec.decode(stored), {
    issues: [{ message: "Expected the text of a valid date, but got a number", path }],
  });
  assert.throws(() => codec.decode({}), {
    issues: [{ message: "Expected a field, but it is missing", path: ["list"] }],
  });
  assert.throws(() => Codec.array(nonEmpty).decode(["a", ""]), {
    issues: [{ message: "empty", path: [1, "text", 0] }],
  });
  assert.throws(
    () => half(own).decode({ at: 5 }),
    (error) => {
      assert.deepEqual(error.issues, [{ message: "no text", path: ["at"] }]);
      return error.cause instanceof TypeError;
    },
  );
  // A union tells of the part that came farthest.
  const shapes = Codec.union(
    Codec.struct({ _tag: Codec.literal("A"), a: Codec.int }),
    Codec.struct({ _tag: Codec.literal("B"), b: Codec.array(Codec.int) }),
  );
  assert.throws(() => shapes.decode({ _tag: "B", b: [1, "2"] }), {
    issues: [{ message: "Expected a safe integer, but got a string", path: ["b", 1] }],
  });
});

test("what contains itself is refused, and so is what is too deep", () => {
  const circle = { name: "a", children: [] };
  circle.children.push(circle);
  assert.throws(() => tree.encode(circle), SchemaError);
  let deep = { name: "a", children: [] };
  for (let depth = 0; depth < 200_000; depth++) deep = { name: "a", children: [deep] };
  assert.throws(() => tree.encode(deep), SchemaError);
  assert.throws(() => tree.decode(deep), SchemaError);
});

test("a codec within another one has to answer at once", () => {
  assert.throws(() => half(later).decode({ at: 1 }), { _tag: "SchemaError", message: /answers at once.* at at$/ });
  assert.throws(() => half(later).encode({ at: 1 }), { _tag: "SchemaError", message: /answers at once.* at at$/ });
});

test("what is no codec is refused when the codec around it is made", () => {
  const around = {
    struct: (part) => Codec.struct({ a: part }),
    optional: Codec.optional,
    nullable: Codec.nullable,
    array: Codec.array,
    tuple: Codec.tuple,
    record: Codec.record,
    map: (part) => Codec.map(Codec.int, part),
    set: Codec.set,
    option: Codec.option,
    result: (part) => Codec.result(part, Codec.int),
    union: Codec.union,
  };
  for (const [name, make] of Object.entries(around)) {
    for (const wrong of [undefined, null, 5, "text", {}, { decode() {} }, { "~standard": {} }]) {
      assert.throws(() => make(wrong), { name: "TypeError", message: new RegExp(`Codec\\.${name} must be a codec`) });
    }
  }
  assert.throws(() => Codec.struct(null), { name: "TypeError", message: /fields of Codec\.struct/ });
  assert.throws(() => Codec.lazy(Codec.int), { name: "TypeError", message: /Codec\.lazy/ });
  assert.throws(() => Codec.lazy(() => 5).decode(1), SchemaError);
  for (const wrong of [[], [undefined], [1n], [Number.NaN]]) {
    assert.throws(() => Codec.literal(...wrong), { name: "TypeError", message: /Codec\.literal/ });
  }
  assert.throws(() => Codec.union(), { name: "TypeError", message: /Codec\.union/ });
});

test("a struct takes an object of any class, and its fields may be the class's", () => {
  class NotFound extends Error {
    _tag = "NotFound";
    get id() {
      return 5;
    }
  }
  const codec = Codec.struct({
    _tag: Codec.literal("NotFound"),
    id: Codec.int,
    message: Codec.string,
    no: Codec.optional(Codec.int),
  });
  assert.deepEqual(sound(codec.encode(new NotFound("gone"))), { _tag: "NotFound", id: 5, message: "gone" });
});

test("long bytes are stored and read", () => {
  const bytes = new Uint8Array(100_001).map((_, place) => place);
  assert.equal(Codec.bytes.encode(bytes), Buffer.from(bytes).toString("base64"));
  assert.deepEqual(Codec.bytes.decode(Codec.bytes.encode(bytes)), bytes);
});

test("a key-value store takes them as schemas", async () => {
  const kv = KeyValueStore.memory();
  const users = kv.toSchemaStore(
    Codec.struct({ id: Codec.int, at: Codec.date, seen: Codec.optional(Codec.set(Codec.bigint)) }),
  );
  const user = { id: 1, at: new Date(5), seen: new Set([1n]) };
  await users.set("a", user);
  assert.equal(await kv.get("a"), '{"id":1,"at":"1970-01-01T00:00:00.005Z","seen":["1"]}');
  assert.deepEqual(await users.get("a"), user);
  await assert.rejects(users.set("a", { id: "1" }), {
    _tag: "SchemaError",
    issues: [{ path: ["id"] }].map((issue) => ({ ...issue, message: "Expected a safe integer, but got a string" })),
  });
  assert.deepEqual(await users.get("a"), user);
});

test("what a schema library or a validator throws is a refusal, with the issues that it found", async () => {
  const found = Object.assign(new Error("a long text"), { issues: [{ code: "x", message: "no", path: ["a", 0] }] });
  const throwing = (thrown) => () => {
    throw thrown;
  };
  const kv = KeyValueStore.memory();
  await kv.set("a", "1");
  for (const [thrown, issues] of [
    [found, [{ message: "no", path: ["a", 0] }]],
    [new Error("own"), [{ message: "own" }]],
    [Object.assign(new Error("odd"), { issues: [5] }), [{ message: "odd" }]],
    [Object.assign(new Error("none"), { issues: [] }), [{ message: "none" }]],
    ["text", [{ message: "text" }]],
  ]) {
    for (const schema of [
      { decode: throwing(thrown), encode: throwing(thrown) },
      { decode: async () => throwing(thrown)(), encode: async () => throwing(thrown)() },
      { "~standard": { version: 1, vendor: "tests", validate: throwing(thrown) } },
      { "~standard": { version: 1, vendor: "tests", validate: async () => throwing(thrown)() } },
    ]) {
      for (const run of [(store) => store.get("a"), (store) => store.set("a", 2)]) {
        await assert.rejects(run(kv.toSchemaStore(schema)), (error) => {
          assert.deepEqual([error._tag, error.issues, error.cause], ["SchemaError", issues, thrown]);
          return true;
        });
      }
    }
  }
  assert.equal(await kv.get("a"), "1");
});
