// Runs in a page: the contract's tests on IndexedDB by name, and IndexedDB as anybody else would use it.
import { keyValueContract } from "../contract/key_value.mjs";

/** Collects the tests; each has a database of its own. */
export function collect(durastate, traits) {
  const tests = new Map();
  let databases = 0;
  const open = () => durastate.KeyValueStore.indexedDb({ name: `contract ${databases++}` });
  keyValueContract({ test: (name, run) => tests.set(name, run), durastate, open, traits });
  return tests;
}

const ended = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** A connection that does not give way to anybody; `upgrade` is called where it is new or of an older version. */
export function connect(name, version, upgrade = () => {}) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => upgrade(request.result);
  return ended(request);
}

/** Deletes a database. */
export function drop(name) {
  return ended(indexedDB.deleteDatabase(name));
}

/** Puts records where Effect would. */
export async function put(name, records, store = "entries") {
  const database = await connect(name, undefined, (made) => made.createObjectStore(store, { keyPath: "key" }));
  const transaction = database.transaction(store, "readwrite");
  for (const record of records) transaction.objectStore(store).put(record);
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  database.close();
}

/** How a database is laid out, and its records. */
export async function layout(name) {
  const database = await connect(name);
  const stores = {};
  for (const store of database.objectStoreNames) {
    const records = database.transaction(store).objectStore(store);
    stores[store] = { keyPath: records.keyPath, records: await ended(records.getAll()) };
  }
  const { version } = database;
  database.close();
  return { version, stores };
}

/** What a call came to: its result, or what its error says. */
export async function outcome(call) {
  try {
    return { result: await call() };
  } catch (thrown) {
    const { _tag, method, key, cause } = thrown;
    return { _tag, method, key, cause: cause?.name, reason: cause?.message };
  }
}
