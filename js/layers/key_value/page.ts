import { shown } from "../../arguments.ts";
import { ImplementationHost, type KeyValueImplementation } from "../../hosts/implementation.ts";
import { type IndexedDbOptions, indexedDbStore } from "../../hosts/indexed_db.ts";
import { MemoryHost } from "../../hosts/memory.ts";
import type { HostStore } from "../../hosts/store.ts";
import { WebStorageHost } from "../../hosts/web_storage.ts";
import { Unsupported } from "../../runner.ts";
import { defaultScope, type Scope } from "../../scope.ts";
import type { KeyValueFace } from "./face.ts";
import { View } from "./view.ts";

/** A Map that lasts: text and bytes under text keys. */
export type KeyValueStore = KeyValueFace;

/** Opens the key-value stores of pages. Opening reads and writes nothing yet. */
export interface PageStores {
  /** A store in the memory of this process. */
  memory(): KeyValueStore;
  /** `localStorage`: shared by all tabs of an origin. Where there is none, every call says so. */
  localStorage(): KeyValueStore;
  /** `sessionStorage`: lives as long as its tab. */
  sessionStorage(): KeyValueStore;
  /** Any object with the methods of a Web Storage. */
  storage(storage: Storage): KeyValueStore;
  /** IndexedDB: shared by all tabs and workers of an origin, and atomic among them. */
  indexedDb(options?: IndexedDbOptions): KeyValueStore;
  /** A store of your own. */
  make(implementation: KeyValueImplementation): KeyValueStore;
}

type Name = "localStorage" | "sessionStorage";

/** The stores of pages. */
export function pageStores(scope: Scope): PageStores {
  const view = (host: HostStore) => new View(host, "", scope);
  return {
    memory: () => view(new MemoryHost()),
    localStorage: () => view(byName("localStorage")),
    sessionStorage: () => view(byName("sessionStorage")),
    storage: (storage) => view(given(storage)),
    indexedDb: ({ name = "effect_key_value_store", store = "entries" } = {}) =>
      view(placed(JSON.stringify([name, store]), () => indexedDbStore({ name, store }))),
    make: (implementation) => view(implemented(implementation)),
  };
}

/** One host for one place, so that all who use it hear of each other's changes and take turns. */
const named = new Map<unknown, WebStorageHost>();
const places = new Map<string, ImplementationHost>();
const storages = new WeakMap<object, WebStorageHost>();
const implementations = new WeakMap<object, ImplementationHost>();

/** What is there under the key, or is made now. */
export function once<K, H>(
  hosts: { get(key: K): H | undefined; set(key: K, host: H): unknown },
  key: K,
  make: () => H,
): H {
  const host = hosts.get(key) ?? make();
  hosts.set(key, host);
  return host;
}

/** The store of the user's machine at this place. */
export function placed(place: string, open: () => KeyValueImplementation): ImplementationHost {
  return once(places, place, () => new ImplementationHost(open()));
}

function byName(name: Name): WebStorageHost {
  return once(named, name, () => new WebStorageHost(() => find(name), name));
}

function find(name: Name): Storage {
  const storage = globalThis[name] as Storage | null | undefined;
  if (!storage) throw new Unsupported(`there is no ${name} here`);
  return storage;
}

function given(storage: Storage): WebStorageHost {
  if (typeof storage?.getItem !== "function" || typeof storage.setItem !== "function") {
    throw new TypeError(`storage must have the methods of a Web Storage, but is ${shown(storage)}`);
  }
  for (const name of ["localStorage", "sessionStorage"] as const) if (isNamed(storage, name)) return byName(name);
  return once(storages, storage, () => new WebStorageHost(() => storage));
}

function isNamed(storage: Storage, name: Name): boolean {
  try {
    // Only a real Storage can be one of them, and asking for them warns in some runtimes.
    return typeof Storage === "function" && storage instanceof Storage && find(name) === storage;
  } catch {
    return false;
  }
}

function implemented(implementation: KeyValueImplementation): ImplementationHost {
  if (typeof implementation !== "object" || implementation === null) return new ImplementationHost(implementation);
  return once(implementations, implementation, () => new ImplementationHost(implementation));
}

/** Opens the key-value stores of pages. */
export const KeyValueStore: PageStores = pageStores(defaultScope());
