import { Codec, Exit, Persistable, PersistedCache, Persistence } from "../../../../dist/index.js";
import { CAPACITY, HOUR, hits, lookup, MISSES, misses, stored, user } from "../workload.mjs";

const User = Codec.struct({
  id: Codec.int,
  name: Codec.string,
  email: Codec.string,
  city: Codec.string,
  active: Codec.boolean,
});
const GetUser = Persistable.make("GetUser", { primaryKey: ({ id }) => `user:${id}`, success: User });
const made = (id) => GetUser({ id });

/** A cache over a place of its own. */
async function opened(options) {
  const persistence = Persistence.memory();
  const cache = await PersistedCache.make({ persistence, storeId: "users", lookup, timeToLive: HOUR, ...options });
  return (request) => cache.get(request);
}

export const hit = async () => hits(made, await opened({ inMemoryTTL: HOUR, inMemoryCapacity: CAPACITY }));
export const persisted = async () => hits(made, await opened({ inMemoryTTL: 0 }));
export const miss = () => misses(made, () => opened({ inMemoryTTL: HOUR, inMemoryCapacity: MISSES }));

export async function store() {
  const kept = await Persistence.memory().make({ storeId: "users", timeToLive: HOUR });
  const exit = Exit.succeed(user);
  return stored(made, {
    get: (request) => kept.get(request),
    set: (request) => kept.set(request, exit),
    getMany: (requests) => kept.getMany(requests),
  });
}
