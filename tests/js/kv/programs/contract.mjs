// The contract on a store of the runtime that runs this: Node, Deno or Bun. Its first argument names the store, its second
// a directory that is free. Ends with 1 when any of it fails.
import * as durastate from "../../../../dist/index.js";
import { fromDenoKv } from "../../../../dist/kv/deno.js";
import { keyValueContract } from "../../contract/key_value.mjs";

const [store, directory] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2);
const { KeyValueStore } = durastate;
let opened = 0;

const stores = {
  files: {
    traits: { tellsKinds: false, anyText: false, atomicity: "process" },
    prepare: () => () => KeyValueStore.fileSystem(`${directory}/${opened++}`),
  },
  "deno-kv": {
    traits: { atomicity: "store", room: 65_536 },
    async prepare() {
      const kv = await Deno.openKv(`${directory}/kv`);
      // Beside each other in one database: none may see another's.
      return () => KeyValueStore.make(fromDenoKv(kv, { prefix: ["contract", opened++] }));
    },
  },
};

const tests = [];
const { traits, prepare } = stores[store];
keyValueContract({ test: (name, run) => tests.push([name, run]), durastate, open: await prepare(), traits });
const failed = [];
for (const [name, run] of tests) {
  try {
    await run();
  } catch (error) {
    failed.push(name);
    console.error(`${name}:`, error);
  }
}
console.log(JSON.stringify({ tests: tests.length, failed }));
globalThis.process.exit(failed.length === 0 ? 0 : 1);
