import type { KeyValueImplementation } from "../implementation.ts";
import { isSame } from "../memory.ts";
import { isBytes, type Value } from "../store.ts";
import { Refused } from "./refused.ts";

/** A part of a key of Deno KV. */
export type DenoKvKeyPart = Uint8Array | string | number | bigint | boolean | symbol;

/** An entry as Deno KV gives it. */
export interface DenoKvEntry {
  readonly key: readonly DenoKvKeyPart[];
  readonly value: unknown;
  readonly versionstamp: string | null;
}

/** What is used of an atomic operation of Deno KV. */
export interface DenoKvAtomic {
  check(check: { key: DenoKvKeyPart[]; versionstamp: string | null }): DenoKvAtomic;
  set(key: DenoKvKeyPart[], value: unknown): DenoKvAtomic;
  delete(key: DenoKvKeyPart[]): DenoKvAtomic;
  commit(): Promise<{ ok: boolean }>;
}

/** What is used of a Deno KV. */
export interface DenoKv {
  get(key: DenoKvKeyPart[]): Promise<DenoKvEntry>;
  getMany(keys: DenoKvKeyPart[][]): Promise<DenoKvEntry[]>;
  set(key: DenoKvKeyPart[], value: unknown): Promise<unknown>;
  delete(key: DenoKvKeyPart[]): Promise<unknown>;
  list(
    selector: { prefix: DenoKvKeyPart[] } | { start: DenoKvKeyPart[]; end: DenoKvKeyPart[] },
    options: { limit: number; cursor?: string; batchSize: number },
  ): AsyncIterable<DenoKvEntry> & { readonly cursor: string };
  atomic(): DenoKvAtomic;
}

/** Where in a Deno KV a store lies. */
export interface DenoKvOptions {
  /** What comes before the key itself. */
  prefix?: readonly DenoKvKeyPart[] | undefined;
}

const LONGEST_KEY = 2048;
const LARGEST_VALUE = 65_536;
const LARGEST_BATCH = 500;
/** So many keys are read in one request. */
const READ_AT_ONCE = 10;
/** So many of the longest keys fit into one atomic operation. */
const REMOVED_AT_ONCE = 40;

/** A key-value store in a Deno KV. Changes are atomic for everybody who uses it. */
export function fromDenoKv(kv: DenoKv, { prefix = ["durastate"] }: DenoKvOptions = {}): KeyValueImplementation {
  if (typeof kv?.get !== "function" || typeof kv.atomic !== "function") {
    throw new TypeError("kv of fromDenoKv must be a Deno KV");
  }
  if (!Array.isArray(prefix)) throw new TypeError("prefix of fromDenoKv must be an array of parts of a key");
  return new DenoKvStore(kv, [...prefix]);
}

class DenoKvStore implements KeyValueImplementation {
  readonly atomicity = "store";
  readonly #kv: DenoKv;
  readonly #prefix: DenoKvKeyPart[];

  constructor(kv: DenoKv, prefix: DenoKvKeyPart[]) {
    this.#kv = kv;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<Value | undefined> {
    return valueIn(await this.#kv.get(this.#place(key)));
  }

  getUint8Array(key: string): Promise<never> {
    return this.get(key) as Promise<never>;
  }

  async getMany(keys: string[]): Promise<Array<Value | undefined>> {
    const read = async (places: DenoKvKeyPart[][]) => (await this.#kv.getMany(places)).map(valueIn);
    return (await Promise.all(this.#chunks(keys, READ_AT_ONCE).map(read))).flat();
  }

  async set(key: string, value: Value): Promise<void> {
    await this.#kv.set(this.#place(key), storable(value));
  }

  async remove(key: string): Promise<void> {
    await this.#kv.delete(this.#place(key));
  }

  async removeMany(keys: string[]): Promise<void> {
    const remove = (places: DenoKvKeyPart[][]) =>
      places.reduce((atomic, place) => atomic.delete(place), this.#kv.atomic()).commit();
    await Promise.all(this.#chunks(keys, REMOVED_AT_ONCE).map(remove));
  }

  async swap(key: string, expected: Value | undefined, next: Value | undefined): Promise<boolean> {
    const place = this.#place(key);
    const stored = next === undefined ? undefined : storable(next);
    const found = await this.#kv.get(place);
    if (!isSame(valueIn(found), expected)) return false;
    const atomic = this.#kv.atomic().check({ key: place, versionstamp: found.versionstamp });
    const changed = stored === undefined ? atomic.delete(place) : atomic.set(place, stored);
    return (await changed.commit()).ok;
  }

  async list(prefix: string, cursor: string | undefined, limit: number): Promise<{ keys: string[]; next?: string }> {
    const end = after(prefix);
    const selector =
      end === undefined ? { prefix: this.#prefix } : { start: [...this.#prefix, prefix], end: [...this.#prefix, end] };
    const entries = this.#kv.list(selector, {
      limit,
      batchSize: Math.min(limit, LARGEST_BATCH),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const keys: string[] = [];
    let seen = 0;
    for await (const { key } of entries) {
      seen += 1;
      const last = key[this.#prefix.length];
      // What lies deeper is somebody else's.
      const isOurs = key.length === this.#prefix.length + 1 && typeof last === "string" && last.startsWith(prefix);
      if (isOurs) keys.push(last);
    }
    return seen < limit ? { keys } : { keys, next: entries.cursor };
  }

  #place(key: string): DenoKvKeyPart[] {
    const place = [...this.#prefix, key];
    const length = place.reduce<number>((sum, part) => sum + lengthOf(part), 0);
    if (length <= LONGEST_KEY) return place;
    throw new Refused(`Deno KV takes keys of ${LONGEST_KEY} bytes at most, and with its prefix this one has ${length}`);
  }

  #chunks(keys: string[], size: number): DenoKvKeyPart[][][] {
    const places = keys.map((key) => this.#place(key));
    const chunks: DenoKvKeyPart[][][] = [];
    for (let at = 0; at < places.length; at += size) chunks.push(places.slice(at, at + size));
    return chunks;
  }
}

/** How many bytes a part of a key has at least. Texts and bytes lie between two marks, and each 0 in them is marked too. */
function lengthOf(part: DenoKvKeyPart): number {
  const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
  return isBytes(bytes) ? bytes.length + bytes.filter((byte) => byte === 0).length + 2 : 1;
}

/** A value as Deno keeps it: a copy, for its owner may go on writing into it. What is sure to be too large is refused here. */
function storable(value: Value): Value {
  const size = typeof value === "string" ? sizeOf(value) : value.length;
  if (size > LARGEST_VALUE) {
    throw new Refused(`Deno KV takes values of ${LARGEST_VALUE} bytes at most, and this one has ${size}`);
  }
  return typeof value === "string" ? value : new Uint8Array(value);
}

/** How many bytes a text has at least as V8 writes it: one for each character, or two if one of them needs two. */
function sizeOf(text: string): number {
  const header = 4;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters of one byte
  return header + (/^[\u0000-\u00ff]*$/.test(text) ? text.length : 2 * text.length);
}

/** What an entry holds; what somebody else has put there may be neither text nor bytes. */
function valueIn({ value, versionstamp }: DenoKvEntry): Value | undefined {
  if (versionstamp === null) return undefined;
  if (typeof value === "string" || isBytes(value)) return value;
  throw new Refused("what is stored there is neither text nor bytes");
}

/** The least text after all that begin with this prefix; undefined where there is none. Deno orders texts by their UTF-8. */
function after(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number);
  for (let last = points.length - 1; last >= 0; last--) {
    const point = points[last] as number;
    if (point === 0x10ffff) continue;
    // The halves of surrogate pairs are no characters.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return String.fromCodePoint(...points.slice(0, last), next);
  }
  return undefined;
}
