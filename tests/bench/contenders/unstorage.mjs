import { createStorage } from "unstorage";
import localStorageDriver from "unstorage/drivers/localstorage";
import { awaited } from "../workload.mjs";

export const memory = (entries) => named(createStorage(), entries);

export const storage = (entries, storage) =>
  named(createStorage({ driver: localStorageDriver({ localStorage: storage }) }), entries);

function named(store, entries) {
  return awaited(
    {
      get: (key) => store.getItem(key),
      set: (key, value) => store.setItem(key, value),
      has: (key) => store.hasItem(key),
    },
    entries,
  );
}
