import { listOf, shown } from "../../arguments.ts";
import { PersistenceError } from "../../errors.ts";
import { Exit } from "../../exit.ts";
import type { Awaitable } from "../../hosts/store.ts";
import { type Context, defaultScope, Scope } from "../../scope.ts";
import type { PersistedCache, PersistedCacheStats } from "../cache.ts";
import type { Backing } from "../persistence/backing.ts";
import { exitCodecOf, type PersistableRequest, primaryKeyOf } from "../persistence/persistable.ts";
import type { SuccessOf } from "../persistence/store.ts";
import { withLife } from "./entry_text.ts";
import { Flight, type Waiting } from "./flight.ts";
import { extra, type Freshness, freshness } from "./freshness.ts";
import { Lookup, type Start } from "./lookup.ts";
import { Held, type Tags } from "./memory_tier.ts";
import { checkTag } from "./options.ts";
import { asStale, broken, nothing, type Outcome } from "./outcome.ts";
import { Reader } from "./reader.ts";
import type { Shared } from "./shared.ts";

const NO_TAGS: Tags = new Map();

/** A cache as the calls of one scope see it. What is in memory is the same for all of them. */
export class View<R extends PersistableRequest> implements PersistedCache<R> {
  readonly #shared: Shared;
  readonly #scope: Scope;
  readonly #backing: Backing;
  readonly #reader: Reader;
  /** Gets that ask the store, and lookups, that others of this scope can wait for. */
  readonly #reading = new Map<string, Flight>();
  readonly #looking = new Map<string, Lookup>();
  /** Whether a promise of one call may be handed to the next: not so where calls belong to different requests. */
  readonly #sameForAll: boolean;
  readonly #plain: Waiting;

  constructor(shared: Shared, scope: Scope, backing: Backing) {
    this.#shared = shared;
    this.#scope = scope;
    this.#backing = backing;
    this.#reader = new Reader(shared, backing);
    this.#sameForAll = isLasting(scope);
    this.#plain = this.#waiting(undefined);
  }

  // Not `async`: what is in memory costs no new promise.
  get<K extends R>(key: K, options?: { readonly signal?: AbortSignal | undefined }): Promise<SuccessOf<K>> {
    try {
      const id = primaryKeyOf(key);
      const held = this.#shared.memory.get(id);
      if (held !== undefined && options === undefined && Date.now() < held.quick) {
        this.#shared.hits += 1;
        return (this.#sameForAll ? held.told : held.tell()) as Promise<SuccessOf<K>>;
      }
      return this.#find(id, key, held, signalOf(options)) as Promise<SuccessOf<K>>;
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  async getMany<K extends R>(
    keys: Iterable<K>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Array<SuccessOf<K>>> {
    return Promise.all(listOf("keys of PersistedCache.getMany", keys).map((key) => this.get(key, options)));
  }

  async set<K extends R>(key: K, value: SuccessOf<K>): Promise<void> {
    const shared = this.#shared;
    const id = primaryKeyOf(key);
    const tags = shared.settings.tags(key);
    const exit = Exit.succeed<unknown>(value);
    const ttl = shared.settings.timeToLive(exit, key);
    if (!(ttl > 0)) return;
    const held = await this.#try("set", id, async () => {
      const text = await exitCodecOf<unknown, unknown>(key).encode(exit);
      const epochs = tags.length > 0 ? await this.#backing.epochs([...tags]) : [];
      const known = new Map(tags.map((tag, i) => [tag, epochs[i] as number]));
      shared.drop(id);
      const now = Date.now();
      const held = new Held(id, exit, { made: now, took: 0, fresh: now + ttl }, known);
      const stored = this.#backing.write([
        { key: id, text: withLife(text, held.life, known, shared.settings), ttl: ttl + extra(shared.settings) },
      ]);
      this.#backing.news?.tell("key", [id]);
      await stored;
      return held;
    });
    shared.drop(id);
    shared.backoff.succeeded(id);
    shared.keep(held, key, Date.now());
  }

  async refresh<K extends R>(key: K, options?: { readonly signal?: AbortSignal | undefined }): Promise<SuccessOf<K>> {
    const id = primaryKeyOf(key);
    const signal = signalOf(options);
    signal?.throwIfAborted();
    const tagged = this.#shared.settings.tags(key).length > 0;
    const lookup =
      this.#looking.get(id) ??
      this.#look(id, key, {
        operation: "PersistedCache.refresh",
        tags: tagged ? undefined : NO_TAGS,
        reads: tagged,
        claims: true,
        accepts: () => false,
      });
    lookup.forced = true;
    const patient = { ...this.#plain, soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY, signal };
    return this.#tell(await lookup.flight.join(patient)) as SuccessOf<K>;
  }

  async invalidate(key: R): Promise<void> {
    const id = primaryKeyOf(key);
    this.#shared.drop(id);
    await this.#try("invalidate", id, () => {
      const forgotten = this.#backing.forget([id]);
      this.#backing.news?.tell("key", [id]);
      return forgotten;
    });
    // Somebody may have read it in the meantime.
    this.#shared.drop(id);
  }

  async invalidateTag(tag: string): Promise<void> {
    checkTag("tag of PersistedCache.invalidateTag", tag);
    this.#shared.dropTag(tag);
    await this.#try("invalidateTag", undefined, () => {
      const bumped = this.#backing.bump([tag]);
      this.#backing.news?.tell("tag", [tag]);
      return bumped;
    });
    this.#shared.dropTag(tag);
  }

  stats(): PersistedCacheStats {
    const { hits, misses, storeHits, lookups, stale, failures, memory } = this.#shared;
    const { evictions, size, weight } = memory;
    return { hits, misses, storeHits, lookups, stale, failures, evictions, size, weight };
  }

  withContext(context: Context): PersistedCache<R> {
    if (typeof context?.waitUntil !== "function") {
      throw new TypeError(`context must have a waitUntil function, but is ${shown(context)}`);
    }
    const { persistence, storeId } = this.#shared.settings;
    const scope = new Scope(context);
    return new View<R>(this.#shared, scope, persistence.open("PersistedCache.make", storeId, scope));
  }

  close(): Promise<void> {
    return this.#shared.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What is not in memory, or not as fresh as it was. */
  #find(id: string, key: R, held: Held | undefined, signal: AbortSignal | undefined): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const shared = this.#shared;
    if (held) {
      const now = Date.now();
      const state = now < held.until ? this.#state(held, now) : "gone";
      const pausing = state === "grace" && shared.backoff.pauses(id, now);
      if (state === "fresh" || state === "early" || state === "stale" || pausing) {
        shared.hits += 1;
        if (state === "stale" || pausing) shared.stale += 1;
        if (!pausing && state !== "fresh") this.#refresh(id, key, held, true);
        return held.tell();
      }
    }
    shared.misses += 1;
    // Somebody has waited in vain for the same.
    const stale = this.#reading.get(id)?.stale;
    if (stale && shared.backoff.pauses(id, Date.now())) {
      shared.stale += 1;
      return stale.tell();
    }
    const waiting = signal ? this.#waiting(signal) : this.#plain;
    // A place that answers at once needs nobody to wait for it.
    const found = this.#reading.has(id) ? undefined : this.#reader.readNow(id, key, shared.settings.tags(key));
    if (found?.held && this.#state(found.held, Date.now()) === "fresh") {
      shared.storeHits += 1;
      shared.keep(found.held, key, Date.now());
      return found.held.tell();
    }
    const flight = found && !found.held ? this.#lookUp(id, key, found.tags) : this.#read(id, key, held);
    return flight.join(waiting).then((outcome) => this.#tell(outcome));
  }

  #tell(outcome: Outcome): unknown {
    if (outcome.stale) this.#shared.stale += 1;
    if (outcome.ok) return outcome.value;
    throw outcome.value;
  }

  #state(held: Held, now: number): Freshness {
    return freshness(held.life, now, this.#shared.settings, Math.random());
  }

  /** Looks up what the store has not, unless that is under way. */
  #lookUp(id: string, key: R, tags: Tags | undefined): Flight {
    return (this.#looking.get(id) ?? this.#look(id, key, this.#missing(tags))).flight;
  }

  /** Asks the store, and looks up what it has not. */
  #read(id: string, key: R, held: Held | undefined): Flight {
    const going = this.#reading.get(id);
    if (going) return going;
    const flight = this.#flight(id, key, this.#reading, (flight) => flight);
    this.#run(flight, this.#load(flight, key, held));
    return flight;
  }

  async #load(flight: Flight, key: R, held: Held | undefined): Promise<Outcome> {
    const shared = this.#shared;
    const id = flight.key;
    const found = await this.#reader.read(id, key, flight.tags);
    let fallback: Held | undefined;
    const now = Date.now();
    if (found.held) {
      const state = this.#state(found.held, now);
      const pausing = state === "grace" && shared.backoff.pauses(id, now);
      if (state !== "gone" && (state !== "grace" || pausing)) {
        shared.storeHits += 1;
        if (!flight.dropped) shared.keep(found.held, key, now);
        if (!pausing && state !== "fresh") this.#refresh(id, key, found.held, false);
        return state === "stale" || pausing ? asStale(found.held) : found.held;
      }
      if (state === "grace") fallback = found.held;
    } else if (held && !found.tags && this.#state(held, now) === "grace") {
      // A store that can not be read says nothing against what is still in memory.
      fallback = held;
    }
    if (fallback) flight.offer(fallback);
    if (flight.abandoned) return nothing;
    const looking = this.#lookUp(id, key, found.tags);
    if (fallback) looking.stale ??= fallback;
    flight.onAbandoned = looking.enter();
    const outcome = await looking.done;
    if (!outcome.broke || !fallback) return outcome;
    if (!flight.dropped) shared.keep(fallback, key, Date.now());
    return asStale(fallback);
  }

  #missing(tags: Tags | undefined): Start {
    const accepts = (held: Held) => {
      const state = this.#state(held, Date.now());
      return state !== "grace" && state !== "gone";
    };
    return { operation: "PersistedCache.get", tags, reads: false, claims: tags !== undefined, accepts };
  }

  /** Looks up in the background what is about to go stale, or did. `reads`: the store may have a newer one already. */
  #refresh(id: string, key: R, known: Held, reads: boolean): void {
    const shared = this.#shared;
    if (this.#looking.has(id) || !shared.refreshes(id, Date.now())) return;
    const accepts = (held: Held) => held.life.fresh !== known.life.fresh && this.#state(held, Date.now()) !== "gone";
    const start = { operation: "PersistedCache.get", tags: known.tags, reads, claims: true, accepts };
    const { flight } = this.#look(id, key, start);
    flight.stale = known;
    flight.stay();
    flight.done.then(() => shared.refreshed(id));
  }

  #look(id: string, key: R, start: Start): Lookup {
    const shared = this.#shared;
    const announce = () => {
      if (this.#scope.shared && !this.#looking.has(id)) this.#looking.set(id, lookup);
    };
    const background = (work: Promise<unknown>) => this.#scope.background(work);
    const lookupOf = (flight: Flight) =>
      new Lookup(shared, this.#backing, this.#reader, flight, key, start, announce, background);
    const lookup = this.#flight(id, key, this.#looking, lookupOf);
    this.#run(lookup.flight, lookup.run());
    return lookup;
  }

  /** Sets off a flight, and lets others of this scope find what is made of it. */
  #flight<T>(id: string, key: R, flights: Map<string, T>, made: (flight: Flight) => T): T {
    const { running, settings } = this.#shared;
    const flight = new Flight(id, settings.tags(key), running.next);
    const found = made(flight);
    running.add(flight);
    if (this.#scope.shared) flights.set(id, found);
    flight.leave = () => {
      if (flights.get(id) === found) flights.delete(id);
    };
    return found;
  }

  /** Whoever waits is told how it ended. In the background too: it may go on when nobody waits any more. */
  #run(flight: Flight, work: Promise<Outcome>): void {
    const over = (outcome: Outcome) => {
      this.#shared.running.remove(flight);
      flight.settle(outcome);
    };
    this.#scope.background(work.then(over, (thrown) => over(broken(thrown))));
  }

  #waiting(signal: AbortSignal | undefined): Waiting {
    const { settings, backoff } = this.#shared;
    return {
      signal,
      soft: settings.softTimeout,
      hard: settings.hardTimeout,
      hardly: (stale, id) => {
        if (stale) {
          backoff.failed(id, Date.now());
          return asStale(stale);
        }
        const message = `it took longer than the hardTimeout of ${settings.hardTimeout} ms`;
        const operation = "PersistedCache.get";
        return broken(new PersistenceError({ storeId: settings.storeId, operation, key: id, message }));
      },
    };
  }

  async #try<T>(operation: string, key: string | undefined, attempt: () => Awaitable<T>): Promise<T> {
    try {
      return await attempt();
    } catch (thrown) {
      throw this.#shared.failed(`PersistedCache.${operation}`, key, thrown);
    }
  }
}

/** Whether a scope outlives requests. */
export function isLasting(scope: Scope): boolean {
  return scope === defaultScope() && scope.shared;
}

function signalOf(options: { readonly signal?: AbortSignal | undefined } | undefined): AbortSignal | undefined {
  const signal: unknown = options?.signal;
  if (signal === undefined) return undefined;
  if (typeof (signal as AbortSignal | null)?.addEventListener === "function") return signal as AbortSignal;
  throw new TypeError(`signal must be an AbortSignal, but is ${shown(signal)}`);
}
