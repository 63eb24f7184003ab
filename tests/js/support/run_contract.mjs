// The contract on this process's own localStorage; ends with 1 when any of it fails.
import { strict as assert } from "node:assert";
import * as durastate from "durastate";
import { keyValueContract } from "../contract/key_value.mjs";

const open = () => {
  localStorage.clear();
  return durastate.KeyValueStore.localStorage();
};
const tests = [];
const traits = { nativeBytes: false, atomicity: "process", room: 5 * 1024 * 1024 };
keyValueContract({ test: (name, run) => tests.push([name, run]), durastate, open, traits });
assert.ok(tests.length > 50);
for (const [name, run] of tests) {
  try {
    await run();
  } catch (error) {
    console.error(`${name}:`, error);
    process.exitCode = 1;
  }
}
