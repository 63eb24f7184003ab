import type { Awaitable } from "../../hosts/store.ts";

/** The JSON text of an exit under its primary key. */
export interface Entry {
  readonly key: string;
  readonly text: string;
  /** How long it is kept, in milliseconds; for ever when that is infinite. Never zero or less. */
  readonly ttl: number;
}

/** The results of one store id, as a place keeps them: texts under primary keys. */
export interface Backing {
  /** Where the texts of other processes can be seen too, they can agree on who looks a key up. */
  readonly claims: Claims | undefined;
  /** What others tell of their changes, where that can be had. */
  readonly news: CacheNews | undefined;
  /** Whether reads answer at once. */
  readonly immediate: boolean;
  /** The texts of these keys, in their order; what has expired is gone. */
  read(keys: string[]): Awaitable<Array<string | undefined>>;
  /** Stores these over what was there; each key comes once. */
  write(entries: Entry[]): Awaitable<void>;
  /** Removes these keys. */
  remove(keys: string[]): Awaitable<void>;
  /** Removes all keys of this store id. */
  clear(): Awaitable<void>;
  /** Removes these keys and ends the claims on them: what others are looking up now is not kept. */
  forget(keys: string[]): Awaitable<void>;
  /** How often each of these tags was invalidated, as a number that only grows. */
  epochs(tags: string[]): Awaitable<number[]>;
  /** Invalidates all that was made under these tags so far. */
  bump(tags: string[]): Awaitable<void>;
}

/** Who of several processes looks a key up, while the others wait: a short lease on it. */
export interface Claims {
  /**
   * Claims a key, or renews the claim of this token. Somebody else may hold it (`wait`: for that many milliseconds, or
   * less), or may have just stored it (`done`): then it is to be read again, and claimed with `seen` if it is still
   * missing.
   */
  claim(
    key: string,
    token: string,
    lease: number,
    seen?: string,
  ): Awaitable<true | { wait: number } | { done: string }>;
  /** Lengthens the lease; false when it was lost. */
  renew(key: string, token: string, lease: number): Awaitable<boolean>;
  /** Stores the entry (if there is one to store) and ends the claim; false when it was lost, and nothing is kept then. */
  finish(key: string, token: string, entry: Entry | undefined): Awaitable<boolean>;
  /** Gives the claim back without a result. */
  release(key: string, token: string): Awaitable<void>;
}

/** Hints of changes that others have made: names, never values, and nothing to rely on. */
export interface CacheNews {
  /** Tells others of keys or tags; it leaves with what else is sent in this turn of the event loop. */
  tell(kind: NewsKind, names: string[]): void;
  /** Hears of those of others, until the function it gives is called. `failed` is told when nothing can be heard. */
  listen(heard: (kind: NewsKind, name: string) => void, failed: (thrown: unknown) => void): () => Awaitable<void>;
}

/** What a hint is about: a key that has a new value or none any more, a tag, or (without a name) all keys at once. */
export type NewsKind = "key" | "tag" | "all";
