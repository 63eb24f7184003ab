import { asRefusal, checkLossless, isPromise, LosslessCodec, refusal, type StandardSchema } from "../schema.ts";

/** A codec that answers at once. */
export interface SynchronousCodec<A> {
  decode(stored: unknown): A;
  encode(value: A): unknown;
}

/** What a codec can be made of: whatever describes a value and answers at once. */
export type Part<A> = StandardSchema<unknown, A> | SynchronousCodec<A>;

/** Why a value does not fit, on its way out through the codecs around the one that refused it; it carries no stack. */
export class Misfit {
  readonly message: string;
  readonly path: PropertyKey[];
  readonly cause: unknown;

  constructor(message: string, path: PropertyKey[] = [], cause?: unknown) {
    this.message = message;
    this.path = path;
    this.cause = cause;
  }
}

/** A codec of this package. `read` and `write` throw a {@link Misfit}, and give and take what JSON holds as it is. */
export class ReadyCodec<A> extends LosslessCodec implements SynchronousCodec<A> {
  readonly read: (stored: unknown) => A;
  readonly write: (value: A) => unknown;

  constructor(read: (stored: unknown) => A, write: (value: A) => unknown) {
    super();
    this.read = read;
    this.write = write;
  }

  decode(stored: unknown): A {
    try {
      return this.read(stored);
    } catch (thrown) {
      throw refused(thrown);
    }
  }

  encode(value: A): unknown {
    try {
      return this.write(value);
    } catch (thrown) {
      throw refused(thrown);
    }
  }
}

/** A codec of this package whose value may be left out of a struct. */
export class ReadyOptional<A> extends ReadyCodec<A | undefined> {
  readonly optional = true;
}

function refused(thrown: unknown): Error {
  return thrown instanceof Misfit ? refusal(thrown.message, thrown.path, thrown.cause) : asRefusal(thrown);
}

/** Adds where it was to what a part threw. */
export function at(key: PropertyKey, thrown: unknown): Misfit {
  const misfit = thrown instanceof Misfit ? thrown : foreign(thrown);
  misfit.path.unshift(key);
  return misfit;
}

function foreign(thrown: unknown): Misfit {
  const { issues, cause } = asRefusal(thrown);
  const [first] = issues;
  return new Misfit(first?.message ?? "the value does not fit", [...(first?.path ?? [])], cause);
}

/** Says what was expected and what kind of thing was there, but not its value. */
export function unexpected(expected: string, given: unknown): Misfit {
  return new Misfit(`Expected ${expected}, but got ${kind(given)}`);
}

function kind(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (Array.isArray(given)) return "an array";
  if (typeof given === "object") return "an object";
  return `a ${typeof given}`;
}

/** A part as a codec of this package, made once when the codec around it is made. */
export function ready<A>(part: Part<A>, what: string): ReadyCodec<A> {
  if (part instanceof ReadyCodec) return part;
  const given: unknown = part;
  if ((typeof given === "object" && given !== null) || typeof given === "function") {
    const schema = (given as Partial<StandardSchema<unknown, A>>)["~standard"];
    if (typeof schema?.validate === "function") return ofStandard(given as StandardSchema<unknown, A>);
    const { decode, encode } = given as Partial<SynchronousCodec<A>>;
    if (typeof decode === "function" && typeof encode === "function") return ofOwn(given as SynchronousCodec<A>);
  }
  throw new TypeError(`${what} must be a codec or a Standard Schema, but is ${kind(given)}`);
}

function ofOwn<A>(codec: SynchronousCodec<A>): ReadyCodec<A> {
  const read = (stored: unknown): A => now(codec.decode(stored));
  const write = (value: A): unknown => {
    const encoded = now(codec.encode(value));
    checkLossless(encoded);
    return encoded;
  };
  return new ReadyCodec(read, write);
}

function ofStandard<A>(schema: StandardSchema<unknown, A>): ReadyCodec<A> {
  const read = (stored: unknown): A => {
    const result = now(schema["~standard"].validate(stored));
    if (!result.issues) return result.value;
    const [first] = result.issues;
    const path = first?.path?.map((step) => (typeof step === "object" ? step.key : step)) ?? [];
    throw new Misfit(first?.message ?? "the value does not fit", path);
  };
  const write = (value: A): unknown => {
    const text = JSON.stringify(value);
    if (text === undefined) throw unexpected("what JSON can hold", value);
    const encoded: unknown = JSON.parse(text);
    read(encoded);
    return encoded;
  };
  return new ReadyCodec(read, write);
}

function now<A>(made: A | Promise<A>): A {
  if (isPromise(made)) throw new Misfit("Expected a codec that answers at once, but it gave a promise");
  return made;
}
