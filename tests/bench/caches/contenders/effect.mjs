import { Effect, Exit, Layer, Schema, Scope } from "effect";
import { Persistable, PersistedCache, Persistence } from "effect/persistence";
import { all, assertUser, CAPACITY, CROWD, HOUR, MISSES, place, user } from "../workload.mjs";

const User = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  email: Schema.String,
  city: Schema.String,
  active: Schema.Boolean,
});
class GetUser extends Persistable.Class()("GetUser", {
  primaryKey: ({ id }) => `user:${id}`,
  success: User,
}) {}
const made = (id) => new GetUser({ id });

const succeeded = Effect.succeed(user);
const ttl = () => HOUR;
const now = () => 0;

/** A cache of a scope of its own; and how to leave it behind. */
const openCache = (inMemoryTTL, inMemoryCapacity) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make();
    const context = yield* Layer.buildWithScope(Persistence.layerMemory, scope);
    const options = { storeId: "users", timeToLive: ttl, inMemoryTTL, inMemoryCapacity };
    const cache = yield* PersistedCache.make(() => succeeded, options).pipe(
      Effect.provide(context),
      Scope.provide(scope),
    );
    return { cache, close: Scope.close(scope, Exit.void) };
  });

/** Steps in Effect: loops that never leave it, the best that a program can get that is written in it; or `each` call is run. */
function looped(steps, how) {
  const loop = (step) => {
    let call = 0;
    const inside = (n) =>
      Effect.runPromise(
        Effect.gen(function* () {
          for (const end = call + n; call < end; call++) yield* step(call);
        }),
      );
    const each = async (n) => {
      for (const end = call + n; call < end; call++) await Effect.runPromise(step(call));
    };
    return how === "each" ? each : inside;
  };
  return Object.fromEntries(Object.entries(steps).map(([column, step]) => [column, loop(step)]));
}

const crowded = (steps, how) => {
  const found = looped(steps, how);
  for (const [column, loop] of Object.entries(found)) found[column] = (n) => loop(Math.ceil(n / CROWD));
  return found;
};

async function hits(inMemoryTTL, how) {
  const { cache } = await Effect.runPromise(openCache(inMemoryTTL, CAPACITY));
  const requests = all(made);
  for (const request of requests) await Effect.runPromise(cache.get(request));
  assertUser(await Effect.runPromise(cache.get(made(1))));
  const steps = {
    "the same request again": (call) => cache.get(requests[place(call)]),
    "a new request each time": (call) => cache.get(made(place(call))),
  };
  return looped(steps, how);
}

export const hit = (how) => hits(ttl, how);
export const persisted = (how) => hits(now, how);

export async function miss(how) {
  let { cache, close } = await Effect.runPromise(openCache(ttl, MISSES));
  assertUser(await Effect.runPromise(cache.get(made(0))));
  const next = (step) => (call) =>
    call % MISSES === 0
      ? Effect.gen(function* () {
          yield* close;
          ({ cache, close } = yield* openCache(ttl, MISSES));
          return yield* step(call);
        })
      : step(call);
  const crowd = (call) =>
    Effect.all(
      Array.from({ length: CROWD }, () => cache.get(made(call))),
      { concurrency: "unbounded" },
    );
  return {
    ...looped({ "one after another": next((call) => cache.get(made(call))) }, how),
    ...crowded({ "100 at once for each key": next(crowd) }, how),
  };
}

export async function store(how) {
  const scope = await Effect.runPromise(Scope.make());
  const context = await Effect.runPromise(Layer.buildWithScope(Persistence.layerMemory, scope));
  const opened = Effect.gen(function* () {
    const persistence = yield* Persistence.Persistence;
    return yield* persistence.make({ storeId: "users", timeToLive: ttl });
  });
  const kept = await Effect.runPromise(opened.pipe(Effect.provide(context), Scope.provide(scope)));
  const exit = Exit.succeed(user);
  const requests = all(made);
  for (const request of requests) await Effect.runPromise(kept.set(request, exit));
  assertUser((await Effect.runPromise(kept.get(made(1)))).value);
  const request = how === "reused" ? (id) => requests[id] : made;
  const many = (call) => Array.from({ length: CROWD }, (_, i) => request(place(call * CROWD + i)));
  return {
    ...looped({
      get: (call) => kept.get(request(place(call))),
      set: (call) => kept.set(request(place(call)), exit),
    }),
    ...crowded({ "getMany of 100, each": (call) => kept.getMany(many(call)) }),
  };
}
