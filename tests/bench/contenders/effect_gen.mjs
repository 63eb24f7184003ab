import { Effect } from "effect";
import { KeyValueStore } from "effect/persistence";
import { opened } from "./effect.mjs";

export const memory = async (entries) => inside(await opened(KeyValueStore.layerMemory), entries);

export const storage = async (entries, storage) =>
  inside(await opened(KeyValueStore.layerStorage(() => storage)), entries);

/** Loops that never leave Effect: the best that a program can get that is written in it as a whole. */
function inside(store, { key, value }) {
  let call = 0;
  const loop = (step) => (n) =>
    Effect.runPromise(
      Effect.gen(function* () {
        for (const end = call + n; call < end; call++) yield* step();
      }),
    );
  return {
    get: loop(() => store.get(key(call))),
    set: loop(() => store.set(key(call), value(call))),
    has: loop(() => store.has(key(call))),
  };
}
