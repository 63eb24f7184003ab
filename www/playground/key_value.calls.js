import { KeyValueStore } from "../dist/index.js";

const store = KeyValueStore.localStorage();
const kv = store.prefix("playground:");
const numbers = kv.json();

export const set = (key, value) => kv.set(key, value);
export const remove = (key) => kv.remove(key);
export const clear = () => kv.clear();
export const watch = (told) => kv.watch(undefined, told);

export async function count() {
  if (!(await kv.has("count"))) await numbers.set("count", 0);
  return numbers.modify("count", (n) => n + 1);
}

export async function entries() {
  const pair = async (key) => [key, await kv.get(key)];
  return Promise.all((await kv.keys()).map(pair));
}
