import * as glue from "#glue";
import type { Redis } from "../../hosts/redis.ts";
import type { Sql } from "../../hosts/sql.ts";
import type { Awaitable, HostStore } from "../../hosts/store.ts";
import { call } from "../../runner.ts";
import type { Scope } from "../../scope.ts";
import type { Backing, CacheNews, Claims, Entry } from "./backing.ts";

/** Where the results of one store id are. */
export interface Place {
  readonly host: Redis | Sql | HostStore;
  /** What stands before the keys, on Redis and in key-value stores. */
  readonly prefix: string;
  readonly storeId: string;
  /** Whether the store has a table of its own. */
  readonly ownTable: boolean;
}

/** Results in a Redis, a database or a key-value store, in the layout that Rust knows. */
export class PlaceBacking implements Backing {
  readonly claims: Claims | undefined;
  readonly immediate = false;

  constructor(
    private readonly place: Place,
    private readonly scope: Scope,
    claims: boolean,
    readonly news: CacheNews | undefined,
  ) {
    this.claims = claims ? this.#claims() : undefined;
  }

  read(keys: string[]): Awaitable<Array<string | undefined>> {
    return this.#call(() => glue.persistence_read(this.place, keys));
  }

  write(entries: Entry[]): Awaitable<void> {
    const keys = entries.map(({ key }) => key);
    const texts = entries.map(({ text }) => text);
    const ttls = Float64Array.from(entries, ({ ttl }) => ttl);
    return this.#call(() => glue.persistence_write(this.place, keys, texts, ttls));
  }

  remove(keys: string[]): Awaitable<void> {
    return this.#call(() => glue.persistence_remove(this.place, keys));
  }

  clear(): Awaitable<void> {
    return this.#call(() => glue.persistence_clear(this.place));
  }

  forget(keys: string[]): Awaitable<void> {
    return this.#call(() => glue.cache_forget(this.place, keys));
  }

  epochs(tags: string[]): Awaitable<number[]> {
    return this.#call(() => glue.cache_epochs(this.place, tags, false));
  }

  async bump(tags: string[]): Promise<void> {
    await this.#call(() => glue.cache_epochs(this.place, tags, true));
  }

  #claims(): Claims {
    return {
      claim: (key, token, lease, seen) => {
        const told = this.#call<true | number | [string]>(() => glue.cache_claim(this.place, key, token, lease, seen));
        return told instanceof Promise ? told.then(claimed) : claimed(told);
      },
      renew: (key, token, lease) => this.#call(() => glue.cache_renew(this.place, key, token, lease)),
      finish: (key, token, entry) =>
        this.#call(() => glue.cache_finish(this.place, key, token, entry?.text ?? "", entry?.ttl ?? 0)),
      release: (key, token) => this.#call(() => glue.cache_release(this.place, key, token)),
    };
  }

  #call<T>(step: () => unknown): Awaitable<T> {
    return call<T>(step, undefined, this.scope);
  }
}

/** What Rust tells of a claim: that it is granted, for how long to wait, or who has just stored what is wanted. */
function claimed(told: true | number | [string]): true | { wait: number } | { done: string } {
  if (told === true) return true;
  return typeof told === "number" ? { wait: told } : { done: told[0] };
}
