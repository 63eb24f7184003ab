import { checkString } from "../arguments.ts";
import { report } from "./changes.ts";
import type { KeyValueImplementation } from "./implementation.ts";
import { Connection } from "./indexed_db/connection.ts";
import { beginningWith } from "./indexed_db/ranges.ts";
import { Refused } from "./kv/refused.ts";
import { isSame } from "./memory.ts";
import { isBytes, type Value } from "./store.ts";

/** Where a store in IndexedDB lies. */
export interface IndexedDbOptions {
  /** The name of the database; without one, that of Effect's own. */
  name?: string | undefined;
  /**
   * The name of the object store. Each that is added raises the version of the database, and code that asks for an
   * older version (as Effect does for 1) can not open it any more: give it a database of its own.
   */
  store?: string | undefined;
}

/** How long, in milliseconds, a database may take to open. */
const PATIENCE = 10_000;

interface Entry {
  key: string;
  value: unknown;
}

/** A key-value store in IndexedDB, as Effect lays it out: one record `{ key, value }` for each key. */
export function indexedDbStore(options: IndexedDbOptions = {}, patience: number = PATIENCE): KeyValueImplementation {
  const { name = "effect_key_value_store", store = "entries" } = options;
  checkString("name of KeyValueStore.indexedDb", name);
  checkString("store of KeyValueStore.indexedDb", store);
  return new IndexedDbStore(name, store, patience);
}

class IndexedDbStore implements KeyValueImplementation {
  readonly atomicity = "origin";
  readonly #connection: Connection;
  /** The channel by which those who use one object store know of each other. It carries keys, never values. */
  readonly #channel: string;
  #listening: BroadcastChannel | undefined;

  constructor(name: string, store: string, patience: number) {
    this.#connection = new Connection(name, store, patience);
    this.#channel = `durastate:indexedDB:${JSON.stringify([name, store])}`;
  }

  async get(key: string): Promise<Value | undefined> {
    const [value] = await this.getMany([key]);
    return value;
  }

  getUint8Array(key: string): Promise<never> {
    return this.get(key) as Promise<never>;
  }

  getMany(keys: string[]): Promise<Array<Value | undefined>> {
    if (keys.length === 0) return Promise.resolve([]);
    return this.#connection.run<Array<Value | undefined>>("readonly", ({ records, on, done }) => {
      const values: Array<Value | undefined> = [];
      keys.forEach((key, at) => {
        on(records.get(key), (entry: Entry | undefined) => {
          values[at] = valueIn(entry);
          // The requests of a transaction are answered in their order.
          if (at === keys.length - 1) done(values);
        });
      });
    });
  }

  has(key: string): Promise<boolean> {
    return this.#connection.run("readonly", ({ records, on, done }) => {
      on(records.count(key), (count) => done(count > 0));
    });
  }

  async set(key: string, value: Value): Promise<void> {
    const entry = entryOf(key, value);
    await this.#connection.run<void>("readwrite", ({ records, wrote, done }) => {
      wrote(records.put(entry));
      done();
    });
    this.#announce([key]);
  }

  remove(key: string): Promise<void> {
    return this.removeMany([key]);
  }

  async removeMany(keys: string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#connection.run<void>("readwrite", ({ records, wrote, done }) => {
      for (const key of keys) wrote(records.delete(key));
      done();
    });
    this.#announce(keys);
  }

  async swap(key: string, expected: Value | undefined, next: Value | undefined): Promise<boolean> {
    const entry = next === undefined ? undefined : entryOf(key, next);
    const swapped = await this.#connection.run<boolean>("readwrite", ({ records, on, wrote, done }) => {
      on(records.get(key), (found: Entry | undefined) => {
        const same = isSame(valueIn(found), expected);
        if (same) wrote(entry ? records.put(entry) : records.delete(key));
        done(same);
      });
    });
    if (swapped) this.#announce([key]);
    return swapped;
  }

  async list(prefix: string, cursor: string | undefined, limit: number): Promise<{ keys: string[]; next?: string }> {
    const keys = await this.#keys(beginningWith(prefix, cursor), limit);
    const next = keys.length < limit ? undefined : keys.at(-1);
    return next === undefined ? { keys } : { keys, next };
  }

  watch(tell: (key: string | undefined, value: Value | undefined) => void): () => void {
    if (typeof BroadcastChannel !== "function") return () => {};
    const channel = new BroadcastChannel(this.#channel);
    let heard: Promise<void> = Promise.resolve();
    // A message is a hint and may come from anybody: only what is stored is told, in the order of the messages.
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!Array.isArray(data) || !data.every((key) => typeof key === "string")) return;
      const read = async () => {
        const values = await this.getMany(data);
        if (this.#listening !== channel) return;
        for (const [at, key] of data.entries()) tell(key, values[at]);
      };
      heard = heard.then(read).catch(report);
    };
    letGo(channel);
    this.#listening = channel;
    return () => {
      if (this.#listening === channel) this.#listening = undefined;
      channel.close();
    };
  }

  #keys(range: IDBKeyRange, limit?: number): Promise<string[]> {
    return this.#connection.run("readonly", ({ records, on, done }) => {
      // Only texts lie in such a range.
      on(records.getAllKeys(range, limit), (keys) => done(keys as string[]));
    });
  }

  /** Tells those who listen elsewhere. The channel that listens here does not hear itself; another one would be heard. */
  #announce(keys: string[]): void {
    if (typeof BroadcastChannel !== "function") return;
    const channel = this.#listening ?? new BroadcastChannel(this.#channel);
    channel.postMessage(keys);
    if (channel !== this.#listening) channel.close();
  }
}

/** What a record holds; what somebody else has put there may be neither text nor bytes. */
function valueIn(entry: Entry | undefined): Value | undefined {
  if (entry === undefined) return undefined;
  if (typeof entry.value === "string" || isBytes(entry.value)) return entry.value;
  throw new Refused("what is stored there is neither text nor bytes");
}

/** The record of a value. Bytes are copied now, and without what their buffer holds beside them. */
function entryOf(key: string, value: Value): Entry {
  return { key, value: typeof value === "string" ? value : new Uint8Array(value) };
}

/** Node keeps a process alive for a channel that listens. */
function letGo(channel: BroadcastChannel): void {
  (channel as { unref?(): void }).unref?.();
}
