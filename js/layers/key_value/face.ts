import { checkFunction, checkString, quoted, shown } from "../../arguments.ts";
import { KeyValueStoreError } from "../../errors.ts";
import type { ChangeListener } from "../../hosts/changes.ts";
import { type Atomicity, type Awaitable, isBytes, type Value } from "../../hosts/store.ts";
import { codecOf, jsonCodec, type Schema, type TextCodec } from "../../schema.ts";
import { SchemaStore } from "./schema_store.ts";

/**
 * A Map that lasts: text and bytes under text keys. Every method rejects with a `KeyValueStoreError` that names the
 * method and the key when the store fails, and with a `TypeError` when an argument is none that it takes; nothing has
 * changed then.
 */
export abstract class KeyValueFace {
  /** Who is sure to see one change after the other. */
  abstract readonly atomicity: Atomicity;

  /** The text under this key; bytes read as text are base64. */
  abstract get(key: string): Promise<string | undefined>;

  /**
   * The bytes under this key; text read as bytes is UTF-8. A store that holds text alone (Web Storage) can not tell
   * the two apart: there, a text that happens to be base64 reads as what it encodes.
   */
  abstract getUint8Array(key: string): Promise<Uint8Array | undefined>;

  /** Stores text or bytes under this key, over what was there. */
  abstract set(key: string, value: string | Uint8Array): Promise<void>;

  /** Removes this key; that it is not there is no error. */
  abstract remove(key: string): Promise<void>;

  /** Whether there is anything under this key. */
  abstract has(key: string): Promise<boolean>;

  /** All keys, in no promised order. */
  abstract keys(): Promise<string[]>;

  /** How many keys there are. */
  abstract size(): Promise<number>;

  /** Whether there are no keys. */
  abstract isEmpty(): Promise<boolean>;

  /** Removes all keys of this view, and none of another. */
  abstract clear(): Promise<void>;

  /** Removes the keys that begin with this prefix. */
  abstract clearPrefix(prefix: string): Promise<void>;

  /**
   * Replaces the text under this key by what `change` makes of it, and gives the new text. A key that is not there
   * stays so, and `change` is not called. As far as {@link atomicity} goes (and always within this process) no other
   * change is lost, so `change` may run more than once.
   */
  abstract modify(key: string, change: (text: string) => Awaitable<string>): Promise<string | undefined>;

  /** The same for bytes. */
  abstract modifyUint8Array(
    key: string,
    change: (bytes: Uint8Array) => Awaitable<Uint8Array>,
  ): Promise<Uint8Array | undefined>;

  /** A view of the keys that begin with this prefix, without it. */
  abstract prefix(prefix: string): KeyValueFace;

  /**
   * Calls `listener` whenever this key (or any, for undefined) changes: in this process at once, elsewhere as far as
   * the store can tell. The function it gives ends that.
   */
  abstract watch(key: string | undefined, listener: ChangeListener): () => void;

  /** A view whose values are sealed before they are stored and opened when they are read. */
  abstract sealed(seal: Seal): KeyValueFace;

  /** A view of decoded values, stored as JSON text and checked by a schema both ways. */
  toSchemaStore<A>(schema: Schema<A>): SchemaStore<A> {
    return new SchemaStore(this, codecOf(schema));
  }

  /** A view of numbers, truth values, objects and arrays, stored as JSON text. */
  json<T>(): SchemaStore<T> {
    return new SchemaStore(this, jsonCodec as TextCodec<T>);
  }
}

/** How values are sealed and opened: encryption, signing, compression. */
export interface Seal {
  seal(bytes: Uint8Array): Awaitable<Uint8Array>;
  open(bytes: Uint8Array): Awaitable<Uint8Array>;
}

/** Refuses what can be no key, naming it. */
export function checkKey(method: string, key: unknown): asserts key is string {
  if (typeof key === "string" && key !== "" && isWellFormed(key)) return;
  checkString(`key of KeyValueStore.${method}`, key);
  const message = key === "" ? "a key must not be empty" : "a key must not hold half of a surrogate pair";
  throw new KeyValueStoreError({ method, key, message });
}

/** Whether a text has no half of a surrogate pair. */
export const isWellFormed: (text: string) => boolean =
  "isWellFormed" in String.prototype
    ? (text) => (text as string & { isWellFormed(): boolean }).isWellFormed()
    : (text) => !/\p{Surrogate}/u.test(text);

/** Refuses what is neither text nor bytes, naming the key. */
export function checkValue(method: string, key: string, value: unknown): asserts value is Value {
  if (typeof value === "string" || isBytes(value)) return;
  const what = `value of KeyValueStore.${method}(${quoted(key)})`;
  throw new TypeError(`${what} must be a string or a Uint8Array, but is ${shown(value)}`);
}

/** Refuses what can not change a value. */
export function checkChange(method: string, change: unknown): void {
  checkFunction(`change of KeyValueStore.${method}`, change);
}

/** Refuses what `change` gave unless it is of the kind that it was given. */
export function checkChanged(method: "modify" | "modifyUint8Array", changed: unknown): asserts changed is Value {
  if (method === "modify" ? typeof changed === "string" : isBytes(changed)) return;
  const kind = method === "modify" ? "string" : "Uint8Array";
  throw new TypeError(`change of KeyValueStore.${method} must give a ${kind}, but gave ${shown(changed)}`);
}

/** Refuses what can not be a prefix. */
export function checkPrefix(method: string, prefix: unknown): asserts prefix is string {
  checkString(`prefix of KeyValueStore.${method}`, prefix);
  if (!isWellFormed(prefix))
    throw new KeyValueStoreError({ method, key: prefix, message: "a prefix must not hold half of a surrogate pair" });
}

/** Refuses what can not watch. */
export function checkWatch(key: unknown, listener: unknown): void {
  if (key !== undefined) checkKey("watch", key);
  checkFunction("listener of KeyValueStore.watch", listener);
}

/** Refuses what can not seal. */
export function checkSeal(seal: unknown): asserts seal is Seal {
  const given = seal as Partial<Seal> | null | undefined;
  checkFunction("seal of KeyValueStore.sealed", given?.seal);
  checkFunction("open of KeyValueStore.sealed", given?.open);
}
