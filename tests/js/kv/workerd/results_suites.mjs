// Which tests run inside of workerd, so that both sides know the same names.
import { cacheContract } from "../../contract/cache.mjs";
import { kvsPlace, sqlPlace } from "../../contract/persistence/places.mjs";
import { persistenceContract } from "../../contract/persistence.mjs";

const contracts = { persistence: persistenceContract, cache: cacheContract };
const MEGABYTE = 1024 * 1024;

/** Registers a contract; `host()` gives what the binding's adapter makes. */
export function register(where, contract, { test, durastate, host }) {
  const { KeyValueStore } = durastate;
  const places = {
    // workerd's own SQLite has room for 2 MB in a row
    D1: { open: () => sqlPlace(durastate, host()), traits: { room: 2 * MEGABYTE, leases: "server" } },
    KV: {
      open: () => kvsPlace(durastate, KeyValueStore.make, host()),
      traits: { room: 25 * MEGABYTE, claims: false, tags: false },
    },
  };
  contracts[contract]({ test, durastate, ...places[where] });
}
