// What every runtime and bundler has to be able to run: throws, or resolves with "ok".
export async function program({ KeyValueStore, KeyValueStoreError }) {
  await useStore(KeyValueStore.memory());
  await useStore(KeyValueStore.make(asyncStore()));
  if (hasLocalStorage()) await useStore(KeyValueStore.localStorage());
  await failOnPurpose(KeyValueStore, KeyValueStoreError);
  return "ok";
}

async function useStore(store) {
  await store.clear();
  await store.set("greeting", "grüß dich");
  same(await store.get("greeting"), "grüß dich", "get");
  same(await store.get("missing"), undefined, "get of a missing key");

  await store.set("bytes", new Uint8Array([0, 127, 255]));
  same([...(await store.getUint8Array("bytes"))].join(), "0,127,255", "bytes");
  same(await store.get("bytes"), "AH//", "bytes as text");

  same(await store.modify("greeting", (text) => `${text}!`), "grüß dich!", "modify");
  same(await store.modify("missing", () => "never"), undefined, "modify of a missing key");

  const view = store.prefix("view:");
  await view.set("inside", "1");
  same((await store.keys()).sort().join(), "bytes,greeting,view:inside", "keys");
  same((await view.keys()).join(), "inside", "keys of a view");
  await view.clear();
  same(await store.size(), 2, "size after clearing a view");
  await store.clear();
  same(await store.size(), 0, "size after clearing");
}

/** One whose every answer has to be waited for. */
function asyncStore() {
  const map = new Map();
  const later = () => new Promise((resolve) => setTimeout(resolve, 1));
  return {
    get: async (key) => {
      await later();
      return map.get(key);
    },
    set: async (key, value) => {
      await later();
      map.set(key, value);
    },
    remove: async (key) => {
      await later();
      map.delete(key);
    },
    keys: async () => {
      await later();
      return map.keys();
    },
  };
}

async function failOnPurpose(KeyValueStore, KeyValueStoreError) {
  const broken = () => Promise.reject(new Error("disk full"));
  const store = KeyValueStore.make({ get: broken, set: broken, remove: broken, keys: broken });
  for (const [method, attempt] of [
    ["get", () => store.get("a")],
    ["size", () => store.size()],
  ]) {
    const error = await attempt().catch((thrown) => thrown);
    same(error instanceof KeyValueStoreError, true, `${method} rejects with a KeyValueStoreError, not with ${error}`);
    same(error.name, "KeyValueStoreError", "name of the error");
    same(error.method, method, "method of the error");
    same(error.cause?.message, "disk full", "cause of the error");
  }
}

/** Node warns when somebody asks it for one without giving it a file. */
function hasLocalStorage() {
  return typeof document === "object" || typeof Deno === "object";
}

function same(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
}
