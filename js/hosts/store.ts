import type { Changes } from "./changes.ts";

/** Something that may have to be waited for. */
export type Awaitable<T> = T | Promise<T>;

/** What is stored under a key. */
export type Value = string | Uint8Array;

/** Whether a value is bytes, also those of another realm: an iframe, a test runner's sandbox. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array ||
    (ArrayBuffer.isView(value) && (value as Partial<Uint8Array>)[Symbol.toStringTag] === "Uint8Array")
  );
}

/**
 * Who is sure to see one change after the other: nobody, this process (one tab, one worker), every tab of this
 * origin, or everybody who uses the store.
 */
export type Atomicity = "none" | "process" | "origin" | "store";

/** A key-value store of the host, as `src/host.rs` knows it; the verbs of one key stand for those of many. */
export interface HostStore {
  readonly atomicity: Atomicity;
  /** Whether bytes are kept as bytes; base64 text is stored otherwise. */
  readonly bytes: boolean;
  /** Whether every verb answers at once, without a promise. */
  readonly immediate: boolean;
  /** Whether there is no saying what of it is durastate's, so that it must not be cleared as a whole. */
  readonly foreign?: boolean;
  /** Who wants to know of changes. */
  readonly changes: Changes;

  get(key: string): Awaitable<Value | undefined>;
  /** The value for one who wants bytes, where that is another question. */
  getBytes?(key: string): Awaitable<Value | undefined>;
  getMany?(keys: string[]): Awaitable<Array<Value | undefined>>;
  set(key: string, value: Value): Awaitable<void>;
  remove(key: string): Awaitable<void>;
  removeMany?(keys: string[]): Awaitable<void>;
  list(
    prefix: string,
    cursor: string | undefined,
    limit: number,
  ): Awaitable<{ keys: string[]; next?: string | undefined }>;
  /** Puts `next` under the key if `expected` is there, in one atomic step, and tells whether it was. */
  swap?(key: string, expected: Value | undefined, next: Value | undefined): Awaitable<boolean>;
  /** Runs `body` while nobody else of this origin runs one for this key, as far as the surroundings can see to that. */
  alone?<T>(key: string, body: () => T): Promise<T>;
}
