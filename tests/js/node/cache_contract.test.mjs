// The behaviours of PersistedCache, on every place that Node has without a server.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as durastate from "durastate";
import { cacheContract } from "../contract/cache.mjs";
import { kvsPlace, memoryPlace } from "../contract/persistence/places.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";
import { mapStore, swappingStore } from "../support/stores.mjs";

const { KeyValueStore } = durastate;
const folder = mkdtempSync(join(tmpdir(), "durastate-cache-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let directories = 0;

const places = {
  memory: { open: () => memoryPlace(durastate), traits: { raw: false, gate: false, claims: false } },
  "a key-value store in memory": {
    open: () => {
      const kv = KeyValueStore.memory();
      return kvsPlace(durastate, () => kv);
    },
    traits: { gate: false },
  },
  "a Web Storage": {
    open: () => {
      const storage = new FakeStorage();
      return kvsPlace(durastate, () => KeyValueStore.storage(storage));
    },
    traits: { gate: false },
  },
  "a Map, which can agree on nothing": {
    open: () => kvsPlace(durastate, KeyValueStore.make, mapStore()),
    traits: { claims: false, tags: false },
  },
  "a store with swap": { open: () => kvsPlace(durastate, KeyValueStore.make, swappingStore()) },
  files: {
    open: () => {
      const directory = join(folder, `${directories++}`);
      return kvsPlace(durastate, () => KeyValueStore.fileSystem(directory));
    },
    traits: { gate: false },
  },
};

for (const [name, { open, traits }] of Object.entries(places)) {
  describe(name, () => {
    const timed = (what, run) => test(what, { timeout: 60_000 }, run);
    cacheContract({ test: timed, durastate, open, traits });
  });
}
