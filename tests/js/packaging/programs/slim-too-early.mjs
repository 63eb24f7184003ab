import assert from "node:assert/strict";
import { KeyValueStore } from "durastate/slim";

await assert.rejects(KeyValueStore.memory().keys(), /await init\(\)/);
console.log("ok");
