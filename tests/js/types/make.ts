import { type KeyValueImplementation, KeyValueStore } from "durastate";

const text = new Map<string, string>();
const both = new Map<string, string | Uint8Array>();

export const smallest: KeyValueStore = KeyValueStore.make({
  get: (key) => text.get(key),
  set: (key: string, value: string) => text.set(key, value),
  remove: (key) => text.delete(key),
});

export const asynchronous: KeyValueStore = KeyValueStore.make({
  get: async (key) => text.get(key) ?? null,
  async set(key: string, value: string) {
    text.set(key, value);
  },
  async remove(key) {
    text.delete(key);
  },
  keys: async () => text.keys(),
});

const whole: KeyValueImplementation = {
  get: (key) => both.get(key),
  set: (key: string, value: string | Uint8Array) => both.set(key, value),
  remove: (key) => both.delete(key),
  keys: () => [...both.keys()],
  getUint8Array: (key) => both.get(key) as Uint8Array | undefined,
  has: (key) => both.has(key),
  size: () => both.size,
  isEmpty: async () => both.size === 0,
  clear: () => both.clear(),
  swap(key, expected, next) {
    if (both.get(key) !== expected) return false;
    if (next === undefined) both.delete(key);
    else both.set(key, next);
    return true;
  },
  atomicity: "process",
};
export const everything: KeyValueStore = KeyValueStore.make(whole);

class Own implements KeyValueImplementation {
  readonly atomicity = "store";
  get(key: string): string | undefined {
    return text.get(key);
  }
  async set(key: string, value: string): Promise<void> {
    text.set(key, value);
  }
  remove(key: string): boolean {
    return text.delete(key);
  }
}
export const own: KeyValueStore = KeyValueStore.make(new Own());

export function refused(): void {
  const { get, set, remove } = new Own();
  // @ts-expect-error remove is needed
  KeyValueStore.make({ get, set });
  // @ts-expect-error a number is no value
  KeyValueStore.make({ get: () => 5, set, remove });
  // @ts-expect-error keys are text
  KeyValueStore.make({ get, set, remove, keys: () => [5] });
  // @ts-expect-error swap answers whether it did
  KeyValueStore.make({ get, set, remove, swap: () => "done" });
  // @ts-expect-error there is no such atomicity
  KeyValueStore.make({ get, set, remove, atomicity: "galaxy" });
  // @ts-expect-error nothing else can be supplied
  KeyValueStore.make({ get, set, remove, deleteAll: () => {} });
  // @ts-expect-error an implementation is needed
  KeyValueStore.make();
}
