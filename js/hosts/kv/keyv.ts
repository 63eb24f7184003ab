import type { KeyValueStore } from "../../layers/key_value.ts";
import type { KeyValueImplementation } from "../implementation.ts";
import { isBytes, type Value } from "../store.ts";
import { Refused } from "./refused.ts";

/** A value as Keyv keeps it. */
export interface KeyvEnvelope {
  value?: unknown;
  expires?: number | null | undefined;
}

/** What is used of a Keyv, of version 5 or 6. */
export interface KeyvLike {
  readonly store: unknown;
  readonly namespace?: string | undefined;
  set(key: string, value: unknown): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  /** Version 5 puts the namespace before each key by itself, unless this is false. */
  readonly useKeyPrefix?: boolean | undefined;
  /** What version 5 reads with. */
  deserializeData?(data: string): Promise<KeyvEnvelope | undefined>;
  /** What version 6 reads with. */
  decode?(data: unknown): Promise<KeyvEnvelope | undefined>;
}

/**
 * A key-value store in a Keyv, whatever its storage adapter. It is never atomic. Everything is text there (bytes are
 * base64), as the serializers of Keyv do not all keep bytes. Keys can be listed where the adapter has an iterator.
 */
export function fromKeyv(keyv: KeyvLike): KeyValueImplementation {
  if (typeof keyv?.set !== "function" || !(keyv.decode || keyv.deserializeData)) {
    throw new TypeError("keyv of fromKeyv must be a Keyv");
  }
  const isPrefixed = !keyv.decode && keyv.useKeyPrefix !== false && keyv.namespace;
  const prefix = isPrefixed ? `${keyv.namespace}:` : "";
  const nameOf = (key: string) => (isSpecial(key, prefix) ? `%${key}` : key);
  // Not `keyv.get`: it takes an adapter that fails for one that has nothing.
  const { store } = keyv as { store: { get(place: string): unknown } };
  const get = async (key: string) => valueIn(await decoded(keyv, await store.get(prefix + nameOf(key))));
  const implementation: KeyValueImplementation = {
    atomicity: "none",
    get,
    async set(key, value) {
      // Unless it is told to throw, Keyv answers false and tells its listeners why.
      if ((await keyv.set(nameOf(key), value)) === false) throw new Refused("Keyv did not store the value");
    },
    async remove(key) {
      // False as well where there was nothing to delete.
      if ((await keyv.delete(nameOf(key))) || (await store.get(prefix + nameOf(key))) === undefined) return;
      throw new Refused("Keyv did not delete the key");
    },
  };
  const entries = entriesOf(keyv);
  if (!entries) return implementation;
  const keys = async () => {
    const keys: string[] = [];
    for await (const [place, raw] of entries()) {
      if (typeof place !== "string" || !place.startsWith(prefix)) continue;
      const name = place.slice(prefix.length);
      const key = prefix !== "" && name.startsWith("%") ? name.slice(1) : name;
      if (nameOf(key) === name && (await decoded(keyv, raw))) keys.push(key);
    }
    return keys;
  };
  return { ...implementation, keys };
}

/** Keyv puts its namespace before a key only if the key does not begin with it; what begins with "%" is ours then. */
function isSpecial(key: string, prefix: string): boolean {
  return prefix !== "" && (key.startsWith("%") || key.startsWith(prefix));
}

type Entries = Iterable<[unknown, unknown]> | AsyncIterable<[unknown, unknown]>;

/** A storage adapter: of version 6, where it says what it can. */
interface KeyvStorage {
  iterator?: unknown;
  capabilities?: { methods?: { iterator?: { exists: boolean } } };
  store?: { entries?: unknown };
}

/** All entries of the storage under a Keyv, of other namespaces too. Its own iterator is wrong about many keys. */
function entriesOf({ store, namespace }: KeyvLike): (() => Entries) | undefined {
  if (store instanceof Map) return () => store;
  const { iterator, capabilities, store: inner } = Object(store) as KeyvStorage;
  if (typeof iterator !== "function") return undefined;
  // Version 6 wraps what can not be iterated in something that gives nothing at all.
  if (capabilities?.methods?.iterator?.exists === false && typeof inner?.entries !== "function") return undefined;
  return () => iterator.call(store, namespace) as Entries;
}

/** The envelope that a storage holds, unless its time is over. */
async function decoded(keyv: KeyvLike, raw: unknown): Promise<KeyvEnvelope | undefined> {
  if (raw === undefined || raw === null) return undefined;
  const read = (text: string) => (keyv.decode ? keyv.decode(text) : keyv.deserializeData?.(text));
  const data = typeof raw === "string" ? await read(raw) : (raw as KeyvEnvelope);
  return typeof data?.expires === "number" && data.expires <= Date.now() ? undefined : data;
}

/** What an envelope holds; what somebody else has put there may be neither text nor bytes. */
function valueIn(found: KeyvEnvelope | undefined): Value | undefined {
  const value = found?.value;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || isBytes(value)) return value;
  throw new Refused("what is stored there is neither text nor bytes");
}

/** What is used of a store of durastate. */
export type KeyvDriven = Pick<KeyValueStore, "get" | "set" | "remove" | "has" | "keys" | "clear" | "clearPrefix">;

/** A storage adapter for Keyv that keeps everything in a store of durastate. */
export class KeyvStore {
  /** Keyv gives an iterator to the dialects alone that it knows. */
  readonly opts: { dialect: string; url: string } = { dialect: "redis", url: "" };
  /** Set by the Keyv that uses it. */
  namespace: string | undefined;
  readonly #kv: KeyvDriven;

  constructor(kv: KeyvDriven) {
    this.#kv = kv;
  }

  // biome-ignore lint/suspicious/noExplicitAny: Keyv asks for a type that only the caller knows
  get(key: string): Promise<any> {
    return this.#kv.get(key);
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  getMany(keys: string[]): Promise<any[]> {
    return Promise.all(keys.map((key) => this.#kv.get(key)));
  }

  /** Stores what Keyv has serialized: its time to live is in there, and Keyv itself looks at it when it reads. */
  async set(key: string, value: unknown): Promise<void> {
    if (typeof value !== "string") throw new TypeError("toKeyv needs a Keyv that serializes its values to text");
    await this.#kv.set(key, value);
  }

  async delete(key: string): Promise<boolean> {
    // No `has` of ours beside it: Keyv would take it for the answer, also for what has expired.
    const had = await this.#kv.has(key);
    await this.#kv.remove(key);
    return had;
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    const deleted = await Promise.all(keys.map((key) => this.delete(key)));
    return deleted.every(Boolean);
  }

  /** Removes the keys of this namespace, or all where there is none. */
  clear(): Promise<void> {
    return this.namespace ? this.#kv.clearPrefix(`${this.namespace}:`) : this.#kv.clear();
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async *iterator(namespace?: string): AsyncGenerator<any, void> {
    const prefix = namespace ? `${namespace}:` : "";
    for (const key of await this.#kv.keys()) {
      const value = key.startsWith(prefix) ? await this.#kv.get(key) : undefined;
      if (value !== undefined) yield [key, value];
    }
  }

  /** There is nothing to listen to: whatever fails rejects. */
  on(): this {
    return this;
  }
}

/** A storage adapter for `new Keyv({ store })` that keeps everything in a store of durastate. */
export function toKeyv(kv: KeyvDriven): KeyvStore {
  if (typeof kv?.get !== "function" || typeof kv.clearPrefix !== "function") {
    throw new TypeError("kv of toKeyv must be a KeyValueStore");
  }
  return new KeyvStore(kv);
}
