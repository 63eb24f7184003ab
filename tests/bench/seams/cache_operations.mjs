// The operations of stores of results and of caches over them, in an order in which each finds what it needs.

const MANY = Array.from({ length: 100 }, (_, place) => 1000 + place);
const MORE = Array.from({ length: 1000 }, (_, place) => 2000 + place);

/** On a store { get(id), getMany(ids), set(id), setMany(ids), remove(id), clear() }. */
export const ofStores = {
  get: { prepare: (store) => store.set(1), run: (store) => store.get(1) },
  "100 gets at once": { prepare: (store) => store.setMany(MANY), run: ({ get }) => Promise.all(MANY.map(get)) },
  "getMany of 100": { run: (store) => store.getMany(MANY) },
  set: { run: (store) => store.set(1) },
  "setMany of 100": { run: (store) => store.setMany(MANY) },
  remove: { run: (store) => store.remove(1) },
  "clear of 1,000": {
    async prepare(store) {
      await store.clear();
      await store.setMany(MORE);
    },
    run: (store) => store.clear(),
  },
};

/**
 * On { cache, store, leave() }, a cache { get(id), getMany(ids), invalidate(id) } over such a store; `leave` begins with
 * another one, whose memory is empty.
 */
export const ofCaches = {
  "first miss": { run: ({ cache }) => cache.get(1) },
  miss: { run: ({ cache }) => cache.get(2) },
  "miss for 100 at once": { run: ({ cache }) => Promise.all(MANY.map(() => cache.get(3))) },
  "hit in memory": { run: ({ cache }) => cache.get(3) },
  "hit in Redis": { prepare: (opened) => opened.leave(), run: ({ cache }) => cache.get(3) },
  "getMany of 100, nothing there": { run: ({ cache }) => cache.getMany(MANY) },
  "getMany of 100, all in Redis": { prepare: (opened) => opened.leave(), run: ({ cache }) => cache.getMany(MANY) },
  invalidate: { run: ({ cache }) => cache.invalidate(3) },
};
