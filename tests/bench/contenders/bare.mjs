// The least that an asynchronous store can cost: what lies below it, in a function that gives a promise.
import { awaited } from "../workload.mjs";

export function memory(entries) {
  const map = new Map();
  const store = {
    get: async (key) => map.get(key),
    set: async (key, value) => void map.set(key, value),
    has: async (key) => map.has(key),
  };
  return awaited(store, entries);
}

export function storage(entries, storage) {
  const store = {
    get: async (key) => storage.getItem(key) ?? undefined,
    set: async (key, value) => storage.setItem(key, value),
    has: async (key) => storage.getItem(key) !== null,
  };
  return awaited(store, entries);
}
