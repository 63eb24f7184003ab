import { type PersistedCaches, persistedCaches } from "./layers/cache.ts";
import { type KeyValueStores, keyValueStores } from "./layers/key_value.ts";
import { type Persistences, persistences } from "./layers/persistence.ts";
import { type Context, Scope } from "./scope.ts";

export { Codec, type Codecs, type OptionalCodec, type SynchronousCodec } from "./codecs.ts";
export type { Duration } from "./duration.ts";
export * from "./errors.ts";
export { Exit, type Reason } from "./exit.ts";
export { Redis, type RedisArgument, type RedisCommand, type RedisHost, type RedisScript } from "./hosts/redis.ts";
export { Sql, type SqlDialect, type SqlHost, type SqlResult, type SqlValue } from "./hosts/sql.ts";
export type * from "./layers/cache.ts";
export { PersistedCache } from "./layers/cache.ts";
export type * from "./layers/key_value.ts";
export { KeyValueStore } from "./layers/key_value.ts";
export { Persistable } from "./layers/persistence/persistable.ts";
export type * from "./layers/persistence.ts";
export { Persistence } from "./layers/persistence.ts";
export type { Schema, StandardSchema } from "./schema.ts";
export type { Context };

/** The layers of the library, for one request. */
export interface Scoped {
  readonly KeyValueStore: KeyValueStores;
  readonly Persistence: Persistences;
  readonly PersistedCache: PersistedCaches;
}

/**
 * The same library for one request of an edge worker: what it opens waits for nothing that another request started,
 * and hands work that outlives the response to the context's `waitUntil`.
 */
export function withContext(context: Context): Scoped {
  if (typeof context?.waitUntil !== "function") throw new TypeError("context must have a waitUntil function");
  const scope = new Scope(context);
  return {
    KeyValueStore: keyValueStores(scope),
    Persistence: persistences(scope),
    PersistedCache: persistedCaches(scope),
  };
}
