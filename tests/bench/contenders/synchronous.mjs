// The calls below, without any promise.
import { synchronous } from "../workload.mjs";

export const memory = (entries) => synchronous(new Map(), entries);

export function storage(entries, storage) {
  const store = {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    has: (key) => storage.getItem(key) !== null,
  };
  return synchronous(store, entries);
}
