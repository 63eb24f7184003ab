// The behaviours of a KeyValueStore, on everything that can be one in Node.
import { describe, test } from "node:test";
import * as durastate from "durastate";
import { keyValueContract } from "../contract/key_value.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";
import { mapStore, slowStore, swappingStore, textStore } from "../support/stores.mjs";

const { KeyValueStore } = durastate;
const without = (store, ...names) =>
  Object.fromEntries(Object.entries(store).filter(([name]) => !names.includes(name)));

const stores = {
  memory: { open: () => KeyValueStore.memory(), traits: { atomicity: "store" } },
  "a Web Storage": {
    open: () => KeyValueStore.storage(new FakeStorage()),
    traits: { nativeBytes: false, atomicity: "process" },
  },
  "a Map": { open: () => KeyValueStore.make(mapStore()) },
  "a Map that takes its time": { open: () => KeyValueStore.make(slowStore()) },
  "a store with swap": { open: () => KeyValueStore.make(swappingStore()), traits: { atomicity: "store" } },
  "a store of text alone": { open: () => KeyValueStore.make(textStore()), traits: { nativeBytes: false } },
  "a store that can not list": {
    open: () => KeyValueStore.make(without(slowStore(), "keys")),
    traits: { lists: false },
  },
  "a view of memory": {
    open: () => KeyValueStore.memory().prefix("view:"),
    traits: { atomicity: "store", isWhole: false },
  },
};

for (const [name, { open, traits }] of Object.entries(stores)) {
  describe(name, () => {
    const timed = (what, run) => test(what, { timeout: 60_000 }, run);
    keyValueContract({ test: timed, durastate, open, traits });
  });
}
