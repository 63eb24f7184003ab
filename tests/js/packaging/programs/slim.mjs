import { init, KeyValueStore, KeyValueStoreError } from "durastate/slim";
import { program } from "./program.mjs";

globalThis.outcome = init().then(() => program({ KeyValueStore, KeyValueStoreError }));
