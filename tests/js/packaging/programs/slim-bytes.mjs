import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { init, KeyValueStore, KeyValueStoreError } from "durastate/slim";
import { program } from "./program.mjs";

await init(readFileSync(fileURLToPath(import.meta.resolve("durastate/wasm"))));
console.log(await program({ KeyValueStore, KeyValueStoreError }));
