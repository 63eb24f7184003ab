// The behaviours of Persistence, on every place that Node has without a server.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as durastate from "durastate";
import { kvsPlace, memoryPlace } from "../contract/persistence/places.mjs";
import { persistenceContract } from "../contract/persistence.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";
import { mapStore, slowStore, swappingStore } from "../support/stores.mjs";

const { KeyValueStore } = durastate;
const folder = mkdtempSync(join(tmpdir(), "durastate-persistence-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let directories = 0;

const places = {
  memory: { open: () => memoryPlace(durastate), traits: { raw: false } },
  "a key-value store in memory": {
    open: () => {
      const kv = KeyValueStore.memory();
      return kvsPlace(durastate, () => kv);
    },
  },
  "a Web Storage": { open: () => kvsPlace(durastate, KeyValueStore.storage, new FakeStorage()) },
  "a Map": { open: () => kvsPlace(durastate, KeyValueStore.make, mapStore()) },
  "a Map that takes its time": { open: () => kvsPlace(durastate, KeyValueStore.make, slowStore()) },
  "a store with swap": { open: () => kvsPlace(durastate, KeyValueStore.make, swappingStore()) },
  "a view of a store": {
    open: () =>
      kvsPlace(durastate, (implementation) => KeyValueStore.make(implementation).prefix("durable/"), mapStore()),
  },
  files: {
    open: () => {
      const directory = join(folder, `${directories++}`);
      return kvsPlace(durastate, () => KeyValueStore.fileSystem(directory));
    },
  },
};

for (const [name, { open, traits }] of Object.entries(places)) {
  describe(name, () => {
    const timed = (what, run) => test(what, { timeout: 60_000 }, run);
    persistenceContract({ test: timed, durastate, open, traits });
  });
}
