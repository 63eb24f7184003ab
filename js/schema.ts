import { shown } from "./arguments.ts";
import { SchemaError, type SchemaIssue } from "./errors.ts";

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

/** Between values and the JSON text that is stored for them. */
export interface TextCodec<A> {
  decode(text: string): A | Promise<A>;
  encode(value: A): string | Promise<string>;
}

/** The codec of JSON itself: what would not come back as it was is refused. */
export const jsonCodec: TextCodec<unknown> = { decode: parse, encode: stringify };

/** The codec of a schema: decoded values are checked, and nothing is stored that would not be read again. */
export function codecOf<A>(schema: Schema<A>): TextCodec<A> {
  const given: unknown = schema;
  if ((typeof given === "object" && given !== null) || typeof given === "function") {
    if ("~standard" in given) return standardCodec(schema as StandardSchema<unknown, A>);
    const { decode, encode } = given as Partial<Codec<A>>;
    if (typeof decode === "function" && typeof encode === "function") return ownCodec(schema as Codec<A>);
  }
  throw new TypeError(`schema must be a Standard Schema or have decode and encode, but is ${shown(given)}`);
}

function standardCodec<A>(schema: StandardSchema<unknown, A>): TextCodec<A> {
  if (typeof schema["~standard"]?.validate !== "function") {
    throw new TypeError(
      `schema["~standard"].validate must be a function, but is ${shown(schema["~standard"]?.validate)}`,
    );
  }
  const decode = async (text: string): Promise<A> => {
    const result = await schema["~standard"].validate(parse(text));
    if (result.issues) throw new SchemaError({ issues: result.issues.map(issue) });
    return result.value;
  };
  const encode = async (value: A): Promise<string> => {
    const text = stringify(value, true);
    await decode(text);
    return text;
  };
  return { decode, encode };
}

function ownCodec<A>(codec: Codec<A>): TextCodec<A> {
  return {
    async decode(text) {
      const stored = parse(text);
      return refusing(() => codec.decode(stored));
    },
    async encode(value) {
      return stringify(await refusing(() => codec.encode(value)));
    },
  };
}

async function refusing<A>(run: () => A | Promise<A>): Promise<A> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    throw refusal(cause instanceof Error ? cause.message : String(cause), [], cause);
  }
}

function issue({ message, path }: { message: string; path?: Path | undefined }): SchemaIssue {
  return path ? { message, path: path.map((part) => (typeof part === "object" ? part.key : part)) } : { message };
}

function refusal(message: string, path: PropertyKey[], cause?: unknown): SchemaError {
  return new SchemaError({ issues: [path.length ? { message, path } : { message }], cause });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal("Expected a valid JSON string", [], cause);
  }
}

/** The JSON text of a value. `lenient` lets `toJSON` speak for its object, as a schema may read back what it says. */
function stringify(value: unknown, lenient = false): string {
  let text: string | undefined;
  try {
    if (!lenient) refuseLossy(value, [], new Set());
    text = JSON.stringify(value);
  } catch (cause) {
    if (cause instanceof SchemaError) throw cause;
    throw refusal(cause instanceof Error ? cause.message : String(cause), [], cause);
  }
  if (text === undefined) throw refusal(`JSON can not hold ${shown(value)}`, []);
  return text;
}

/** Refuses what JSON would silently change. A property that is undefined is only left out, and reads the same. */
function refuseLossy(value: unknown, path: PropertyKey[], above: Set<object>): void {
  const kind = typeof value;
  if (value === null || kind === "string" || kind === "boolean" || Number.isFinite(value)) return;
  if (kind !== "object") throw refusal(`JSON can not hold ${shown(value)}`, path);
  const object = value as object;
  if (above.has(object)) throw refusal("JSON can not hold an object that contains itself", path);
  above.add(object);
  if (Array.isArray(object)) {
    for (let i = 0; i < object.length; i++) refuseLossy(object[i], [...path, i], above);
  } else {
    const prototype = Object.getPrototypeOf(object);
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    if (!isPlain || "toJSON" in object) throw refusal(`JSON would not give back ${shown(value)} as it is`, path);
    for (const [key, inner] of Object.entries(object)) {
      if (inner !== undefined) refuseLossy(inner, [...path, key], above);
    }
  }
  above.delete(object);
}
