// The operations of a key-value store, in an order in which each finds what it needs.
import { countedOperations } from "./counting.mjs";

const MANY = Array.from({ length: 1000 }, (_, place) => `many:${String(place).padStart(4, "0")}`);

/** By name: { prepare, run }, of which only `run` counts. */
export const operations = {
  "first get": { run: (store) => store.get("key") },
  get: { run: (store) => store.get("key") },
  "100 gets at once": { run: (store) => Promise.all(MANY.slice(0, 100).map((key) => store.get(key))) },
  getUint8Array: { run: (store) => store.getUint8Array("key") },
  has: { run: (store) => store.has("key") },
  set: { run: (store) => store.set("key", "value") },
  "set of bytes": { run: (store) => store.set("bytes", new Uint8Array(100)) },
  "first modify": { run: (store) => store.modify("key", longer) },
  modify: { run: (store) => store.modify("key", longer) },
  remove: { run: (store) => store.remove("key") },
  "keys of 1,000": { prepare: fill, run: (store) => store.keys() },
  "clear of 1,000": { prepare: fill, run: (store) => store.clear() },
};

const longer = (text) => `${text}.`;

async function fill(store) {
  await store.clear();
  for (const key of MANY) await store.set(key, "value");
}

/** What each operation on a store costs, by name. */
export const counted = (store, counts) => countedOperations(operations, store, counts);
