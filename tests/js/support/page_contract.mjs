// Runs in a page: the contract's tests by name.
import { keyValueContract } from "../contract/key_value.mjs";

/** Collects the tests of one kind of store. */
export function collect(durastate, kind, traits) {
  const tests = new Map();
  const { KeyValueStore } = durastate;
  const open = {
    memory: () => KeyValueStore.memory(),
    localStorage: () => emptied(localStorage, KeyValueStore.localStorage()),
    sessionStorage: () => emptied(sessionStorage, KeyValueStore.sessionStorage()),
    storage: () => emptied(sessionStorage, KeyValueStore.storage(sessionStorage)),
  }[kind];
  keyValueContract({ test: (name, run) => tests.set(name, run), durastate, open, traits });
  return tests;
}

function emptied(storage, kv) {
  storage.clear();
  return kv;
}
