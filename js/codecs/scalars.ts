import { isBytes } from "../hosts/store.ts";
import { checkLossless } from "../schema.ts";
import { Misfit, ReadyCodec, unexpected } from "./ready.ts";

/** A codec of values that JSON has itself. */
function same<A>(expected: string, fits: (value: unknown) => value is A): ReadyCodec<A> {
  const check = (value: unknown): A => {
    if (fits(value)) return value;
    throw unexpected(expected, value);
  };
  return new ReadyCodec(check, check);
}

/** A codec of values that are stored as text, which `parse` refuses by giving nothing or throwing. */
function asText<A>(
  expected: string,
  fits: (value: unknown) => value is A,
  write: (value: A) => string | undefined,
  parse: (text: string) => A | undefined,
): ReadyCodec<A> {
  const made = <From, To>(from: From, by: (from: From) => To | undefined): To => {
    let to: To | undefined;
    try {
      to = by(from);
    } catch {}
    if (to === undefined) throw new Misfit(`Expected ${expected}`);
    return to;
  };
  return new ReadyCodec(
    (stored) => {
      if (typeof stored !== "string") throw unexpected(`the text of ${expected}`, stored);
      return made(stored, parse);
    },
    (value) => {
      if (!fits(value)) throw unexpected(expected, value);
      return made(value, write);
    },
  );
}

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";

export const string: ReadyCodec<string> = same("a string", isString);
export const boolean: ReadyCodec<boolean> = same("a boolean", (value) => typeof value === "boolean");
export const nothing: ReadyCodec<null> = same("null", (value) => value === null);

/** A codec of numbers that JSON can hold; adding 0 makes 0 of -0, as JSON does. */
function numbers(expected: string, fits: (value: number) => boolean): ReadyCodec<number> {
  const check = (value: unknown): number => {
    if (isNumber(value) && fits(value)) return value + 0;
    throw unexpected(expected, value);
  };
  return new ReadyCodec(check, check);
}

export const finite: ReadyCodec<number> = numbers("a finite number", Number.isFinite);
export const int: ReadyCodec<number> = numbers("a safe integer", Number.isSafeInteger);

const beyond: ReadonlyMap<unknown, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [String(value), value]),
);
export const number: ReadyCodec<number> = new ReadyCodec(
  (stored) => {
    if (isNumber(stored)) return stored + 0;
    const found = beyond.get(stored);
    if (found === undefined) throw unexpected('a number, "NaN", "Infinity" or "-Infinity"', stored);
    return found;
  },
  (value) => {
    if (!isNumber(value)) throw unexpected("a number", value);
    return Number.isFinite(value) ? value + 0 : String(value);
  },
);

export const missing: ReadyCodec<undefined> = new ReadyCodec(
  (stored) => {
    if (stored !== null) throw unexpected("null", stored);
    return undefined;
  },
  (value) => {
    if (value !== undefined) throw unexpected("undefined", value);
    return null;
  },
);

export const bigint: ReadyCodec<bigint> = asText(
  "a bigint",
  (value) => typeof value === "bigint",
  String,
  (text) => (/^-?\d+$/.test(text) ? BigInt(text) : undefined),
);

export const date: ReadyCodec<Date> = asText(
  "a valid date",
  (value) => value instanceof Date,
  (value) => value.toISOString(),
  (text) => {
    const value = /^(\d{4}|[+-]\d{6})-\d\d-\d\d(T|$)/.test(text) ? new Date(text) : undefined;
    return value && !Number.isNaN(value.getTime()) ? value : undefined;
  },
);

export const bytes: ReadyCodec<Uint8Array> = asText("base64", isBytes, base64, bytesOf);

/** So many characters at once, as calls take only so many arguments. */
const portion = 0x2000;

function base64(value: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < value.length; from += portion) {
    binary += String.fromCharCode(...value.subarray(from, from + portion));
  }
  return btoa(binary);
}

function bytesOf(text: string): Uint8Array | undefined {
  const unbroken = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, "") : text;
  if (unbroken.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(unbroken)) return undefined;
  const binary = atob(unbroken);
  const value = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place++) value[place] = binary.charCodeAt(place);
  return value;
}

export const url: ReadyCodec<URL> = asText(
  "a URL",
  (value) => value instanceof URL,
  (value) => value.href,
  (text) => new URL(text),
);

/** Only what `Symbol.for` gives is the same symbol after it was read. */
export const symbol: ReadyCodec<symbol> = asText(
  "a symbol of Symbol.for",
  (value) => typeof value === "symbol",
  (value) => (Symbol.keyFor(value) === undefined ? undefined : String(value)),
  (text) => {
    const [, key] = /^Symbol\((.*)\)$/s.exec(text) ?? [];
    return key === undefined ? undefined : Symbol.for(key);
  },
);

export const regExp: ReadyCodec<RegExp> = new ReadyCodec(
  (stored) => {
    const { source, flags } = (stored ?? {}) as Partial<RegExp>;
    if (!isString(source) || !isString(flags)) throw unexpected("the source and flags of a regular expression", stored);
    try {
      return new RegExp(source, flags);
    } catch (cause) {
      throw new Misfit("Expected the source and flags of a regular expression", [], cause);
    }
  },
  (value) => {
    if (!(value instanceof RegExp)) throw unexpected("a regular expression", value);
    return { source: value.source, flags: value.flags };
  },
);

export const duration: ReadyCodec<number> = new ReadyCodec(
  (stored) => {
    const { _tag, value } = (stored ?? {}) as { _tag?: unknown; value?: unknown };
    if (_tag === "Millis" && Number.isSafeInteger(value)) return (value as number) + 0;
    if (_tag === "Nanos" && isString(value) && /^-?\d+$/.test(value)) {
      const nanoseconds = BigInt(value);
      return Number(nanoseconds / 1_000_000n) + Number(nanoseconds % 1_000_000n) / 1e6;
    }
    if (_tag === "Infinity") return Number.POSITIVE_INFINITY;
    if (_tag === "NegativeInfinity") return Number.NEGATIVE_INFINITY;
    throw unexpected("a duration", stored);
  },
  (value) => {
    if (!isNumber(value) || Number.isNaN(value)) throw unexpected("a duration in milliseconds", value);
    if (Number.isSafeInteger(value)) return { _tag: "Millis", value: value + 0 };
    if (!Number.isFinite(value)) return { _tag: value > 0 ? "Infinity" : "NegativeInfinity" };
    const fraction = Math.sign(value) * Math.round(Math.abs(value % 1) * 1e6);
    const nanoseconds = BigInt(Math.trunc(value)) * 1_000_000n + BigInt(fraction);
    return { _tag: "Nanos", value: String(nanoseconds) };
  },
);

export function json<A>(): ReadyCodec<A> {
  return plainJson as ReadyCodec<A>;
}

const plainJson: ReadyCodec<unknown> = new ReadyCodec<unknown>(
  (stored) => {
    if (stored === undefined) throw unexpected("what JSON can hold", stored);
    return stored;
  },
  (value) => {
    checkLossless(value);
    return value;
  },
);

/** What a literal can be. */
export type LiteralValue = string | number | boolean | null;

export function literal<const A extends readonly LiteralValue[]>(...values: A): ReadyCodec<A[number]> {
  if (values.length === 0) throw new TypeError("Codec.literal must be given a value");
  const among = new Set<unknown>(values);
  for (const value of among) {
    const isLiteral = value === null || isString(value) || typeof value === "boolean" || Number.isFinite(value);
    if (!isLiteral) throw new TypeError("values of Codec.literal must be strings, finite numbers, booleans or null");
  }
  return same(`one of ${JSON.stringify(values)}`, (value): value is A[number] => among.has(value));
}
