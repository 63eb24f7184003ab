import { LRUCache } from "lru-cache";
import { synchronous } from "../workload.mjs";

export const memory = (entries) => synchronous(new LRUCache({ max: 2 * entries.count }), entries);
