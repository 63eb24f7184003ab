import { KeyValueStore, KeyValueStoreError } from "durastate";
import { program } from "./program.mjs";

program({ KeyValueStore, KeyValueStoreError }).then(postMessage, (error) => postMessage(String(error)));
