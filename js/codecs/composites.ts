import type { StandardSchema } from "../schema.ts";
import { at, Misfit, type Part, ReadyCodec, ReadyOptional, ready, unexpected } from "./ready.ts";

/** The type of the values that a codec or a Standard Schema describes. */
export type Described<Schema> =
  Schema extends StandardSchema<infer _Input, infer A>
    ? A
    : Schema extends { decode(stored: unknown): infer A }
      ? Awaited<A>
      : never;

/** The types of the values of a list of parts. */
export type DescribedList<Parts extends readonly unknown[]> = {
  -readonly [Place in keyof Parts]: Described<Parts[Place]>;
};

/** The type of a struct with these fields. */
export type DescribedStruct<Fields> = Flat<
  {
    -readonly [Field in keyof Fields as Fields[Field] extends Optional ? never : Field]: Described<Fields[Field]>;
  } & {
    -readonly [Field in keyof Fields as Fields[Field] extends Optional ? Field : never]?: Described<Fields[Field]>;
  }
>;
type Optional = { readonly optional: true };
type Flat<A> = { [Field in keyof A]: A[Field] } & {};

/** A codec of anything, as a constraint. */
// biome-ignore lint/suspicious/noExplicitAny: the values of a codec are on both sides, so no other type takes them all
export type AnyPart = Part<any>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether its fields are all there is to it, unlike with a Map. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Sets a field even where its name is that of the prototype. */
function put(object: Record<string, unknown>, field: string, value: unknown): void {
  if (field !== "__proto__") object[field] = value;
  else Object.defineProperty(object, field, { value, enumerable: true, configurable: true, writable: true });
}

interface Field {
  readonly name: string;
  /** Whether every object seems to have it. */
  readonly inherited: boolean;
  readonly optional: boolean;
  readonly codec: ReadyCodec<unknown>;
}

/** Whether an object has a field: its own one, or one of its class. */
function has(object: object, { name, inherited }: Field): boolean {
  return inherited ? Object.hasOwn(object, name) : name in object;
}

function absent(name: string): Misfit {
  return new Misfit("Expected a field, but it is missing", [name]);
}

export function struct<Fields extends Readonly<Record<string, AnyPart>>>(
  described: Fields,
): ReadyCodec<DescribedStruct<Fields>> {
  if (!isObject(described)) throw new TypeError("fields of Codec.struct must be an object of codecs");
  const fields = Object.entries(described).map(([name, part]): Field => {
    const codec = ready<unknown>(part, `field ${JSON.stringify(name)} of Codec.struct`);
    return { name, inherited: name in Object.prototype, optional: codec instanceof ReadyOptional, codec };
  });
  const read = (stored: unknown): Record<string, unknown> => {
    if (!isObject(stored)) throw unexpected("an object", stored);
    const value: Record<string, unknown> = {};
    for (const field of fields) {
      const part = has(stored, field) ? stored[field.name] : undefined;
      if (part !== undefined) put(value, field.name, inside(field.name, field.codec.read, part));
      else if (!field.optional) throw absent(field.name);
    }
    return value;
  };
  const write = (value: unknown): Record<string, unknown> => {
    if (!isObject(value)) throw unexpected("an object", value);
    const stored: Record<string, unknown> = {};
    for (const field of fields) {
      const isThere = has(value, field);
      if (!isThere && field.optional) continue;
      put(stored, field.name, inside(field.name, field.codec.write, isThere ? value[field.name] : undefined));
    }
    return stored;
  };
  return new ReadyCodec(read, write) as ReadyCodec<unknown> as ReadyCodec<DescribedStruct<Fields>>;
}

function inside<From, To>(key: PropertyKey, by: (from: From) => To, from: From): To {
  try {
    return by(from);
  } catch (thrown) {
    throw at(key, thrown);
  }
}

export function optional<A>(part: Part<A>): ReadyOptional<A> {
  const { read, write } = ready(part, "part of Codec.optional");
  return new ReadyOptional<A>(
    (stored) => (stored === null ? nullBy(read) : read(stored)),
    (value) => (value === undefined ? null : write(value)),
  );
}

/** What null is to a codec that may be left out: the codec's own value, where it has one. */
function nullBy<A>(read: (stored: unknown) => A): A | undefined {
  try {
    return read(null);
  } catch {
    return undefined;
  }
}

export function nullable<A>(part: Part<A>): ReadyCodec<A | null> {
  const { read, write } = ready(part, "part of Codec.nullable");
  return new ReadyCodec<A | null>(
    (stored) => (stored === null ? null : read(stored)),
    (value) => (value === null ? null : write(value)),
  );
}

export function array<A>(part: Part<A>): ReadyCodec<A[]> {
  const { read, write } = ready(part, "part of Codec.array");
  const each =
    <From, To>(by: (from: From) => To) =>
    (from: unknown): To[] => {
      if (!Array.isArray(from)) throw unexpected("an array", from);
      let place = 0;
      try {
        const to: To[] = [];
        for (; place < from.length; place++) to.push(by(from[place]));
        return to;
      } catch (thrown) {
        throw at(place, thrown);
      }
    };
  return new ReadyCodec(each(read), each(write));
}

export function tuple<const Parts extends readonly AnyPart[]>(...parts: Parts): ReadyCodec<DescribedList<Parts>> {
  const codecs = parts.map((part, place) => ready<unknown>(part, `part ${place} of Codec.tuple`));
  const each = (way: "read" | "write") => (from: unknown) => {
    if (!Array.isArray(from)) throw unexpected("an array", from);
    if (from.length !== codecs.length) throw new Misfit(`Expected ${codecs.length} entries, but got ${from.length}`);
    return codecs.map((codec, place) => inside(place, codec[way], from[place]));
  };
  return new ReadyCodec(each("read"), each("write")) as ReadyCodec<unknown> as ReadyCodec<DescribedList<Parts>>;
}

export function record<A>(part: Part<A>): ReadyCodec<Record<string, A>> {
  const { read, write } = ready(part, "part of Codec.record");
  const each =
    <From, To>(fits: (from: unknown) => from is Record<string, unknown>, by: (from: From) => To) =>
    (from: unknown): Record<string, To> => {
      if (!fits(from)) throw unexpected("an object without a class", from);
      const to: Record<string, To> = {};
      for (const key of Object.keys(from)) put(to, key, inside(key, by, from[key] as From));
      return to;
    };
  return new ReadyCodec<Record<string, A>>(each(isObject, read), each(isPlain, write));
}

export function map<K, V>(keys: Part<K>, values: Part<V>): ReadyCodec<Map<K, V>> {
  const key = ready(keys, "keys of Codec.map");
  const value = ready(values, "values of Codec.map");
  const pairs = array(tuple(key, value));
  return new ReadyCodec(
    (stored) => new Map(pairs.read(stored) as Array<[K, V]>),
    (map) => {
      if (!(map instanceof Map)) throw unexpected("a Map", map);
      return pairs.write([...map] as never);
    },
  );
}

export function set<A>(part: Part<A>): ReadyCodec<Set<A>> {
  const values = array(ready(part, "part of Codec.set"));
  return new ReadyCodec(
    (stored) => new Set(values.read(stored)),
    (set) => {
      if (!(set instanceof Set)) throw unexpected("a Set", set);
      return values.write([...set]);
    },
  );
}

/** Something that may be there or not. */
export type Option<A> = { readonly _tag: "Some"; readonly value: A } | { readonly _tag: "None" };

export function option<A>(part: Part<A>): ReadyCodec<Option<A>> {
  return tagged<Option<A>>("an option", { Some: ["value", ready(part, "part of Codec.option")], None: undefined });
}

/** Something that came out well or did not. */
export type Result<A, E> =
  | { readonly _tag: "Success"; readonly success: A }
  | { readonly _tag: "Failure"; readonly failure: E };

export function result<A, E>(success: Part<A>, failure: Part<E>): ReadyCodec<Result<A, E>> {
  return tagged<Result<A, E>>("a result", {
    Success: ["success", ready(success, "success of Codec.result")],
    Failure: ["failure", ready(failure, "failure of Codec.result")],
  });
}

/** Objects that have one field at most beside their tag. */
function tagged<A extends { readonly _tag: string }>(
  expected: string,
  cases: { readonly [Tag in A["_tag"]]: readonly [field: string, codec: unknown] | undefined },
): ReadyCodec<A> {
  const known = new Map<unknown, unknown>(Object.entries(cases)) as Map<unknown, [string, ReadyCodec<unknown>]>;
  const each = (way: "read" | "write") => (from: unknown) => {
    if (!isObject(from) || !known.has(from._tag)) throw unexpected(expected, from);
    const { _tag } = from;
    const [name, codec] = known.get(_tag) ?? [];
    if (name === undefined || !codec) return { _tag };
    if (way === "read" && from[name] === undefined) throw absent(name);
    return { _tag, [name]: inside(name, codec[way] as (part: unknown) => unknown, from[name]) };
  };
  return new ReadyCodec<A>(each("read") as (stored: unknown) => A, each("write"));
}

export function union<const Parts extends readonly [AnyPart, ...AnyPart[]]>(
  ...parts: Parts
): ReadyCodec<Described<Parts[number]>> {
  const codecs = parts.map((part, place) => ready<Described<Parts[number]>>(part, `part ${place} of Codec.union`));
  if (codecs.length === 0) throw new TypeError("Codec.union must be given a part");
  const firstOf = <To>(by: (codec: ReadyCodec<Described<Parts[number]>>) => To): [To, number] => {
    let nearest: Misfit | undefined;
    for (const [place, codec] of codecs.entries()) {
      try {
        return [by(codec), place];
      } catch (thrown) {
        const misfit = at("", thrown);
        misfit.path.shift();
        if (!nearest || misfit.path.length > nearest.path.length) nearest = misfit;
      }
    }
    throw nearest?.path.length ? nearest : new Misfit("Expected one of the parts of a union");
  };
  return new ReadyCodec(
    (stored) => firstOf((codec) => codec.read(stored))[0],
    (value) => {
      const [stored, place] = firstOf((codec) => codec.write(value));
      // What a part before it reads as well would come back as another value.
      if (place > 0 && firstOf((codec) => codec.read(stored))[1] < place) {
        throw new Misfit("Expected a value that no part of the union before its own would read");
      }
      return stored;
    },
  );
}

export function lazy<A>(make: () => Part<A>): ReadyCodec<A> {
  if (typeof make !== "function") throw new TypeError("Codec.lazy must be given a function");
  let made: ReadyCodec<A> | undefined;
  const codec = (): ReadyCodec<A> => {
    made ??= ready(make(), "what the function of Codec.lazy gives");
    return made;
  };
  return new ReadyCodec(
    (stored) => codec().read(stored),
    (value) => codec().write(value),
  );
}
