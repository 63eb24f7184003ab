// What every contender does: the same keys and values, in the same order, one awaited before the next begins.

/** Keys of 20 characters and values of 100 bytes; `count` is a power of two. */
export function entries(count) {
  const keys = Array.from({ length: count }, (_, place) => `user:session:${String(place).padStart(7, "0")}`);
  const values = keys.map((key) => key.padEnd(100, "."));
  const last = count - 1;
  return {
    count,
    key: (call) => keys[call & last],
    // another one in each round over the keys: a store may leave out a write that changes nothing
    value: (call) => values[(call + ((call / count) | 0)) & last],
  };
}

/** Loops over a store of the shape { get(key), set(key, value), has(key) }, each of which may give a promise. */
export function awaited(store, { key, value }) {
  let call = 0;
  return {
    async get(n) {
      for (const end = call + n; call < end; call++) await store.get(key(call));
    },
    async set(n) {
      for (const end = call + n; call < end; call++) await store.set(key(call), value(call));
    },
    async has(n) {
      for (const end = call + n; call < end; call++) await store.has(key(call));
    },
  };
}

/** The same without promises; what was found is counted, or nobody would need to look for it. */
export function synchronous(store, { key, value }) {
  let call = 0;
  let found = 0;
  return {
    get(n) {
      for (const end = call + n; call < end; call++) found += store.get(key(call)).length;
      return found;
    },
    set(n) {
      for (const end = call + n; call < end; call++) store.set(key(call), value(call));
    },
    has(n) {
      for (const end = call + n; call < end; call++) found += store.has(key(call)) ? 1 : 0;
      return found;
    },
  };
}

/** Has the methods of a Web Storage and costs next to nothing, so that what is measured is what lies above it. */
export class FakeStorage {
  #texts = new Map();

  get length() {
    return this.#texts.size;
  }

  key(place) {
    return [...this.#texts.keys()][place] ?? null;
  }

  getItem(key) {
    return this.#texts.get(key) ?? null;
  }

  setItem(key, text) {
    this.#texts.set(key, text);
  }

  removeItem(key) {
    this.#texts.delete(key);
  }

  clear() {
    this.#texts.clear();
  }
}
