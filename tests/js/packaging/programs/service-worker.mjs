import { KeyValueStore, KeyValueStoreError } from "durastate";
import { program } from "./program.mjs";

addEventListener("message", (event) => {
  const answer = (result) => event.source.postMessage(result);
  event.waitUntil(program({ KeyValueStore, KeyValueStoreError }).then(answer, (error) => answer(String(error))));
});
