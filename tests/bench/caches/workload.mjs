// What all contenders do: they keep the same user under many keys, and each call is awaited before the next.
import assert from "node:assert/strict";

/** How many keys there are to hit; a power of two. */
export const COUNT = 1024;
/** How many entries a memory tier may hold. */
export const CAPACITY = 2 * COUNT;
/** How many misses one cache sees, before it makes way for an empty one: it would grow without end. */
export const MISSES = 8192;
/** How many calls are under way at once, and how many keys one call names. */
export const CROWD = 100;

export const HOUR = 3_600_000;

export const user = { id: 7, name: "Ada Lovelace", email: "ada@example.com", city: "London", active: true };

/** The lookup of every cache. */
export const lookup = async () => user;

/** The key of a user, as a program makes it of what it knows. */
export const keyOf = (id) => `user:${id}`;

const last = COUNT - 1;
/** Which of the keys that are there a call is about. */
export const place = (call) => call & last;

/** As many requests as there are keys. */
export const all = (make) => Array.from({ length: COUNT }, (_, id) => make(id));

/** Whoever finds nothing would be the fastest. */
export function assertUser(found) {
  assert.deepEqual({ ...found }, user);
}

/** Steps that give promises, as loops; each step is one call. */
export function loops(steps) {
  const loop = (step) => {
    let call = 0;
    return async (n) => {
      for (const end = call + n; call < end; call++) await step(call);
    };
  };
  return Object.fromEntries(Object.entries(steps).map(([column, step]) => [column, loop(step)]));
}

/** The same for steps that count as so many calls each. */
export function loopsOf(calls, steps) {
  const found = loops(steps);
  for (const [column, loop] of Object.entries(found)) found[column] = (n) => loop(Math.ceil(n / calls));
  return found;
}

/** The same without promises; what was found is counted, or nobody would need to look for it. */
export function synchronousLoops(steps) {
  const loop = (step) => {
    let call = 0;
    let found = 0;
    return (n) => {
      for (const end = call + n; call < end; call++) found += step(call).id;
      return found;
    };
  };
  return Object.fromEntries(Object.entries(steps).map(([column, step]) => [column, loop(step)]));
}

/** Loops over a cache that is full: `get` of what `make` makes of the number of a user. */
export async function hits(make, get, looped = loops) {
  const made = all(make);
  for (const request of made) await get(request);
  assertUser(await get(make(1)));
  return looped({
    "the same request again": (call) => get(made[place(call)]),
    "a new request each time": (call) => get(make(place(call))),
  });
}

/** Loops over caches in which nothing is found; `open` gives one's `get`. */
export async function misses(make, open) {
  let get = await open();
  assertUser(await get(make(0)));
  const next = (step) => async (call) => {
    if (call % MISSES === 0) get = await open();
    return step(call);
  };
  const crowd = (call) => Promise.all(Array.from({ length: CROWD }, () => get(make(call))));
  return {
    ...loops({ "one after another": next((call) => get(make(call))) }),
    ...loopsOf(CROWD, { "100 at once for each key": next(crowd) }),
  };
}

/** Loops over a store { get(request), set(request), getMany(requests) }, in which every user, or its exit, is there. */
export async function stored(make, { get, set, getMany }) {
  for (const request of all(make)) await set(request);
  const many = (call) => Array.from({ length: CROWD }, (_, i) => make(place(call * CROWD + i)));
  const found = await getMany(many(0));
  assert.equal(found.length, CROWD);
  for (const one of [await get(make(1)), found.at(-1)]) assertUser(one.value ?? one);
  return {
    ...loops({ get: (call) => get(make(place(call))), set: (call) => set(make(place(call))) }),
    ...loopsOf(CROWD, { "getMany of 100, each": (call) => getMany(many(call)) }),
  };
}
