import { PersistenceError } from "../../errors.ts";
import type { Awaitable } from "../../hosts/store.ts";
import type { CacheNews, NewsKind } from "../persistence/backing.ts";
import type { PersistableRequest } from "../persistence/persistable.ts";
import { failed } from "../persistence/store.ts";
import { Backoff } from "./backoff.ts";
import { type Held, MemoryTier } from "./memory_tier.ts";
import type { Settings } from "./options.ts";
import { Running } from "./running.ts";

/** What all users of a cache share, whichever request they serve: nothing in it has to be waited for. */
export class Shared {
  readonly memory: MemoryTier;
  readonly running: Running = new Running();
  readonly backoff: Backoff = new Backoff();
  hits = 0;
  misses = 0;
  storeHits = 0;
  lookups = 0;
  stale = 0;
  failures = 0;
  /** Since when keys are looked up in the background. */
  readonly #refreshing = new Map<string, number>();
  readonly #news: CacheNews | undefined;
  #stop: (() => Awaitable<void>) | undefined;
  closed = false;

  /** `news` is what there is to be heard of other processes for as long as the cache is used. */
  constructor(
    readonly settings: Settings,
    news: CacheNews | undefined,
  ) {
    this.memory = new MemoryTier(settings.capacity);
    this.#news = news;
  }

  /** Keeps an entry in memory, for as long as the options say. */
  keep(held: Held, key: PersistableRequest, now: number): void {
    const { settings } = this;
    if (settings.capacity === 0) return;
    let milliseconds: number;
    let weight: number;
    try {
      milliseconds = settings.inMemoryTTL(held.exit, key);
      weight = settings.weight(held.exit, key);
    } catch (thrown) {
      this.report("PersistedCache.get", held.key, "the result can not be kept in memory", thrown);
      return;
    }
    this.memory.keep(held, milliseconds, weight, now, settings);
    this.listen();
  }

  /** What is known of a key, or is just being found out, no longer holds. */
  drop(key: string): void {
    this.memory.remove(key);
    this.running.drop(key);
  }

  dropTag(tag: string): void {
    this.memory.removeTag(tag);
    this.running.dropTag(tag);
  }

  /** Listens to others from now on. Not before it has to: that takes a connection. */
  listen(): void {
    if (this.#stop || this.closed || !this.#news) return;
    this.#stop = ignore;
    const failed = (thrown: unknown) => this.reportFailed("PersistedCache.get", undefined, thrown);
    try {
      this.#stop = this.#news.listen((kind, name) => this.#heard(kind, name), failed);
    } catch (thrown) {
      failed(thrown);
    }
  }

  #heard(kind: NewsKind, name: string): void {
    if (kind === "key") this.drop(name);
    else if (kind === "tag") this.dropTag(name);
    else {
      this.memory.clear();
      this.running.dropAll();
    }
  }

  /** Whether this key is to be looked up in the background now; if so it is not to be again until `refreshed`. */
  refreshes(key: string, now: number): boolean {
    const since = this.#refreshing.get(key);
    // A request of an edge worker may have ended in the middle of it.
    if (since !== undefined && now < since + this.settings.lease) return false;
    if (this.backoff.pauses(key, now)) return false;
    if (this.#refreshing.size >= MOST_REFRESHING) this.#refreshing.clear();
    this.#refreshing.set(key, now);
    return true;
  }

  refreshed(key: string): void {
    this.#refreshing.delete(key);
  }

  /** Reports something in words of our own. */
  report(operation: string, key: string, message: string, cause: unknown): void {
    const { storeId, reports } = this.settings;
    reports.tell(new PersistenceError({ storeId, operation, key, message, cause }));
  }

  /** Reports what stood in the way of the store. */
  reportFailed(operation: string, key: string | undefined, thrown: unknown): void {
    this.settings.reports.tell(this.failed(operation, key, thrown) as PersistenceError);
  }

  /** What stood in the way, as an error that says where. */
  failed(operation: string, key: string | undefined, thrown: unknown): unknown {
    return failed({ storeId: this.settings.storeId, operation, key }, thrown);
  }

  async close(): Promise<void> {
    const stop = this.#stop;
    this.closed = true;
    this.#stop = undefined;
    await stop?.();
  }
}

/** So many are remembered, with those that ended with their request: forgetting them costs lookups and nothing else. */
const MOST_REFRESHING = 10_000;

function ignore(): void {}
