import { type KeyValueStores, keyValueStores } from "./layers/key_value.ts";
import { type Context, Scope } from "./scope.ts";

export * from "./errors.ts";
export { Redis, type RedisArgument, type RedisCommand, type RedisHost, type RedisScript } from "./hosts/redis.ts";
export { Sql, type SqlDialect, type SqlHost, type SqlResult, type SqlValue } from "./hosts/sql.ts";
export type * from "./layers/key_value.ts";
export { KeyValueStore } from "./layers/key_value.ts";
export type { Codec, Schema, StandardSchema } from "./schema.ts";
export type { Context };

/**
 * The same library for one request of an edge worker: what it opens waits for nothing that another request started,
 * and hands work that outlives the response to the context's `waitUntil`.
 */
export function withContext(context: Context): { readonly KeyValueStore: KeyValueStores } {
  if (typeof context?.waitUntil !== "function") throw new TypeError("context must have a waitUntil function");
  return { KeyValueStore: keyValueStores(new Scope(context)) };
}
