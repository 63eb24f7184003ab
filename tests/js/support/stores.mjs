// Implementations of a user's own, for KeyValueStore.make.

const copied = (value) => (value instanceof Uint8Array ? value.slice() : value);
const same = (a, b) => a === b || (a instanceof Uint8Array && b instanceof Uint8Array && String(a) === String(b));

/** A Map that keeps text and bytes, and answers at once. */
export function mapStore(map = new Map()) {
  return {
    get: (key) => map.get(key),
    set: (key, value) => map.set(key, copied(value)),
    remove: (key) => map.delete(key),
    keys: () => map.keys(),
    getUint8Array: (key) => map.get(key),
  };
}

/** The same, with promises that take their time: another one for every call. */
export function slowStore(map = new Map()) {
  const store = mapStore(map);
  let calls = 0;
  const pause = async () => {
    calls += 1;
    if (calls % 97 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    for (let waits = (calls * 7) % 4; waits > 0; waits--) await null;
  };
  const slowly = (method) => async (key, value) => {
    await pause();
    const result = method(key, value);
    await pause();
    return result;
  };
  return Object.fromEntries(Object.entries(store).map(([name, method]) => [name, slowly(method)]));
}

/** The same, with an atomic swap. */
export function swappingStore(map = new Map()) {
  const store = slowStore(map);
  return {
    ...store,
    atomicity: "store",
    async swap(key, expected, next) {
      await null;
      if (!same(map.get(key), expected)) return false;
      if (next === undefined) map.delete(key);
      else map.set(key, copied(next));
      await null;
      return true;
    },
  };
}

/** A Map that keeps text alone. */
export function textStore(map = new Map()) {
  return {
    async get(key) {
      return map.get(key) ?? null;
    },
    async set(key, value) {
      if (typeof value !== "string") throw new Error(`a text store was given ${typeof value}`);
      map.set(key, value);
    },
    async remove(key) {
      map.delete(key);
    },
    async keys() {
      return [...map.keys()];
    },
  };
}
