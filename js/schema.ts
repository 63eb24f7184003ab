import { shown } from "./arguments.ts";
import { SchemaError, type SchemaIssue } from "./errors.ts";
import type { Awaitable } from "./hosts/store.ts";

/** A validator of any library that follows Standard Schema: zod, valibot, arktype, Effect, … */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Output> | Promise<Validated<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type Validated<A> =
  | { readonly value: A; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<{ readonly message: string; readonly path?: Path | undefined }> };
type Path = ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>;

/** A pair of functions between values and what JSON can hold; what they throw or reject with refuses the value. */
export interface Codec<A> {
  decode(stored: unknown): A | Promise<A>;
  encode(value: A): unknown | Promise<unknown>;
}

/** What describes a stored value. */
export type Schema<A> = StandardSchema<unknown, A> | Codec<A>;

/** Between values and the JSON that is stored for them. Where the schema answers at once, so does its codec. */
export interface JsonCodec<A> {
  /** The value of parsed JSON. */
  decode(stored: unknown): Awaitable<A>;
  /** The JSON text of a value. */
  encode(value: A): Awaitable<string>;
}

/** The same where what is stored is text. */
export interface TextCodec<A> {
  decode(text: string): Awaitable<A>;
  encode(value: A): Awaitable<string>;
}

/** What the codecs extend whose results need not be looked through: JSON gives them back as they are. */
export abstract class LosslessCodec {}

/** The codec of JSON itself: what would not come back as it was is refused. */
export const plainCodec: JsonCodec<unknown> = { decode: (stored) => stored, encode: losslessText };

/** The same for text. */
export const jsonCodec: TextCodec<unknown> = ofText(plainCodec);

/** The codec of a schema: decoded values are checked, and nothing is stored that would not be read again. */
export function jsonCodecOf<A>(schema: Schema<A>, what = "schema"): JsonCodec<A> {
  const given: unknown = schema;
  if ((typeof given === "object" && given !== null) || typeof given === "function") {
    if ("~standard" in given) return standardCodec(schema as StandardSchema<unknown, A>, what);
    const { decode, encode } = given as Partial<Codec<A>>;
    if (typeof decode === "function" && typeof encode === "function") return ownCodec(schema as Codec<A>);
  }
  throw new TypeError(`${what} must be a Standard Schema or have decode and encode, but is ${shown(given)}`);
}

/** The same for text. */
export function codecOf<A>(schema: Schema<A>): TextCodec<A> {
  return ofText(jsonCodecOf(schema));
}

function ofText<A>(codec: JsonCodec<A>): TextCodec<A> {
  return { decode: (text) => codec.decode(parse(text)), encode: (value) => codec.encode(value) };
}

function standardCodec<A>(schema: StandardSchema<unknown, A>, what: string): JsonCodec<A> {
  if (typeof schema["~standard"]?.validate !== "function") {
    const found = shown(schema["~standard"]?.validate);
    throw new TypeError(`${what}["~standard"].validate must be a function, but is ${found}`);
  }
  const decode = (stored: unknown): Awaitable<A> => {
    const result = refusing(() => schema["~standard"].validate(stored));
    return isPromise(result) ? result.then(valid) : valid(result);
  };
  const encode = (value: A): Awaitable<string> => {
    const text = textOf(value);
    const checked = decode(JSON.parse(text));
    return isPromise(checked) ? checked.then(() => text) : text;
  };
  return { decode, encode };
}

function valid<A>(result: Validated<A>): A {
  if (result.issues) throw new SchemaError({ issues: result.issues.map(issue) });
  return result.value;
}

function ownCodec<A>(codec: Codec<A>): JsonCodec<A> {
  const text = codec instanceof LosslessCodec ? textOf : losslessText;
  return {
    decode: (stored) => refusing(() => codec.decode(stored)),
    encode(value) {
      const encoded = refusing(() => codec.encode(value));
      return isPromise(encoded) ? encoded.then(text) : text(encoded);
    },
  };
}

/** Whether something has to be waited for. */
export function isPromise<A>(value: A | Promise<A>): value is Promise<A> {
  return typeof value === "object" && value !== null && typeof (value as Partial<Promise<A>>).then === "function";
}

/** What `run` gives; what it throws or rejects with is a refusal. */
function refusing<A>(run: () => A | Promise<A>): A | Promise<A> {
  try {
    const made = run();
    return isPromise(made) ? Promise.resolve(made).catch(refuse) : made;
  } catch (cause) {
    return refuse(cause);
  }
}

function refuse(cause: unknown): never {
  throw asRefusal(cause);
}

/** What was thrown because a value does not fit, as the error that says so. */
export function asRefusal(thrown: unknown): SchemaError {
  if (thrown instanceof SchemaError) return thrown;
  if (!(thrown instanceof Error)) return refusal(String(thrown), [], thrown);
  // A codec made of a schema library throws what that found, and so does a codec of another build of this package.
  const { issues } = thrown as { issues?: unknown };
  if (!Array.isArray(issues) || !issues[0] || !issues.every(isIssue)) return refusal(thrown.message, [], thrown);
  return new SchemaError({ issues: issues.map(issue), cause: thrown });
}

function isIssue(given: unknown): given is { message: string; path?: Path } {
  const { message, path } = (given ?? {}) as { message?: unknown; path?: unknown };
  return typeof message === "string" && (path === undefined || Array.isArray(path));
}

function issue({ message, path }: { message: string; path?: Path | undefined }): SchemaIssue {
  return path ? { message, path: path.map((part) => (typeof part === "object" ? part.key : part)) } : { message };
}

/** The error of a value that does not fit, and where in it. */
export function refusal(message: string, path: readonly PropertyKey[] = [], cause?: unknown): SchemaError {
  return new SchemaError({ issues: [path.length ? { message, path } : { message }], cause });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal("Expected a valid JSON string", [], cause);
  }
}

/** The JSON text of a value; `toJSON` speaks for its object, as a schema may read back what it says. */
function textOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw asRefusal(cause);
  }
  if (text === undefined) throw refusal(`JSON can not hold ${shown(value)}`);
  return text;
}

function losslessText(value: unknown): string {
  checkLossless(value);
  return textOf(value);
}

/** Refuses what JSON would silently change. A property that is undefined is only left out, and reads the same. */
export function checkLossless(value: unknown): void {
  try {
    refuseLossy(value, [], new Set());
  } catch (cause) {
    throw asRefusal(cause);
  }
}

function refuseLossy(value: unknown, path: PropertyKey[], above: Set<object>): void {
  const kind = typeof value;
  if (value === null || kind === "string" || kind === "boolean" || Number.isFinite(value)) return;
  if (kind !== "object") throw refusal(`JSON can not hold ${shown(value)}`, [...path]);
  const object = value as object;
  if (above.has(object)) throw refusal("JSON can not hold an object that contains itself", [...path]);
  above.add(object);
  if (Array.isArray(object)) {
    for (let i = 0; i < object.length; i++) {
      path.push(i);
      refuseLossy(object[i], path, above);
      path.pop();
    }
  } else {
    const prototype = Object.getPrototypeOf(object);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    if (!isPlain || "toJSON" in object) throw refusal(`JSON would not give back ${shown(value)} as it is`, [...path]);
    for (const key of Object.keys(object)) {
      const inner: unknown = object[key as keyof object];
      if (inner === undefined) continue;
      path.push(key);
      refuseLossy(inner, path, above);
      path.pop();
    }
  }
  above.delete(object);
}
