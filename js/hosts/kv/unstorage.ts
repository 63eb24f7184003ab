import type { KeyValueStore } from "../../layers/key_value.ts";
import type { KeyValueImplementation } from "../implementation.ts";
import { isBytes } from "../store.ts";
import { Refused } from "./refused.ts";
import { isWellFormed, textOf } from "./text.ts";
import { baseOf, escapedKey, isNormal, unescapedKey } from "./unstorage_keys.ts";

/** What is used of a storage of unstorage. */
export interface UnstorageLike {
  getItemRaw(key: string): Promise<unknown>;
  setItemRaw(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
  getKeys(base?: string): Promise<string[]>;
}

/** How keys are laid out in an unstorage. */
export interface UnstorageOptions {
  /**
   * Whether ":" is escaped too. A driver that makes folders of it, as the one for files does, can not keep "a" beside
   * "a:b" otherwise.
   */
  flat?: boolean | undefined;
}

/**
 * A key-value store in an unstorage, whatever its driver. It is never atomic. Everything is text there (bytes are
 * base64), so that it comes back as it was from drivers that can not tell the two apart.
 */
export function fromUnstorage(storage: UnstorageLike, { flat = false }: UnstorageOptions = {}): KeyValueImplementation {
  if (typeof storage?.getItemRaw !== "function" || typeof storage.setItemRaw !== "function") {
    throw new TypeError("storage of fromUnstorage must be a storage of unstorage");
  }
  return {
    atomicity: "none",
    get: async (key) => plain(await storage.getItemRaw(escapedKey(key, flat))),
    set: (key, value) => storage.setItemRaw(escapedKey(key, flat), marked(value)),
    remove: (key) => storage.removeItem(escapedKey(key, flat)),
    async list(prefix) {
      const names = await storage.getKeys(flat ? "" : baseOf(prefix));
      const keys = names.map((name) => unescapedKey(name, flat)).filter((key) => key !== undefined);
      return { keys: keys.filter((key) => key.startsWith(prefix)) };
    },
  };
}

/** What a text begins with that is stored as JSON. */
const MARK = "durastate:text:";

/** A text as it is stored. Some would not come back: unstorage decodes what begins with "base64:", others are no UTF-8. */
function marked(text: string): string {
  return /^(base64:|durastate:|\ufeff)/.test(text) || !isWellFormed(text) ? MARK + JSON.stringify(text) : text;
}

function plain(stored: unknown): string | undefined {
  if (stored === undefined || stored === null) return undefined;
  const isBinary = isBytes(stored) || stored instanceof ArrayBuffer;
  const text = isBinary ? textOf(stored) : stored;
  if (typeof text !== "string") throw new Refused("what is stored there is neither text nor bytes");
  return text.startsWith(MARK) ? String(JSON.parse(text.slice(MARK.length))) : text;
}

/** A driver of unstorage. */
export interface UnstorageDriver {
  name: string;
  getInstance(): UnstorageDriven;
  hasItem(key: string): Promise<boolean>;
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
  getKeys(base?: string): Promise<string[]>;
  clear(base?: string): Promise<void>;
  watch(changed: (event: "update" | "remove", key: string) => unknown): () => void;
}

/** What is used of a store of durastate. */
export type UnstorageDriven = Pick<
  KeyValueStore,
  "get" | "set" | "remove" | "has" | "keys" | "clear" | "clearPrefix" | "watch"
>;

/** A driver of unstorage that keeps everything in a store of durastate, under the keys that unstorage gives. */
export function toUnstorage(kv: UnstorageDriven): UnstorageDriver {
  if (typeof kv?.get !== "function" || typeof kv.clearPrefix !== "function") {
    throw new TypeError("kv of toUnstorage must be a KeyValueStore");
  }
  // Nothing for raw values: unstorage then stores bytes as text, and knows them from text when it reads them.
  return {
    name: "durastate",
    getInstance: () => kv,
    hasItem: (key) => kv.has(key),
    getItem: async (key) => (await kv.get(key)) ?? null,
    setItem: (key, value) => kv.set(key, value),
    removeItem: (key) => kv.remove(key),
    getKeys: async (base = "") => (await kv.keys()).filter((key) => isNormal(key) && key.startsWith(base)),
    clear: (base) => (base ? kv.clearPrefix(base) : kv.clear()),
    watch: (changed) =>
      kv.watch(undefined, ({ key, value }) => {
        if (key !== undefined) changed(value === undefined ? "remove" : "update", key);
      }),
  };
}
