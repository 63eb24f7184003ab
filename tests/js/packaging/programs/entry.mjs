import { KeyValueStore, KeyValueStoreError } from "durastate";
import { program } from "./program.mjs";

globalThis.outcome = program({ KeyValueStore, KeyValueStoreError });
globalThis.outcome.then(console.log);
