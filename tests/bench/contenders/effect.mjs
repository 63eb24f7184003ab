import { Effect } from "effect";
import { KeyValueStore } from "effect/persistence";
import { awaited } from "../workload.mjs";

export const memory = async (entries) => promised(await opened(KeyValueStore.layerMemory), entries);

export const storage = async (entries, storage) =>
  promised(await opened(KeyValueStore.layerStorage(() => storage)), entries);

/** The store itself, so that no call pays for finding it. */
export function opened(layer) {
  return Effect.runPromise(Effect.provide(KeyValueStore.KeyValueStore, layer));
}

function promised(store, entries) {
  return awaited(
    {
      get: (key) => Effect.runPromise(store.get(key)),
      set: (key, value) => Effect.runPromise(store.set(key, value)),
      has: (key) => Effect.runPromise(store.has(key)),
    },
    entries,
  );
}
