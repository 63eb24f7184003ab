import { KeyValueStore, KeyValueStoreError } from "durastate";
import { program } from "./program.mjs";

export default {
  async fetch() {
    return new Response(await program({ KeyValueStore, KeyValueStoreError }));
  },
};
