import { type ChangeListener, Changes } from "../../hosts/changes.ts";
import type { Atomicity, Awaitable, HostStore, Value } from "../../hosts/store.ts";
import type { Scope } from "../../scope.ts";
import type { KeyValueFace } from "../key_value/face.ts";
import { asText } from "../key_value/value.ts";
import { View } from "../key_value/view.ts";
import type { CacheNews } from "./backing.ts";

/** A key-value store as a place for results. */
export interface KeyValuePlace {
  readonly host: HostStore;
  /** What stands before the keys. */
  readonly prefix: string;
  /** Tells of all changes. */
  listen(listener: ChangeListener): () => void;
}

/** The place that a key-value store is, for calls of this scope. */
export function placeOf(kv: KeyValueFace, scope: Scope): KeyValuePlace {
  if (kv instanceof View) {
    const { host, prefix } = kv.place;
    return { host: new SharedHost(host, scope), prefix, listen: (listener) => host.changes.listen(listener) };
  }
  return { host: new FaceHost(kv), prefix: "", listen: (listener) => kv.watch(undefined, listener) };
}

/** What other processes and tabs change among the keys of one store id, and among its tags. */
export function newsOf({ listen, prefix }: KeyValuePlace, namespace: string): CacheNews {
  const keys = prefix + namespace;
  const tags = `durastate:state:durastate:tag:${keys}`;
  return {
    // Whoever changes the store tells of it already.
    tell: () => undefined,
    listen: (heard) =>
      listen(({ key, origin }) => {
        if (origin !== "remote") return;
        if (key === undefined) heard("all", "");
        else if (key.startsWith(keys)) heard("key", key.slice(keys.length));
        else if (key.startsWith(tags)) heard("tag", key.slice(tags.length));
      }),
  };
}

/** The host of a key-value store that others use too: those who watch it hear of what is kept there. */
class SharedHost implements HostStore {
  readonly atomicity: Atomicity;
  readonly bytes: boolean;
  readonly immediate: boolean;
  readonly changes: Changes;
  readonly swap?: NonNullable<HostStore["swap"]>;
  readonly getMany?: NonNullable<HostStore["getMany"]>;
  readonly removeMany?: NonNullable<HostStore["removeMany"]>;
  readonly #host: HostStore;
  readonly #scope: Scope;

  constructor(host: HostStore, scope: Scope) {
    this.#host = host;
    this.#scope = scope;
    this.atomicity = host.atomicity;
    this.bytes = host.bytes;
    this.immediate = host.immediate;
    this.changes = host.changes;
    const { swap, getMany, removeMany } = host;
    if (swap) this.swap = (key, expected, next) => this.#swap(key, expected, next, swap);
    if (getMany) this.getMany = (keys) => getMany.call(host, keys);
    // One request for many keys has no turn, so there it must not pass the changes that have.
    if (removeMany && swap) this.removeMany = (keys) => this.#told(removeMany.call(host, keys), keys, undefined);
  }

  get(key: string): Awaitable<Value | undefined> {
    return this.#host.get(key);
  }

  set(key: string, value: Value): Awaitable<void> {
    return this.#told(
      this.#inTurn(key, () => this.#host.set(key, value)),
      [key],
      value,
    );
  }

  remove(key: string): Awaitable<void> {
    return this.#told(
      this.#inTurn(key, () => this.#host.remove(key)),
      [key],
      undefined,
    );
  }

  list(prefix: string, cursor: string | undefined, limit: number): ReturnType<HostStore["list"]> {
    return this.#host.list(prefix, cursor, limit);
  }

  async #swap(
    key: string,
    expected: Value | undefined,
    next: Value | undefined,
    swap: NonNullable<HostStore["swap"]>,
  ): Promise<boolean> {
    const body = () => swap.call(this.#host, key, expected, next);
    const swapped = await (this.#host.alone ? this.#host.alone(key, body) : body());
    if (swapped) this.#tell([key], next);
    return swapped;
  }

  /** What this process changes under one key happens in the order in which it was asked for, as in the view. */
  #inTurn(key: string, change: () => Awaitable<void>): Awaitable<void> {
    const { immediate, swap } = this.#host;
    return immediate || swap ? change() : this.#scope.inTurn(this.#host, key, change);
  }

  #told(change: Awaitable<void>, keys: string[], value: Value | undefined): Awaitable<void> {
    if (change instanceof Promise) return change.then(() => this.#tell(keys, value));
    this.#tell(keys, value);
  }

  #tell(keys: string[], value: Value | undefined): void {
    if (!this.changes.wanted) return;
    for (const key of keys) {
      this.changes.tell({ key, value: value === undefined ? undefined : asText(value), origin: "local" });
    }
  }
}

/** Any other key-value store, as its users see it: a sealed one. What is sealed can not be compared, and so not claimed. */
class FaceHost implements HostStore {
  readonly atomicity = "none";
  readonly bytes = true;
  readonly immediate = false;
  readonly changes: Changes = new Changes();

  constructor(private readonly kv: KeyValueFace) {}

  get(key: string): Promise<Value | undefined> {
    return this.kv.get(key);
  }

  set(key: string, value: Value): Promise<void> {
    return this.kv.set(key, value);
  }

  remove(key: string): Promise<void> {
    return this.kv.remove(key);
  }

  async list(prefix: string): Promise<{ keys: string[] }> {
    const keys = await this.kv.prefix(prefix).keys();
    return { keys: keys.map((key) => prefix + key) };
  }
}
