// Effect's own Persistence and PersistedCache, with promises in the place of effects and exits as durastate has them.
import {
  Cause,
  Effect,
  EffectExit,
  EffectKeyValueStore,
  EffectPersistable,
  EffectPersistedCache,
  EffectPersistence,
  EffectScope,
  Layer,
  ManagedRuntime,
  NodeRedis,
  Schema,
} from "../../clients/effect.mjs";
import { fileSystemLayer } from "./effect_stores.mjs";

/** The requests that both sides know; these are Effect's. */
export const effectRequests = {
  Plain: class extends EffectPersistable.Class()("Plain", {
    primaryKey: ({ id }) => id,
    success: Schema.Struct({
      n: Schema.Number,
      at: Schema.Date,
      big: Schema.BigInt,
      bytes: Schema.Uint8Array,
      maybe: Schema.optional(Schema.String),
    }),
    error: Schema.Struct({ _tag: Schema.Literal("NotFound"), what: Schema.String }),
  }) {},
  Nothing: class extends EffectPersistable.Class()("Nothing", { primaryKey: ({ id }) => id }) {},
};

const over = {
  redis: (port) =>
    EffectPersistence.layerRedis.pipe(Layer.provide(NodeRedis.layer({ socket: { host: "127.0.0.1", port } }))),
  sql: (client) => EffectPersistence.layerSql.pipe(Layer.provide(client)),
  sqlMultiTable: (client) => EffectPersistence.layerSqlMultiTable.pipe(Layer.provide(client)),
  files: (directory) => EffectPersistence.layerKvs.pipe(Layer.provide(fileSystemLayer(directory))),
  storage: (storage) => EffectPersistence.layerKvs.pipe(Layer.provide(EffectKeyValueStore.layerStorage(() => storage))),
};

/** Opens Effect's Persistence over a place: `{ make({ storeId, timeToLive }), cache(options), close() }`. */
export async function effectPersistence(kind, place) {
  const runtime = ManagedRuntime.make(over[kind](place));
  const scope = await Effect.runPromise(EffectScope.make());
  const run = (effect) => runtime.runPromise(effect);
  const persistence = await run(EffectPersistence.Persistence);
  return {
    async make(options) {
      const store = await run(persistence.make(options).pipe(EffectScope.provide(scope)));
      return {
        get: async (key) => ours(await run(store.get(key))),
        getMany: async (keys) => (await run(store.getMany(keys))).map(ours),
        set: (key, exit) => run(store.set(key, theirs(exit))),
        setMany: (entries) => run(store.setMany(entries.map(([key, exit]) => [key, theirs(exit)]))),
        remove: (key) => run(store.remove(key)),
        clear: () => run(store.clear),
      };
    },
    /** A cache whose lookup is given, and gives, what one of durastate does; `get` gives the exit. */
    async cache({ lookup, ...options }) {
      const looked = (key) =>
        Effect.flatMap(
          Effect.promise(async () => lookup(key)),
          (exit) => theirs(exit),
        );
      const made = EffectPersistedCache.make(looked, options).pipe(EffectScope.provide(scope));
      const cache = await run(made);
      return {
        get: async (key) => ours(await runtime.runPromiseExit(cache.get(key))),
        invalidate: (key) => run(cache.invalidate(key)),
      };
    },
    async close() {
      await Effect.runPromise(EffectScope.close(scope, EffectExit.void));
      await runtime.dispose();
    },
  };
}

/** One of Effect's exits, as durastate has them. */
function ours(exit) {
  if (exit === undefined || exit._tag === "Success") return exit && { _tag: "Success", value: exit.value };
  const cause = exit.cause.reasons.map(({ _tag, error, defect, fiberId }) => {
    if (_tag === "Fail") return { _tag, error };
    return _tag === "Die" ? { _tag, defect } : { _tag, fiberId };
  });
  return { _tag: "Failure", cause };
}

const reasons = {
  Fail: ({ error }) => Cause.makeFailReason(error),
  Die: ({ defect }) => Cause.makeDieReason(defect),
  Interrupt: ({ fiberId }) => Cause.makeInterruptReason(fiberId),
};

/** One of durastate's exits, as Effect has them. */
function theirs(exit) {
  if (exit._tag === "Success") return EffectExit.succeed(exit.value);
  return EffectExit.failCause(Cause.fromReasons(exit.cause.map((reason) => reasons[reason._tag](reason))));
}
