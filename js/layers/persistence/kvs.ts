import { Changes } from "../../hosts/changes.ts";
import type { Atomicity, HostStore, Value } from "../../hosts/store.ts";
import type { KeyValueFace } from "../key_value/face.ts";
import type { Swap } from "../key_value/view.ts";
import type { CacheNews } from "./backing.ts";

/** A key-value store that users hold, as a host: its views, its seals and those who watch it all have their part. */
export class FaceHost implements HostStore {
  readonly atomicity: Atomicity;
  readonly bytes = true;
  readonly immediate = false;
  readonly changes: Changes = new Changes();
  /** Of views alone: what is sealed can not be compared. */
  readonly swap?: Swap;

  constructor(private readonly kv: KeyValueFace) {
    this.atomicity = kv.atomicity;
    const { swap } = kv as KeyValueFace & { swap?: Swap | undefined };
    if (swap) this.swap = swap;
  }

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

/** What a key-value store tells of the changes that other processes and tabs make to keys that begin like this. */
export function watched(kv: KeyValueFace, namespace: string): CacheNews {
  return {
    // Whoever changes the store tells of it already.
    tell: () => undefined,
    listen: (heard) =>
      kv.watch(undefined, ({ key, origin }) => {
        if (origin !== "remote") return;
        if (key === undefined) heard("all", "");
        else if (key.startsWith(namespace)) heard("key", key.slice(namespace.length));
      }),
  };
}
