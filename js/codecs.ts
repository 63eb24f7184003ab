import {
  type AnyPart,
  array,
  type Described,
  type DescribedList,
  type DescribedStruct,
  lazy,
  map,
  nullable,
  type Option,
  option,
  optional,
  type Result,
  record,
  result,
  set,
  struct,
  tuple,
  union,
} from "./codecs/composites.ts";
import type { Part, SynchronousCodec } from "./codecs/ready.ts";
import {
  bigint,
  boolean,
  bytes,
  date,
  duration,
  finite,
  int,
  json,
  type LiteralValue,
  literal,
  missing,
  nothing,
  number,
  regExp,
  string,
  symbol,
  url,
} from "./codecs/scalars.ts";
import type { Codec as AnyCodec } from "./schema.ts";

export type { Option, Result, SynchronousCodec };

/** A codec whose value may be left out of a struct. */
export interface OptionalCodec<A> extends SynchronousCodec<A | undefined> {
  readonly optional: true;
}

/**
 * Ready-made codecs for what JSON can not hold as it is. What they store is what Effect 4.1 stores for the schema of the
 * same name, so each of the two reads what the other wrote. They check both ways, and refuse with a `SchemaError` that
 * says where in the value it was. Those that take others also take a Standard Schema that answers at once.
 */
export interface Codecs {
  /** Any text. */
  readonly string: SynchronousCodec<string>;
  /** True or false. */
  readonly boolean: SynchronousCodec<boolean>;
  /** Null and nothing else. */
  readonly null: SynchronousCodec<null>;
  /** Stored as null. */
  readonly undefined: SynchronousCodec<undefined>;
  /** Stored as null. */
  readonly void: SynchronousCodec<void>;
  /** Any number; NaN and the infinite ones are stored as text. */
  readonly number: SynchronousCodec<number>;
  /** A number that is neither NaN nor infinite. */
  readonly finite: SynchronousCodec<number>;
  /** A whole number that is exact: a safe integer. */
  readonly int: SynchronousCodec<number>;
  /** Stored as decimal text. */
  readonly bigint: SynchronousCodec<bigint>;
  /** Stored as ISO text with milliseconds. */
  readonly date: SynchronousCodec<Date>;
  /** Stored as base64. */
  readonly bytes: SynchronousCodec<Uint8Array>;
  /** Stored as its text. */
  readonly url: SynchronousCodec<URL>;
  /** Stored as source and flags. */
  readonly regExp: SynchronousCodec<RegExp>;
  /** A symbol that `Symbol.for` gave, stored as `"Symbol(key)"`. */
  readonly symbol: SynchronousCodec<symbol>;
  /** Milliseconds, to the nanosecond, or infinite. */
  readonly duration: SynchronousCodec<number>;
  /** Numbers, truth values, text, null, and arrays and objects of them; what JSON would change is refused. */
  json<A = unknown>(): SynchronousCodec<A>;
  /** One of these values. */
  literal<const Values extends readonly [LiteralValue, ...LiteralValue[]]>(
    ...values: Values
  ): SynchronousCodec<Values[number]>;
  /** An object with these fields, of whatever class; others are left out. */
  struct<const Fields extends Readonly<Record<string, AnyPart>>>(
    fields: Fields,
  ): SynchronousCodec<DescribedStruct<Fields>>;
  /** A field of a struct that may be left out, or be undefined, which is stored as null. */
  optional<A>(part: Part<A>): OptionalCodec<A>;
  /** Null beside what the part describes. */
  nullable<A>(part: Part<A>): SynchronousCodec<A | null>;
  /** An array of any length. */
  array<A>(part: Part<A>): SynchronousCodec<A[]>;
  /** An array with as many entries as there are parts. */
  tuple<const Parts extends readonly AnyPart[]>(...parts: Parts): SynchronousCodec<DescribedList<Parts>>;
  /** An object with any fields. */
  record<A>(part: Part<A>): SynchronousCodec<Record<string, A>>;
  /** Stored as an array of pairs. */
  map<K, V>(keys: Part<K>, values: Part<V>): SynchronousCodec<Map<K, V>>;
  /** Stored as an array. */
  set<A>(part: Part<A>): SynchronousCodec<Set<A>>;
  /** `{ _tag: "Some", value }` or `{ _tag: "None" }`. */
  option<A>(part: Part<A>): SynchronousCodec<Option<A>>;
  /** `{ _tag: "Success", success }` or `{ _tag: "Failure", failure }`. */
  result<A, E>(success: Part<A>, failure: Part<E>): SynchronousCodec<Result<A, E>>;
  /** What the first part takes that takes it. A value that an earlier part would read as something else is refused. */
  union<const Parts extends readonly [AnyPart, ...AnyPart[]]>(
    ...parts: Parts
  ): SynchronousCodec<Described<Parts[number]>>;
  /** A codec that is made when it is first needed: one that describes values of which it is a part itself. */
  lazy<A>(make: () => Part<A>): SynchronousCodec<A>;
}

/** A pair of functions between values and what JSON can hold; what they throw or reject with refuses the value. */
export type Codec<A> = AnyCodec<A>;

export declare namespace Codec {
  /** The type of the values that a codec or a Standard Schema describes. */
  type Infer<Schema> = Described<Schema>;
}

/** Ready-made codecs for what JSON can not hold as it is. */
export const Codec: Codecs = {
  string,
  boolean,
  null: nothing,
  undefined: missing,
  void: missing as SynchronousCodec<undefined> as SynchronousCodec<void>,
  number,
  finite,
  int,
  bigint,
  date,
  bytes,
  url,
  regExp,
  symbol,
  duration,
  json,
  literal,
  struct,
  optional,
  nullable,
  array,
  tuple,
  record,
  map,
  set,
  option,
  result,
  union,
  lazy,
};
