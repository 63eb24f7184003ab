import type { Exit } from "../../exit.ts";
import { earlyFrom, type Life, type Rules } from "./freshness.ts";
import { isResult, type Outcome, thrownFor } from "./outcome.ts";

/** How often each tag of an entry had been invalidated when the entry was made. */
export type Tags = ReadonlyMap<string, number>;

/** An entry that was read or looked up, ready to be served. */
export class Held implements Outcome {
  readonly ok: boolean;
  readonly value: unknown;
  readonly broke: boolean;
  /** The moment until which it is served from memory without a second thought. */
  quick = 0;
  /** The moment until which it may be served from memory. */
  until = 0;
  weight = 0;
  newer: Held | undefined = undefined;
  older: Held | undefined = undefined;
  #told: Promise<unknown> | undefined;

  /** `thrown` is what the lookup threw, where that is at hand; otherwise it is made from the exit. */
  constructor(
    readonly key: string,
    readonly exit: Exit<unknown, unknown>,
    readonly life: Life,
    readonly tags: Tags | undefined,
    thrown?: { readonly value: unknown },
  ) {
    this.ok = exit._tag === "Success";
    this.value = exit._tag === "Success" ? exit.value : thrown ? thrown.value : thrownFor(exit.cause);
    this.broke = !isResult(exit);
  }

  /** The same settled promise for everybody, so that a hit makes nothing. */
  get told(): Promise<unknown> {
    this.#told ??= this.tell();
    return this.#told;
  }

  /** A settled promise for one caller. */
  tell(): Promise<unknown> {
    return this.ok ? Promise.resolve(this.value) : Promise.reject(this.value);
  }
}

/** Entries in memory; when they are too many, or too heavy, the ones that were not used for longest go. */
export class MemoryTier {
  readonly #held = new Map<string, Held>();
  readonly #capacity: number;
  #newest: Held | undefined;
  #oldest: Held | undefined;
  /** The sum of all weights. */
  weight = 0;
  /** How many had to go. */
  evictions = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#held.size;
  }

  /** The entry of this key, however old; it counts as used. */
  get(key: string): Held | undefined {
    const held = this.#held.get(key);
    if (held !== undefined && held !== this.#newest) {
      this.#unlink(held);
      this.#link(held);
    }
    return held;
  }

  /** Keeps an entry for this long from now. */
  keep(held: Held, milliseconds: number, weight: number, now: number, rules: Rules): void {
    this.remove(held.key);
    held.until = now + milliseconds;
    held.quick = Math.min(held.until, held.life.fresh, earlyFrom(held.life, rules));
    held.weight = weight;
    // What does not fit at all must not push everything else out.
    if (!(held.until > now) || weight > this.#capacity) return;
    this.#held.set(held.key, held);
    this.#link(held);
    this.weight += weight;
    while (this.weight > this.#capacity && this.#oldest) {
      this.remove(this.#oldest.key);
      this.evictions += 1;
    }
  }

  remove(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#unlink(held);
    this.weight -= held.weight;
  }

  removeTag(tag: string): void {
    for (const held of this.#held.values()) if (held.tags?.has(tag)) this.remove(held.key);
  }

  clear(): void {
    this.#held.clear();
    this.#newest = undefined;
    this.#oldest = undefined;
    this.weight = 0;
  }

  #link(held: Held): void {
    held.older = this.#newest;
    held.newer = undefined;
    if (this.#newest) this.#newest.newer = held;
    else this.#oldest = held;
    this.#newest = held;
  }

  #unlink(held: Held): void {
    if (held.newer) held.newer.older = held.older;
    else this.#newest = held.older;
    if (held.older) held.older.newer = held.newer;
    else this.#oldest = held.newer;
  }
}
