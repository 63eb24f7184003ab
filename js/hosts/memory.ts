import { Changes } from "./changes.ts";
import { type HostStore, isBytes, type Value } from "./store.ts";

/** A Map. Values stay on this side of the border: a string that crosses it costs more than all the rest of a call. */
export class MemoryHost implements HostStore {
  readonly atomicity = "store";
  readonly bytes = true;
  readonly immediate = true;
  readonly changes: Changes = new Changes();
  readonly #values = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    // Bytes are copied: their owner may go on writing into them.
    this.#values.set(key, typeof value === "string" ? value : new Uint8Array(value));
  }

  remove(key: string): void {
    this.#values.delete(key);
  }

  list(prefix: string): { keys: string[] } {
    const keys = [...this.#values.keys()];
    return { keys: prefix ? keys.filter((key) => key.startsWith(prefix)) : keys };
  }

  swap(key: string, expected: Value | undefined, next: Value | undefined): boolean {
    if (!isSame(this.get(key), expected)) return false;
    if (next === undefined) this.remove(key);
    else this.set(key, next);
    return true;
  }
}

/** Whether two values are the same text or the same bytes. */
export function isSame(a: Value | undefined, b: Value | undefined): boolean {
  if (!isBytes(a) || !isBytes(b)) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
