import { shown } from "../arguments.ts";
import { ImplementationHost, type KeyValueImplementation } from "../hosts/implementation.ts";
import { MemoryHost } from "../hosts/memory.ts";
import { WebStorageHost } from "../hosts/web_storage.ts";
import { Unsupported } from "../runner.ts";
import { defaultScope, type Scope } from "../scope.ts";
import type { KeyValueFace } from "./key_value/face.ts";
import { View } from "./key_value/view.ts";

export type { Change, ChangeListener } from "../hosts/changes.ts";
export type { KeyValueImplementation } from "../hosts/implementation.ts";
export type { Atomicity } from "../hosts/store.ts";
export type { Seal } from "./key_value/face.ts";
export type { SchemaStore } from "./key_value/schema_store.ts";

/** A Map that lasts: text and bytes under text keys. */
export type KeyValueStore = KeyValueFace;

/** Opens key-value stores. Opening reads and writes nothing yet. */
export interface KeyValueStores {
  /** A store in the memory of this process. */
  memory(): KeyValueStore;
  /** `localStorage`: shared by all tabs of an origin. Where there is none, every call says so. */
  localStorage(): KeyValueStore;
  /** `sessionStorage`: lives as long as its tab. */
  sessionStorage(): KeyValueStore;
  /** Any object with the methods of a Web Storage. */
  storage(storage: Storage): KeyValueStore;
  /** A store of your own. */
  make(implementation: KeyValueImplementation): KeyValueStore;
}

type Name = "localStorage" | "sessionStorage";

/** The stores of calls in this scope. */
export function keyValueStores(scope: Scope): KeyValueStores {
  return {
    memory: () => new View(new MemoryHost(), "", scope),
    localStorage: () => new View(byName("localStorage"), "", scope),
    sessionStorage: () => new View(byName("sessionStorage"), "", scope),
    storage: (storage) => new View(given(storage), "", scope),
    make: (implementation) => new View(implemented(implementation), "", scope),
  };
}

/** One host for one place, so that all who use it hear of each other's changes and take turns. */
const named = new Map<unknown, WebStorageHost>();
const storages = new WeakMap<object, WebStorageHost>();
const implementations = new WeakMap<object, ImplementationHost>();

function once<K, H>(hosts: { get(key: K): H | undefined; set(key: K, host: H): unknown }, key: K, make: () => H): H {
  const host = hosts.get(key) ?? make();
  hosts.set(key, host);
  return host;
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

/** Opens key-value stores. */
export const KeyValueStore: KeyValueStores = keyValueStores(defaultScope());
