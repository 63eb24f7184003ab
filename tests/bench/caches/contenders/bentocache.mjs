import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { CAPACITY, HOUR, hits, keyOf, lookup, MISSES, misses } from "../workload.mjs";

function opened(maxItems, serialize) {
  const store = bentostore().useL1Layer(memoryDriver({ maxItems, serialize }));
  const cache = new BentoCache({ default: "store", stores: { store }, ttl: HOUR });
  return (key) => cache.getOrSet({ key, factory: lookup });
}

/** Its memory tier keeps texts, unless it is told not to. */
export const hit = () => hits(keyOf, opened(CAPACITY, false));
export const persisted = () => hits(keyOf, opened(CAPACITY, true));
export const miss = (how) => misses(keyOf, () => opened(MISSES, how === "serialised"));
