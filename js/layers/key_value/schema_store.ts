import type { Awaitable } from "../../hosts/store.ts";
import type { TextCodec } from "../../schema.ts";
import { checkChange, type KeyValueFace } from "./face.ts";

/**
 * A view of a key-value store whose values are decoded when they are read and encoded when they are stored. What does
 * not fit rejects with a `SchemaError`, and what was stored is still there.
 */
export class SchemaStore<A> {
  readonly #store: KeyValueFace;
  readonly #codec: TextCodec<A>;

  /** Made by `toSchemaStore` and `json`. */
  constructor(store: KeyValueFace, codec: TextCodec<A>) {
    this.#store = store;
    this.#codec = codec;
  }

  /** The value under this key. */
  async get(key: string): Promise<A | undefined> {
    const text = await this.#store.get(key);
    return text === undefined ? undefined : this.#codec.decode(text);
  }

  /** Stores a value under this key. */
  async set(key: string, value: A): Promise<void> {
    await this.#store.set(key, await this.#codec.encode(value));
  }

  /** Replaces the value under this key by what `change` makes of it, as `modify` of the store does for text. */
  async modify(key: string, change: (value: A) => Awaitable<A>): Promise<A | undefined> {
    checkChange("modify", change);
    const text = await this.#store.modify(key, async (text) =>
      this.#codec.encode(await change(await this.#codec.decode(text))),
    );
    return text === undefined ? undefined : this.#codec.decode(text);
  }

  /** Removes this key. */
  remove(key: string): Promise<void> {
    return this.#store.remove(key);
  }

  /** Whether there is anything under this key, of whatever shape. */
  has(key: string): Promise<boolean> {
    return this.#store.has(key);
  }

  /** All keys of the store, in no promised order. */
  keys(): Promise<string[]> {
    return this.#store.keys();
  }

  /** How many keys the store has. */
  size(): Promise<number> {
    return this.#store.size();
  }

  /** Whether the store has no keys. */
  isEmpty(): Promise<boolean> {
    return this.#store.isEmpty();
  }

  /** Removes all keys of the store. */
  clear(): Promise<void> {
    return this.#store.clear();
  }
}
