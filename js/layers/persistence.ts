import * as glue from "#glue";
import { checkString, shown } from "../arguments.ts";
import { redisNews } from "../hosts/news.ts";
import { Redis } from "../hosts/redis.ts";
import { Sql } from "../hosts/sql.ts";
import { answer } from "../runner.ts";
import { defaultScope, type Scope } from "../scope.ts";
import { isWellFormed, type KeyValueFace } from "./key_value/face.ts";
import { once } from "./key_value/page.ts";
import type { Backing, CacheNews, NewsKind } from "./persistence/backing.ts";
import { newsOf, placeOf } from "./persistence/kvs.ts";
import { MemoryBacking } from "./persistence/memory.ts";
import { PlaceBacking } from "./persistence/place.ts";
import { type PersistenceOptions, PersistenceStore } from "./persistence/store.ts";

export type { PersistableClass, PersistableOptions, PersistableRequest } from "./persistence/persistable.ts";
export type {
  ErrorOf,
  ExitOf,
  PersistenceOptions,
  PersistenceStore,
  SuccessOf,
  TimeToLive,
} from "./persistence/store.ts";

/** A place for results of requests: stores of them, each with an id. */
export type Persistence = PersistencePlace;

/** The same as a class. */
export class PersistencePlace {
  readonly #open: (storeId: string, scope: Scope) => Backing;
  readonly #scope: Scope;

  /** Made by the functions of `Persistence`. */
  constructor(open: (storeId: string, scope: Scope) => Backing, scope: Scope) {
    this.#open = open;
    this.#scope = scope;
  }

  /** Opens a store. Two that have the same id are the same store. Opening reads and writes nothing yet. */
  async make(options: PersistenceOptions): Promise<PersistenceStore> {
    const where = "Persistence.make";
    if (typeof options !== "object" || options === null) {
      throw new TypeError(`options of ${where} must be an object, but are ${shown(options)}`);
    }
    return new PersistenceStore(this.open(where, options.storeId, this.#scope), options);
  }

  /**
   * The texts behind a store.
   * @internal
   */
  open(where: string, storeId: string, scope: Scope = this.#scope): Backing {
    checkString(`storeId of ${where}`, storeId);
    if (!isWellFormed(storeId)) throw new TypeError(`storeId of ${where} must not hold half of a surrogate pair`);
    if (storeId === "") throw new TypeError(`storeId of ${where} must not be empty`);
    // Its keys would begin as those do that belong to durastate itself.
    if (storeId === "durastate") throw new TypeError(`storeId of ${where} must not be "durastate"`);
    return this.#open(storeId, scope);
  }
}

/** Opens places for results. Opening reads and writes nothing yet. */
export interface Persistences {
  /** In this process, for as long as it runs. */
  memory(): Persistence;
  /** Under the keys of a key-value store. */
  kvs(kv: KeyValueFace): Persistence;
  /** In the table `effect_persistence` of a database, for all stores; it is made when it is first needed. */
  sql(sql: Sql): Persistence;
  /** In a table for each store, `effect_persistence_` and its id; it is made when it is first needed. */
  sqlMultiTable(sql: Sql): Persistence;
  /** In a Redis, under keys that begin with the prefix (none, if not given) and the store id. */
  redis(redis: Redis, options?: { prefix?: string }): Persistence;
}

/** The places of calls in this scope. */
export function persistences(scope: Scope): Persistences {
  const database = (sql: Sql, ownTable: boolean, name: string) => {
    if (!(sql instanceof Sql)) {
      throw new TypeError(`sql of Persistence.${name} must be made by Sql.make, but is ${shown(sql)}`);
    }
    return new PersistencePlace(
      (storeId, scope) => new PlaceBacking({ host: sql, prefix: "", storeId, ownTable }, scope, true, undefined),
      scope,
    );
  };
  return {
    memory() {
      const stores = new Map<string, MemoryBacking>();
      return new PersistencePlace((storeId) => once(stores, storeId, () => new MemoryBacking()), scope);
    },
    kvs(kv) {
      for (const name of ["get", "set", "remove", "keys", "prefix", "watch"] as const) {
        if (typeof (kv as Partial<KeyValueFace> | null | undefined)?.[name] === "function") continue;
        throw new TypeError(`kv of Persistence.kvs must be a KeyValueStore, but is ${shown(kv)}`);
      }
      const open = (storeId: string, scope: Scope) => {
        const at = placeOf(kv, scope);
        const place = { host: at.host, prefix: at.prefix, storeId, ownTable: false };
        return new PlaceBacking(place, scope, at.host.swap !== undefined, newsOf(at, namespaceOf(storeId)));
      };
      return new PersistencePlace(open, scope);
    },
    sql: (sql) => database(sql, false, "sql"),
    sqlMultiTable: (sql) => database(sql, true, "sqlMultiTable"),
    redis(redis, { prefix = "" } = {}) {
      if (!(redis instanceof Redis)) {
        throw new TypeError(`redis of Persistence.redis must be made by Redis.make, but is ${shown(redis)}`);
      }
      checkString("prefix of Persistence.redis", prefix);
      if (!isWellFormed(prefix)) {
        throw new TypeError("prefix of Persistence.redis must not hold half of a surrogate pair");
      }
      const open = (storeId: string, scope: Scope) => {
        const channel = `durastate:cache:${prefix}${namespaceOf(storeId)}`;
        const place = { host: redis, prefix, storeId, ownTable: false };
        return new PlaceBacking(place, scope, true, overRedis(redis, channel, scope));
      };
      return new PersistencePlace(open, scope);
    },
  };
}

/** What stands before the keys of a store. */
function namespaceOf(storeId: string): string {
  return answer<string>(() => glue.persistence_namespace(storeId));
}

/** News of caches over a channel: what it is about, and a name. */
function overRedis(redis: Redis, channel: string, scope: Scope): CacheNews | undefined {
  const news = redisNews(redis, channel, scope);
  return (
    news && {
      tell: (kind, names) => news.tell(names.map((name) => `${kind} ${name}`)),
      listen: (heard, failed) =>
        news.listen((message) => {
          const [kind, ...rest] = message.split(" ");
          if (kind === "key" || kind === "tag" || kind === "all") heard(kind satisfies NewsKind, rest.join(" "));
        }, failed),
    }
  );
}

/** Opens places for results. */
export const Persistence: Persistences = persistences(defaultScope());
