import type { Backing, CacheNews, Claims, Entry } from "./backing.ts";

interface Kept {
  readonly text: string;
  /** The moment from which on it is gone. */
  readonly expires: number;
}

/** How many entries a write looks at for ones that have expired, beside its own work: more than it adds. */
const SWEEP = 4;

/**
 * Results in this process. They stay on this side of the border, as the values of a memory store do: nothing here is to
 * be decided but whether it is later than a moment.
 */
export class MemoryBacking implements Backing {
  /** Nobody else sees it: one lookup for many is seen to by the cache itself. */
  readonly claims: Claims | undefined = undefined;
  readonly news: CacheNews | undefined = undefined;
  readonly immediate = true;
  readonly #kept = new Map<string, Kept>();
  readonly #epochs = new Map<string, number>();
  #sweeping = this.#kept.entries();

  read(keys: string[]): Array<string | undefined> {
    return keys.map((key) => {
      const kept = this.#kept.get(key);
      if (kept === undefined || Date.now() < kept.expires) return kept?.text;
      this.#kept.delete(key);
      return undefined;
    });
  }

  write(entries: Entry[]): void {
    const now = Date.now();
    for (const { key, text, ttl } of entries) this.#kept.set(key, { text, expires: now + ttl });
    this.#sweep(entries.length * SWEEP, now);
  }

  remove(keys: string[]): void {
    for (const key of keys) this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }

  forget(keys: string[]): void {
    this.remove(keys);
  }

  epochs(tags: string[]): number[] {
    return tags.map((tag) => this.#epochs.get(tag) ?? 0);
  }

  bump(tags: string[]): void {
    for (const tag of tags) this.#epochs.set(tag, (this.#epochs.get(tag) ?? 0) + 1);
  }

  /** Clears away what has expired, some entries further on each time. */
  #sweep(many: number, now: number): void {
    for (let i = 0; i < many; i++) {
      const { done, value } = this.#sweeping.next();
      if (done) {
        this.#sweeping = this.#kept.entries();
        return;
      }
      if (value[1].expires <= now) this.#kept.delete(value[0]);
    }
  }
}
