// What contenders of the seams do, on top of what all contenders do.
import assert from "node:assert/strict";
import { awaited, entries } from "../workload.mjs";

export const work = entries(1024);

/** How many calls are under way at once. */
const CROWD = 100;

/** Loops over a function that gives the value of a key, which is there already. */
export async function gets(get) {
  await assertThere(get);
  let call = 0;
  const next = () => get(work.key(call++));
  return {
    async "one after another"(n) {
      for (let done = 0; done < n; done++) await next();
    },
    async "100 at once"(n) {
      for (let done = 0; done < n; done += CROWD) await Promise.all(Array.from({ length: CROWD }, next));
    },
  };
}

/** Loops over a store { get(key), set(key, value), modify(key, change) }, in which every value is there then. */
export async function stored(store) {
  for (let place = 0; place < work.count; place++) await store.set(work.key(place), work.value(place));
  await assertThere(store.get.bind(store));
  const { get, set } = awaited(store, work);
  let call = 0;
  return {
    get,
    set,
    async modify(n) {
      for (const end = call + n; call < end; call++) await store.modify(work.key(call), other);
    },
  };
}

/** Another text of the same length. */
const other = (text) => text.slice(1) + text[0];

/** Whoever finds nothing would be the fastest. */
async function assertThere(get) {
  const last = work.count - 1;
  assert.equal(await get(work.key(last)), work.value(last));
}
