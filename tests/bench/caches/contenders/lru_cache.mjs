import { LRUCache } from "lru-cache";
import { CAPACITY, COUNT, HOUR, hits, keyOf, lookup, MISSES, misses, synchronousLoops, user } from "../workload.mjs";

const opened = (max) => new LRUCache({ max, ttl: HOUR, fetchMethod: lookup });

/** Its hits with promises, or without. */
export async function hit(how) {
  const cache = opened(CAPACITY);
  if (how !== "get") return hits(keyOf, (key) => cache.fetch(key));
  for (let id = 0; id < COUNT; id++) cache.set(keyOf(id), user);
  return hits(keyOf, (key) => cache.get(key), synchronousLoops);
}

export const miss = () =>
  misses(keyOf, () => {
    const cache = opened(MISSES);
    return (key) => cache.fetch(key);
  });
