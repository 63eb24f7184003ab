import { type Context, defaultScope, type Scope } from "../scope.ts";
import { type PersistedCacheOptions, settingsOf } from "./cache/options.ts";
import { Shared } from "./cache/shared.ts";
import { isLasting, View } from "./cache/view.ts";
import type { PersistableRequest } from "./persistence/persistable.ts";
import type { SuccessOf } from "./persistence/store.ts";

export type { PersistedCacheOptions } from "./cache/options.ts";

/**
 * Results of requests that are looked up once and then kept: in memory for a while, and in a store for longer, which other
 * processes may share. What is served from memory is the same value for everybody: whoever changes it changes it for all.
 */
export interface PersistedCache<R extends PersistableRequest> extends Closing {
  /**
   * The value of a request: from memory, from the store, or looked up. Rejects with what the lookup threw; an error that the
   * request's schema knows is part of the result and kept like a value. `signal` ends the waiting of this caller alone.
   */
  get<K extends R>(key: K, options?: { readonly signal?: AbortSignal | undefined }): Promise<SuccessOf<K>>;
  /** The values of several requests, in their order, with one request to the store. Rejects if one of them does. */
  getMany<K extends R>(
    keys: Iterable<K>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Array<SuccessOf<K>>>;
  /** Stores a value as if it had been looked up. With a time to live of zero or less it changes nothing. */
  set<K extends R>(key: K, value: SuccessOf<K>): Promise<void>;
  /** Looks a request up now, whatever is stored; until that is over others are served what is there. */
  refresh<K extends R>(key: K, options?: { readonly signal?: AbortSignal | undefined }): Promise<SuccessOf<K>>;
  /**
   * Removes the result of a request. What is being looked up at the moment is not kept. Other processes drop it from
   * memory where the store can tell them, and otherwise after `inMemoryTTL`.
   */
  invalidate(key: R): Promise<void>;
  /** The same for all results that were made under a tag. */
  invalidateTag(tag: string): Promise<void>;
  /** What has happened since the cache was made, in this process. */
  stats(): PersistedCacheStats;
  /** The same cache, with the same memory, for one request of an edge worker: it waits for nothing of other requests. */
  withContext(context: Context): PersistedCache<R>;
  /** Stops to listen to other processes and to renew claims; the cache can still be used without that. */
  close(): Promise<void>;
}

/** What `await using` calls at the end, for those whose TypeScript knows of it. */
export type Closing = SymbolConstructor extends { readonly asyncDispose: infer Dispose extends symbol }
  ? { readonly [Call in Dispose]: () => Promise<void> }
  : Record<never, never>;

/** What a cache has done, in numbers. */
export interface PersistedCacheStats {
  /** Gets that were answered from memory. */
  readonly hits: number;
  /** Gets that were not. */
  readonly misses: number;
  /** Entries that were read from the store and served. */
  readonly storeHits: number;
  /** Lookups that were begun. */
  readonly lookups: number;
  /** Gets that were answered with a result past its time to live. */
  readonly stale: number;
  /** Lookups that came to no result: what they threw is no error that the schema knows. */
  readonly failures: number;
  /** Entries that had to leave memory to make room. */
  readonly evictions: number;
  /** Entries in memory now. */
  readonly size: number;
  /** The sum of their weights. */
  readonly weight: number;
}

/** Makes caches. */
export interface PersistedCaches {
  /** Opens a cache. Nothing is read or written yet. */
  make<R extends PersistableRequest>(options: PersistedCacheOptions<R>): Promise<PersistedCache<R>>;
}

/** The caches of calls in this scope. */
export function persistedCaches(scope: Scope): PersistedCaches {
  return {
    async make<R extends PersistableRequest>(options: PersistedCacheOptions<R>) {
      const settings = settingsOf(options);
      const backing = settings.persistence.open("PersistedCache.make", settings.storeId, scope);
      // A request of an edge worker ends, and what it listens to with it.
      return new View<R>(new Shared(settings, isLasting(scope) ? backing.news : undefined), scope, backing);
    },
  };
}

/** Makes caches. */
export const PersistedCache: PersistedCaches = persistedCaches(defaultScope());
