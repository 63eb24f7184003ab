// The least that it can cost: a Map in an async function, and JSON where texts are kept.
import { hits, keyOf, lookup, misses, stored, user } from "../workload.mjs";

function opened({ encode, decode }) {
  const map = new Map();
  return async (key) => {
    const found = map.get(key);
    if (found !== undefined) return decode(found);
    const value = await lookup(key);
    map.set(key, encode(value));
    return value;
  };
}

const same = (value) => value;
const values = { encode: same, decode: same };
const texts = { encode: JSON.stringify, decode: JSON.parse };

export const hit = () => hits(keyOf, opened(values));
export const persisted = () => hits(keyOf, opened(texts));
export const miss = () => misses(keyOf, () => opened(texts));

export function store() {
  const map = new Map();
  return stored(keyOf, {
    get: async (key) => JSON.parse(map.get(key)),
    set: async (key) => void map.set(key, JSON.stringify(user)),
    getMany: async (keys) => keys.map((key) => JSON.parse(map.get(key))),
  });
}
