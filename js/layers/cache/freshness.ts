/** When an entry was made, and until when it may be served. */
export interface Life {
  /** The moment when its lookup was over. */
  readonly made: number;
  /** How long that lookup took. */
  readonly took: number;
  /** The moment from which on it is stale; infinite where that is not known. */
  readonly fresh: number;
}

/** What may be done with entries that are stale, or soon will be. */
export interface Rules {
  /** For how long a stale entry is served while it is looked up behind the caller's back. */
  readonly staleWhileRevalidate: number;
  /** For how long a stale entry is served when its lookup fails. */
  readonly grace: number;
  /** The share of its time to live after which an entry may be looked up again before it is stale. */
  readonly earlyRefresh: number | undefined;
}

/**
 * What to do with an entry: serve it; serve it and look it up meanwhile, because it is about to go stale (`early`) or
 * already did (`stale`); look it up and serve it only if that fails (`grace`); forget it (`gone`).
 */
export type Freshness = "fresh" | "early" | "stale" | "grace" | "gone";

/**
 * Says which it is. `random` is drawn anew by each caller, between 0 and 1: the nearer the end, the more of them look the
 * entry up early, so that neither all processes do at once nor anybody has to wait. A lookup that takes long begins sooner.
 */
export function freshness(life: Life, now: number, rules: Rules, random: number): Freshness {
  if (now < life.fresh) {
    const early = earlyFrom(life, rules);
    return now >= early && now + life.took >= life.fresh - (life.fresh - early) * random ? "early" : "fresh";
  }
  if (now < life.fresh + rules.staleWhileRevalidate) return "stale";
  return now < life.fresh + rules.grace ? "grace" : "gone";
}

/** The moment from which on an entry may be looked up before it is stale. */
export function earlyFrom({ made, fresh }: Life, { earlyRefresh }: Rules): number {
  return earlyRefresh === undefined || fresh === Number.POSITIVE_INFINITY
    ? Number.POSITIVE_INFINITY
    : made + (fresh - made) * earlyRefresh;
}

/** For how long an entry is of use after it went stale. */
export function extra({ staleWhileRevalidate, grace }: Rules): number {
  return Math.max(staleWhileRevalidate, grace);
}
