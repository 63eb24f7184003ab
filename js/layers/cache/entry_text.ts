import type { Life, Rules } from "./freshness.ts";
import type { Tags } from "./memory_tier.ts";

/** The field beside those of an exit that says what a cache has to know of it. Who does not know it passes over it. */
const FIELD = "durastate";

/** The text of an exit with what has to be known of it; just the exit where that is nothing. */
export function withLife(text: string, life: Life, tags: Tags | undefined, rules: Rules): string {
  const known: Record<string, unknown> = {};
  const { fresh, made, took } = life;
  const early = rules.earlyRefresh !== undefined;
  if ((early || rules.staleWhileRevalidate > 0 || rules.grace > 0) && fresh !== Number.POSITIVE_INFINITY) {
    known.fresh = fresh;
    if (early) Object.assign(known, { made, took });
  }
  if (tags && tags.size > 0) known.tags = Object.fromEntries(tags);
  return Object.keys(known).length === 0 ? text : `${text.slice(0, -1)},"${FIELD}":${JSON.stringify(known)}}`;
}

/** What is known of an exit that was read: nothing of what others have written, which is fresh as long as it is there. */
export function lifeOf(stored: unknown): Life {
  const { fresh, made, took } = Object((stored as Record<string, unknown>)[FIELD]) as Record<string, unknown>;
  if (!isNumber(fresh)) return LASTING;
  return { fresh, made: isNumber(made) ? made : fresh, took: isNumber(took) && took > 0 ? took : 0 };
}

const LASTING: Life = { made: 0, took: 0, fresh: Number.POSITIVE_INFINITY };

/** Whether none of these tags was invalidated since; one that the entry does not know was never invalidated before. */
export function isCurrent(stored: unknown, tags: Tags): boolean {
  if (tags.size === 0) return true;
  const known = Object(Object((stored as Record<string, unknown>)[FIELD]).tags) as Record<string, unknown>;
  for (const [tag, epoch] of tags) if ((Object.hasOwn(known, tag) ? known[tag] : 0) !== epoch) return false;
  return true;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
