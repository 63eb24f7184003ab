// Runs in a page: the contracts of results on what browsers keep, and a cache that tests call step by step.
import { cacheContract } from "../contract/cache.mjs";
import { kvsPlace } from "../contract/persistence/places.mjs";
import { persistenceContract } from "../contract/persistence.mjs";

/** Chromium keeps so many characters for one origin, keys included. */
const ROOM = 5 * 1024 * 1024;
const contracts = { persistence: persistenceContract, cache: cacheContract };
export const traits = {
  localStorage: { room: ROOM, gate: false },
  indexedDb: { gate: false },
};

let databases = 0;
const kvs = {
  localStorage: ({ KeyValueStore }) => KeyValueStore.localStorage(),
  indexedDb: ({ KeyValueStore }, name) => KeyValueStore.indexedDb({ name }),
};

/** Registers the tests of a contract on one kind of store; each has a database of its own. */
export function register(durastate, contract, kind, test) {
  const open = () => {
    const name = `results ${databases++}`;
    return kvsPlace(durastate, () => kvs[kind](durastate, name));
  };
  contracts[contract]({ test, durastate, open, traits: traits[kind] });
}

/** Collects them by name. */
export function collect(durastate, contract, kind) {
  const tests = new Map();
  register(durastate, contract, kind, (name, run) => tests.set(name, run));
  return tests;
}

/** A cache of this tab in a store that all tabs have: its lookups begin, and end when they are told. */
export async function cacheOf(durastate, kind, storeId, options) {
  const { Persistable, PersistedCache, Persistence } = durastate;
  const text = { decode: String, encode: String };
  const Any = Persistable.make("Any", { primaryKey: ({ id }) => id, success: text });
  const looking = [];
  const held = [];
  const cache = await PersistedCache.make({
    persistence: Persistence.kvs(kvs[kind](durastate, storeId)),
    storeId,
    timeToLive: "1 hour",
    inMemoryTTL: "1 hour",
    lookup({ id }) {
      looking.push(id);
      return new Promise((resolve) => held.push(resolve));
    },
    ...options,
  });
  return {
    looking,
    get: (id) => cache.get(Any({ id })),
    set: (id, value) => cache.set(Any({ id }), value),
    invalidate: (id) => cache.invalidate(Any({ id })),
    /** Ends all lookups that have begun with this value. */
    finish(value) {
      for (const resolve of held.splice(0)) resolve(value);
    },
    close: () => cache.close(),
  };
}
