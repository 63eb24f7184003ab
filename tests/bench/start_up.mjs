// node start_up.mjs <contender>: imports it, sets and gets one key in memory, and prints what that took as JSON.

const firstCalls = {
  async durastate() {
    const { KeyValueStore } = await import("../../dist/index.js");
    const store = KeyValueStore.memory();
    await store.set("key", "value");
    return store.get("key");
  },
  async effect() {
    const { Effect } = await import("effect");
    const { KeyValueStore } = await import("effect/persistence");
    const program = Effect.gen(function* () {
      const store = yield* KeyValueStore.KeyValueStore;
      yield* store.set("key", "value");
      return yield* store.get("key");
    });
    return Effect.runPromise(Effect.provide(program, KeyValueStore.layerMemory));
  },
  async keyv() {
    const { default: Keyv } = await import("keyv");
    const store = new Keyv();
    await store.set("key", "value");
    return store.get("key");
  },
  async unstorage() {
    const { createStorage } = await import("unstorage");
    const store = createStorage();
    await store.setItem("key", "value");
    return store.getItem("key");
  },
  async nothing() {
    await import("data:text/javascript,");
    return "value";
  },
};

const firstCall = firstCalls[process.argv[2]];
const began = performance.now();
const before = process.cpuUsage();
const found = await firstCall();
const { user, system } = process.cpuUsage(before);
const wall = performance.now() - began;
if (found !== "value") throw new Error(`the first call gave ${found}`);
console.log(JSON.stringify({ cpu: (user + system) / 1000, wall }));
