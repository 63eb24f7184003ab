import { KeyValueStore } from "../../../dist/index.js";
import { awaited } from "../workload.mjs";

export const memory = (entries) => awaited(KeyValueStore.memory(), entries);

export const storage = (entries, storage) => awaited(KeyValueStore.storage(storage), entries);
