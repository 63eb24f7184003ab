import { equal } from "../../support/assert.mjs";
import { recorder } from "../../support/reported.mjs";

/** What durastate itself keeps beside the user's entries. */
const RESERVED = "durastate:lock:a";

async function filled(open, ...keys) {
  const kv = await open();
  for (const key of keys) await kv.set(key, `value of ${key}`);
  return kv;
}

export function reserved({ test, open, traits }) {
  test("what durastate itself keeps there is nobody's news", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stop = kv.watch(undefined, listener);
    await kv.set("durastate:lock:a", "1");
    equal(told, []);
    stop();
  });

  if (!traits.lists) return;

  test("clearPrefix of nothing passes over what durastate itself keeps there", async () => {
    const kv = await filled(open, "a", "b", RESERVED);
    await kv.clearPrefix("");
    equal(await kv.isEmpty(), true);
    equal(await kv.get(RESERVED), `value of ${RESERVED}`);
  });

  test("keys, size, isEmpty and clear pass over what durastate itself keeps there", async () => {
    const kv = await filled(open, RESERVED, "a");
    equal(await kv.keys(), ["a"]);
    equal(await kv.size(), 1);
    await kv.clear();
    equal(await kv.isEmpty(), true);
    equal(await kv.keys(), []);
    equal(await kv.size(), 0);
    equal(await kv.get(RESERVED), `value of ${RESERVED}`);
  });

  test("clearPrefix passes over what durastate itself keeps there", async () => {
    const kv = await filled(open, RESERVED, "dura", "durastate");
    for (const prefix of ["dura", "durastate", "durastate:", RESERVED]) {
      await kv.clearPrefix(prefix);
      equal(await kv.get(RESERVED), `value of ${RESERVED}`, prefix);
    }
    equal(await kv.has("dura"), false);
    equal(await kv.has("durastate"), false);
  });

  test("a view whose prefix begins the reserved one passes over it too", async () => {
    const kv = await filled(open, RESERVED);
    for (const prefix of ["d", "durastate", "durastate:"]) {
      const view = kv.prefix(prefix);
      equal(await view.keys(), [], prefix);
      equal(await view.isEmpty(), true, prefix);
      await view.clear();
      equal(await kv.get(RESERVED), `value of ${RESERVED}`, prefix);
    }
  });
}
