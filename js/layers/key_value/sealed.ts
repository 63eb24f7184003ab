import { shown } from "../../arguments.ts";
import { KeyValueStoreError } from "../../errors.ts";
import { type Change, type ChangeListener, report } from "../../hosts/changes.ts";
import { type Atomicity, type Awaitable, isBytes, type Value } from "../../hosts/store.ts";
import {
  checkChange,
  checkChanged,
  checkKey,
  checkSeal,
  checkValue,
  checkWatch,
  isWellFormed,
  KeyValueFace,
  type Seal,
} from "./face.ts";
import { asText, bytesOf } from "./value.ts";

/** The first byte of what is sealed: what kind of value follows. */
const TEXT = 0;
const BYTES = 1;

/** A view of a store whose values nobody reads without the key. Keys are stored as they are. */
export class SealedView extends KeyValueFace {
  readonly #store: KeyValueFace;
  readonly #seal: Seal;

  constructor(store: KeyValueFace, seal: Seal) {
    super();
    checkSeal(seal);
    this.#store = store;
    this.#seal = seal;
  }

  get atomicity(): Atomicity {
    return this.#store.atomicity;
  }

  async get(key: string): Promise<string | undefined> {
    const value = await this.#read("get", key);
    return value === undefined ? undefined : asText(value);
  }

  async getUint8Array(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#read("getUint8Array", key);
    return value === undefined ? undefined : inBytes(value);
  }

  async set(key: string, value: string | Uint8Array): Promise<void> {
    checkKey("set", key);
    checkValue("set", key, value);
    await this.#store.set(key, await this.#close("set", key, value));
  }

  async modify(key: string, change: (text: string) => Awaitable<string>): Promise<string | undefined> {
    checkKey("modify", key);
    checkChange("modify", change);
    return this.#modify("modify", key, async (value) => change(asText(value)));
  }

  async modifyUint8Array(
    key: string,
    change: (bytes: Uint8Array) => Awaitable<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    checkKey("modifyUint8Array", key);
    checkChange("modifyUint8Array", change);
    return this.#modify("modifyUint8Array", key, async (value) => change(inBytes(value)));
  }

  remove(key: string): Promise<void> {
    return this.#store.remove(key);
  }

  has(key: string): Promise<boolean> {
    return this.#store.has(key);
  }

  keys(): Promise<string[]> {
    return this.#store.keys();
  }

  size(): Promise<number> {
    return this.#store.size();
  }

  isEmpty(): Promise<boolean> {
    return this.#store.isEmpty();
  }

  clear(): Promise<void> {
    return this.#store.clear();
  }

  clearPrefix(prefix: string): Promise<void> {
    return this.#store.clearPrefix(prefix);
  }

  prefix(prefix: string): KeyValueFace {
    return new SealedView(this.#store.prefix(prefix), this.#seal);
  }

  sealed(seal: Seal): KeyValueFace {
    return new SealedView(this, seal);
  }

  watch(key: string | undefined, listener: ChangeListener): () => void {
    checkWatch(key, listener);
    // Opening takes time; the changes are told in the order in which they came.
    let before: Promise<void> = Promise.resolve();
    return this.#store.watch(key, (change) => {
      before = before.then(() => this.#told(change, listener)).catch(report);
    });
  }

  async #told(change: Change, listener: ChangeListener): Promise<void> {
    if (change.key === undefined || change.value === undefined) return listener(change);
    const opened = await this.#open("watch", change.key, bytesOf(change.value, false));
    listener({ ...change, value: asText(opened) });
  }

  async #modify<T extends Value>(
    method: "modify" | "modifyUint8Array",
    key: string,
    change: (value: Value) => Promise<T>,
  ): Promise<T | undefined> {
    let changed: T | undefined;
    await this.#store.modifyUint8Array(key, async (sealed) => {
      changed = await change(await this.#open(method, key, sealed));
      checkChanged(method, changed);
      return this.#close(method, key, changed);
    });
    return changed;
  }

  async #read(method: string, key: string): Promise<Value | undefined> {
    checkKey(method, key);
    const sealed = await this.#store.getUint8Array(key);
    return sealed === undefined ? undefined : this.#open(method, key, sealed);
  }

  async #open(method: string, key: string, sealed: Uint8Array): Promise<Value> {
    let opened: Uint8Array;
    try {
      opened = bytesFrom("open", await this.#seal.open(sealed));
    } catch (cause) {
      throw new KeyValueStoreError({ method, key, message: "what is stored could not be opened", cause });
    }
    const value = opened.subarray(1);
    if (opened[0] === TEXT) return new TextDecoder("utf-8", { ignoreBOM: true }).decode(value);
    if (opened[0] === BYTES) return value.slice();
    throw new KeyValueStoreError({ method, key, message: "what is stored was not sealed by durastate" });
  }

  async #close(method: string, key: string, value: Value): Promise<Uint8Array> {
    if (typeof value === "string" && !isWellFormed(value)) {
      throw new KeyValueStoreError({ method, key, message: "a text with half of a surrogate pair can not be sealed" });
    }
    const bytes = inBytes(value);
    const marked = new Uint8Array(bytes.length + 1);
    marked[0] = typeof value === "string" ? TEXT : BYTES;
    marked.set(bytes, 1);
    try {
      return bytesFrom("seal", await this.#seal.seal(marked));
    } catch (cause) {
      throw new KeyValueStoreError({ method, key, message: "the value could not be sealed", cause });
    }
  }
}

/** A value as the bytes that are sealed: UTF-8, in which only well-formed text comes back as it was. */
function inBytes(value: Value): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

/** What the user's functions gave, where it is bytes: anything else must not be stored, let alone unsealed. */
function bytesFrom(method: keyof Seal, given: unknown): Uint8Array {
  if (isBytes(given)) return given;
  throw new TypeError(`${method} must give a Uint8Array, but gave ${shown(given)}`);
}
