// Stores of results and caches over them, with users under numbers, by durastate and by effect.
import { Effect, Exit, Layer, Schema, Scope } from "effect";
import { Persistable, PersistedCache, Persistence, Redis } from "effect/persistence";
import * as ours from "../../../dist/index.js";
import { HOUR, user } from "../caches/workload.mjs";

const { Codec } = ours;
const fields = { id: Codec.int, name: Codec.string, email: Codec.string, city: Codec.string, active: Codec.boolean };
const primaryKey = ({ id }) => `user:${id}`;
const OurUser = ours.Persistable.make("GetUser", { primaryKey, success: Codec.struct(fields) });

/** durastate over this host. */
export async function durastate(host, options) {
  const persistence = ours.Persistence.redis(ours.Redis.make(host));
  const request = (id) => OurUser({ id });
  const exit = ours.Exit.succeed(user);
  const kept = await persistence.make({ storeId: "users", timeToLive: HOUR });
  const open = () =>
    ours.PersistedCache.make({
      persistence,
      storeId: "cached",
      lookup: async () => user,
      timeToLive: HOUR,
      inMemoryTTL: HOUR,
      // another than the time for which a claim is remembered: where the two end in one millisecond, a command is spared
      lease: "10 seconds",
      ...options,
    });
  let cache = await open();
  return {
    store: {
      get: (id) => kept.get(request(id)),
      getMany: (ids) => kept.getMany(ids.map(request)),
      set: (id) => kept.set(request(id), exit),
      setMany: (ids) => kept.setMany(ids.map((id) => [request(id), exit])),
      remove: (id) => kept.remove(request(id)),
      clear: () => kept.clear(),
    },
    cache: {
      get: (id) => cache.get(request(id)),
      getMany: (ids) => cache.getMany(ids.map(request)),
      invalidate: (id) => cache.invalidate(request(id)),
    },
    async leave() {
      await cache.close();
      cache = await open();
    },
    close: () => cache.close(),
  };
}

const User = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  email: Schema.String,
  city: Schema.String,
  active: Schema.Boolean,
});
class GetUser extends Persistable.Class()("GetUser", { primaryKey, success: User }) {}

/** Effect over the same. */
export async function effect(host) {
  const scope = await Effect.runPromise(Scope.make());
  const asked = (command, ...args) =>
    Effect.tryPromise({ try: () => host.send(command, ...args), catch: (cause) => new Redis.RedisError({ cause }) });
  const redis = Layer.effect(Redis.Redis)(
    Redis.make({ send: asked, subscribe: () => Effect.die("unused"), connect: Effect.die("unused") }),
  );
  const layer = Persistence.layerRedis.pipe(Layer.provide(redis));
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope));
  const run = (effect) => Effect.runPromise(effect.pipe(Effect.provide(context), Scope.provide(scope)));
  const timeToLive = () => HOUR;
  const request = (id) => new GetUser({ id });
  const exit = Exit.succeed(user);
  const persistence = await run(Persistence.Persistence);
  const kept = await run(persistence.make({ storeId: "users", timeToLive }));
  const open = () =>
    run(PersistedCache.make(() => Effect.succeed(user), { storeId: "cached", timeToLive, inMemoryTTL: timeToLive }));
  let cache = await open();
  return {
    store: {
      get: (id) => run(kept.get(request(id))),
      getMany: (ids) => run(kept.getMany(ids.map(request))),
      set: (id) => run(kept.set(request(id), exit)),
      setMany: (ids) => run(kept.setMany(ids.map((id) => [request(id), exit]))),
      remove: (id) => run(kept.remove(request(id))),
      clear: () => run(kept.clear),
    },
    cache: {
      get: (id) => run(cache.get(request(id))),
      // it has none of its own
      getMany: (ids) =>
        run(
          Effect.all(
            ids.map((id) => cache.get(request(id))),
            { concurrency: "unbounded" },
          ),
        ),
      invalidate: (id) => run(cache.invalidate(request(id))),
    },
    async leave() {
      cache = await open();
    },
    close: () => Effect.runPromise(Scope.close(scope, Exit.void)),
  };
}
