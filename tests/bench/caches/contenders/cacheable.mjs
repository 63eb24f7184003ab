import { Cacheable } from "cacheable";
import { HOUR, hits, keyOf, lookup, misses } from "../workload.mjs";

function opened() {
  const cache = new Cacheable({ ttl: HOUR });
  return (key) => cache.getOrSet(key, lookup);
}

/** Its memory tier keeps texts. */
export const hit = () => hits(keyOf, opened());
export const persisted = hit;
export const miss = () => misses(keyOf, opened);
