import * as glue from "#glue";
import { isWellFormed } from "../layers/key_value/face.ts";
import { asText } from "../layers/key_value/value.ts";
import { call, Unsupported } from "../runner.ts";
import type { Scope } from "../scope.ts";
import { Changes, report } from "./changes.ts";
import type { News } from "./news.ts";
import type { Redis } from "./redis.ts";
import type { Sql } from "./sql.ts";
import type { HostStore, Value } from "./store.ts";

/** Plain keys and values in a Redis or a database, whose layout Rust knows. */
export class BackendHost implements HostStore {
  readonly atomicity = "store";
  readonly bytes = true;
  readonly immediate = false;
  readonly foreign: boolean;
  readonly changes: Changes;
  readonly #news: News | undefined;

  /** `table` is the table, or what the keys begin with; `news` tells others of changes, where that can be had. */
  constructor(
    private readonly place: Redis | Sql,
    private readonly table: string,
    private readonly scope: Scope,
    news?: News,
  ) {
    this.foreign = table === "";
    this.#news = news;
    this.changes = new Changes(news && ((tell) => news.listen((key) => this.#heard(key, tell), report)));
  }

  async get(key: string): Promise<Value | undefined> {
    const [value] = await this.getMany([key]);
    return value;
  }

  async getMany(keys: string[]): Promise<Array<Value | undefined>> {
    return this.#call(() => glue.store_read(this.place, this.table, keys));
  }

  async set(key: string, value: Value): Promise<void> {
    checkText(value);
    await this.#call(() => glue.store_write(this.place, this.table, key, value));
    this.#news?.tell([key]);
  }

  async remove(key: string): Promise<void> {
    await this.removeMany([key]);
  }

  async removeMany(keys: string[]): Promise<void> {
    await this.#call(() => glue.store_remove(this.place, this.table, keys));
    this.#news?.tell(keys);
  }

  async list(
    prefix: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ keys: string[]; next: string | undefined }> {
    const list = () => glue.store_list(this.place, this.table, prefix, cursor, limit);
    const [keys, next] = await this.#call<[string[], string | undefined]>(list);
    return { keys, next };
  }

  async swap(key: string, expected: Value | undefined, next: Value | undefined): Promise<boolean> {
    checkText(next);
    const swapped = await this.#call<boolean>(() => glue.store_replace(this.place, this.table, key, expected, next));
    if (swapped) this.#news?.tell([key]);
    return swapped;
  }

  async #call<T>(step: () => unknown): Promise<T> {
    return call<T>(step, undefined, this.scope);
  }

  /** What others say is a hint: only what is there now is told. */
  #heard(key: string, tell: (key: string, value: string | undefined) => void): void {
    this.get(key).then(
      (value) => tell(key, value === undefined ? undefined : asText(value)),
      () => undefined,
    );
  }
}

/** Half of a surrogate pair has no place in UTF-8: it would come back as another text. */
function checkText(value: Value | undefined): void {
  if (typeof value !== "string" || isWellFormed(value)) return;
  throw new Unsupported("a text must not hold half of a surrogate pair here");
}
