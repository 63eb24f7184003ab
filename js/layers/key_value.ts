import { checkString, shown } from "../arguments.ts";
import { BackendHost } from "../hosts/backend.ts";
import { fileSystemStore } from "../hosts/file_system.ts";
import { type News, redisNews } from "../hosts/news.ts";
import { Redis } from "../hosts/redis.ts";
import { Sql } from "../hosts/sql.ts";
import { defaultScope, type Scope } from "../scope.ts";
import type { KeyValueFace } from "./key_value/face.ts";
import { once, type PageStores, pageStores, placed } from "./key_value/page.ts";
import { View } from "./key_value/view.ts";

export type { Change, ChangeListener } from "../hosts/changes.ts";
export type { KeyValueImplementation } from "../hosts/implementation.ts";
export type { IndexedDbOptions } from "../hosts/indexed_db.ts";
export type { Atomicity } from "../hosts/store.ts";
export type { Seal } from "./key_value/face.ts";
export type { PageStores } from "./key_value/page.ts";
export type { SchemaStore } from "./key_value/schema_store.ts";

/** A Map that lasts: text and bytes under text keys. */
export type KeyValueStore = KeyValueFace;

/** Opens key-value stores. Opening reads and writes nothing yet. */
export interface KeyValueStores extends PageStores {
  /** A directory with a file for each key, in Node, Deno and Bun. */
  fileSystem(directory: string): KeyValueStore;
  /** The keys of a Redis that begin with a prefix. In a cluster the prefix has a hash tag: `"{app}:"`. */
  redis(redis: Redis, options?: { prefix?: string }): KeyValueStore;
  /** A table of a database; it is made when it is first needed. */
  sql(sql: Sql, options?: { table?: string }): KeyValueStore;
}

/** The stores of calls in this scope. */
export function keyValueStores(scope: Scope): KeyValueStores {
  // What one request of an edge worker opened is nobody else's, so each scope has hosts of its own.
  const hosts = new WeakMap<object, Map<string, BackendHost>>();
  const view = (place: Redis | Sql, table: string, news?: () => News | undefined) => {
    const opened = once(hosts, place, () => new Map<string, BackendHost>());
    return new View(
      once(opened, table, () => new BackendHost(place, table, scope, news?.())),
      "",
      scope,
    );
  };
  return {
    ...pageStores(scope),
    fileSystem: (directory) =>
      new View(
        placed(directory, () => fileSystemStore(directory)),
        "",
        scope,
      ),
    redis(redis, { prefix = "durastate:kv:" } = {}) {
      if (!(redis instanceof Redis)) throw new TypeError(`redis must be made by Redis.make, but is ${shown(redis)}`);
      checkString("prefix of KeyValueStore.redis", prefix);
      return view(redis, prefix, () => redisNews(redis, `durastate:changes:${prefix}`, scope));
    },
    sql(sql, { table = "effect_key_value_store" } = {}) {
      if (!(sql instanceof Sql)) throw new TypeError(`sql must be made by Sql.make, but is ${shown(sql)}`);
      checkString("table of KeyValueStore.sql", table);
      return view(sql, table);
    },
  };
}

/** Opens key-value stores. */
export const KeyValueStore: KeyValueStores = keyValueStores(defaultScope());
