/** How long a key whose lookup failed is left alone at first, and at most, in milliseconds. */
const [FIRST, LONGEST] = [1_000, 30_000];

/** So many keys are remembered: more are not left alone, which costs lookups and nothing else. */
const MOST = 10_000;

/** Leaves keys alone for a while whose lookup failed although something stale could be served: twice as long each time. */
export class Backoff {
  readonly #pauses = new Map<string, { readonly until: number; readonly length: number }>();

  /** Whether to leave this key alone. */
  pauses(key: string, now: number): boolean {
    const pause = this.#pauses.get(key);
    return pause !== undefined && now < pause.until;
  }

  failed(key: string, now: number): void {
    const last = this.#pauses.get(key);
    if (last && now < last.until) return;
    const length = last ? Math.min(last.length * 2, LONGEST) : FIRST;
    this.#pauses.delete(key);
    for (const [oldest] of this.#pauses) {
      if (this.#pauses.size < MOST) break;
      this.#pauses.delete(oldest);
    }
    this.#pauses.set(key, { until: now + length, length });
  }

  succeeded(key: string): void {
    if (this.#pauses.size > 0) this.#pauses.delete(key);
  }
}
