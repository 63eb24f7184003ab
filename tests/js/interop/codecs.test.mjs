// Values and exits as Effect stores them: each of the two writes the same text, and reads what the other wrote.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Codec, Exit } from "durastate";
import { Cause, EffectExit, Schema } from "../clients/effect.mjs";
import { source } from "../support/source.mjs";

const inf = Number.POSITIVE_INFINITY;
const textBy = (schema, value) => JSON.stringify(Schema.encodeUnknownSync(Schema.toCodecJson(schema))(value));
const readBy = (schema, text) => Schema.decodeUnknownSync(Schema.toCodecJson(schema))(JSON.parse(text));
const ours = { id: Codec.int, at: Codec.date, nick: Codec.optional(Codec.bigint) };
const theirs = { id: Schema.Int, at: Schema.Date, nick: Schema.optional(Schema.BigInt) };
const tree = Codec.struct({ name: Codec.string, children: Codec.array(Codec.lazy(() => tree)) });
const Tree = Schema.Struct({ name: Schema.String, children: Schema.Array(Schema.suspend(() => Tree)) });

/** For every ready-made codec: Effect's schema, and values; those that Effect has classes of its own for are marked. */
const rows = {
  string: [Codec.string, Schema.String, ["", "é \ud800 👩‍👧"]],
  boolean: [Codec.boolean, Schema.Boolean, [true, false]],
  null: [Codec.null, Schema.Null, [null]],
  undefined: [Codec.undefined, Schema.Undefined, [undefined]],
  void: [Codec.void, Schema.Void, [undefined]],
  number: [Codec.number, Schema.Number, [1.5, -0, Number.NaN, inf, -inf, 1e300, 5e-324]],
  finite: [Codec.finite, Schema.Finite, [1.5, -0]],
  int: [Codec.int, Schema.Int, [5, -0, Number.MAX_SAFE_INTEGER]],
  bigint: [Codec.bigint, Schema.BigInt, [42n, -(2n ** 70n)]],
  date: [Codec.date, Schema.Date, [new Date(0), new Date(8.64e15), new Date(-62_198_755_200_000)]],
  bytes: [Codec.bytes, Schema.Uint8Array, [new Uint8Array(0), Uint8Array.of(1, 2, 255), Uint8Array.of(251)]],
  url: [Codec.url, Schema.URL, [new URL("http://a/b?c#d")]],
  regExp: [Codec.regExp, Schema.RegExp, [/a\/b/gi, /(?:)/]],
  symbol: [Codec.symbol, Schema.Symbol, [Symbol.for("abc"), Symbol.for("a\nb")]],
  duration: [
    Codec.duration,
    Schema.Duration,
    [1500, 0, -1, 0.0015, 1.5, -1.5, 86_400_000_000.5, 1e20, inf, -inf],
    "own",
  ],
  json: [Codec.json(), Schema.Json, [null, { a: [1, "b", { c: false }] }]],
  literal: [Codec.literal("a", 1, true), Schema.Literals(["a", 1, true]), ["a", 1, true]],
  struct: [
    Codec.struct(ours),
    Schema.Struct(theirs),
    [
      { at: new Date(0), id: 1 },
      { id: 1, at: new Date(0), nick: 5n },
    ],
  ],
  optional: [
    Codec.struct({ a: Codec.optional(Codec.date), b: Codec.optional(Codec.nullable(Codec.date)) }),
    Schema.Struct({ a: Schema.optional(Schema.Date), b: Schema.optional(Schema.NullOr(Schema.Date)) }),
    [{}, { a: undefined }, { a: new Date(0), b: null }],
  ],
  nullable: [Codec.nullable(Codec.bigint), Schema.NullOr(Schema.BigInt), [null, 5n]],
  array: [Codec.array(Codec.struct(ours)), Schema.Array(Schema.Struct(theirs)), [[], [{ id: 1, at: new Date(0) }]]],
  tuple: [Codec.tuple(Codec.date, Codec.bigint), Schema.Tuple([Schema.Date, Schema.BigInt]), [[new Date(0), 1n]]],
  record: [Codec.record(Codec.bigint), Schema.Record(Schema.String, Schema.BigInt), [{}, { b: 1n, a: 2n, 7: 3n }]],
  map: [
    Codec.map(Codec.date, Codec.bigint),
    Schema.ReadonlyMap(Schema.Date, Schema.BigInt),
    [new Map([[new Date(0), 1n]])],
  ],
  set: [Codec.set(Codec.date), Schema.ReadonlySet(Schema.Date), [new Set([new Date(0), new Date(1)])]],
  option: [
    Codec.option(Codec.date),
    Schema.Option(Schema.Date),
    [{ _tag: "Some", value: new Date(0) }, { _tag: "None" }],
    "own",
  ],
  result: [
    Codec.result(Codec.date, Codec.string),
    Schema.Result(Schema.Date, Schema.String),
    [
      { _tag: "Success", success: new Date(0) },
      { _tag: "Failure", failure: "e" },
    ],
    "own",
  ],
  union: [Codec.union(Codec.int, Codec.date), Schema.Union([Schema.Int, Schema.Date]), [5, new Date(0)]],
  lazy: [tree, Tree, [{ name: "a", children: [{ name: "b", children: [] }] }]],
};

for (const [name, [codec, schema, values, own]] of Object.entries(rows)) {
  test(`Codec.${name} and its schema write the same text and read the other's`, () => {
    for (const value of values) {
      const text = JSON.stringify(codec.encode(value));
      const read = readBy(schema, text);
      assert.equal(textBy(schema, read), text);
      if (own) continue;
      // What Effect writes of a value of its own, and not of one that it has read.
      assert.equal(textBy(schema, value), text);
      const isZero = Object.is(value, -0);
      assert.deepEqual(read, isZero ? 0 : value);
      assert.deepEqual(codec.decode(JSON.parse(text)), isZero ? 0 : value);
    }
  });
}

test("every ready-made codec is tested here", () =>
  assert.deepEqual(Object.keys(rows).sort(), Object.keys(Codec).sort()));

describe("exits", async () => {
  const { exitCodec } = await source("js/layers/persistence/exit_codec.ts");
  const failed = { _tag: "NotFound", id: 1 };
  const codec = exitCodec(
    { success: Codec.struct(ours), error: Codec.struct({ _tag: Codec.literal("NotFound"), id: Codec.int }) },
    "Get",
  );
  const NotFound = Schema.Struct({ _tag: Schema.Literal("NotFound"), id: Schema.Int });
  const schema = Schema.Exit(Schema.Struct(theirs), NotFound, Schema.Defect());
  const value = { id: 1, at: new Date(0) };
  const error = new Error("d");

  for (const [what, theirs, exit] of [
    ["a success", EffectExit.succeed(value), Exit.succeed(value)],
    ["a failure", EffectExit.fail(failed), Exit.fail(failed)],
    ["a defect", EffectExit.die(error), Exit.die(error)],
    ["an interruption", EffectExit.interrupt(5), Exit.interrupt(5)],
    ["an interruption by nobody", EffectExit.failCause(Cause.interrupt()), Exit.interrupt()],
    ["no reason", EffectExit.failCause(Cause.empty), { _tag: "Failure", cause: [] }],
    [
      "several reasons",
      EffectExit.failCause(Cause.combine(Cause.combine(Cause.fail(failed), Cause.die(error)), Cause.interrupt(5))),
      { _tag: "Failure", cause: [...Exit.fail(failed).cause, ...Exit.die(error).cause, ...Exit.interrupt(5).cause] },
    ],
  ]) {
    test(`${what} is the same text, and is read by both`, () => {
      const text = codec.encode(exit);
      assert.equal(textBy(schema, theirs), text);
      assert.equal(textBy(schema, readBy(schema, text)), text);
      assert.equal(codec.encode(codec.decode(JSON.parse(text))), text);
    });
  }

  test("a success without a value is the same text", () => {
    const bare = exitCodec({}, "Sweep");
    const text = textBy(Schema.Exit(Schema.Void, Schema.Never, Schema.Defect()), EffectExit.void);
    assert.equal(bare.encode(Exit.succeed()), text);
    assert.deepEqual(bare.decode(JSON.parse(text)), Exit.succeed());
  });

  test("defects are the same text, and are read as the same errors", () => {
    class Own extends Error {
      code = 5;
      name = "Own";
    }
    const circle = { d: 5 };
    circle.self = circle;
    const chain = new Error("a", { cause: new Own("b") });
    chain.cause.cause = chain;
    const defects = [
      new Own("m"),
      new TypeError("t", { cause: new Own("i") }),
      new Error("o", { cause: "text" }),
      new Error("o", { cause: null }),
      new Error("o", { cause: { a: 1, b: 2n } }),
      new AggregateError([new Error("1")], "several"),
      new DOMException("stopped", "AbortError"),
      chain,
      circle,
      "d",
      "",
      null,
      undefined,
      5,
      Number.NaN,
      -0,
      true,
      42n,
      () => {},
      Symbol("s"),
      { a: 1, f() {}, u: undefined, n: 1n },
      [1, () => {}, undefined, 1n],
      new Date(0),
      new Map([[1, 2]]),
      { message: "like an error" },
    ];
    for (const defect of defects) {
      const text = codec.encode(Exit.die(defect));
      assert.equal(textBy(schema, EffectExit.die(defect)), text);
      const { defect: mine } = codec.decode(JSON.parse(text)).cause[0];
      const { defect: other } = readBy(schema, text).cause.reasons[0];
      if (!(other instanceof Error)) assert.deepEqual(mine, other);
      else assert.deepEqual([mine.name, mine.message, `${mine.cause}`], [other.name, other.message, `${other.cause}`]);
    }
  });
});
