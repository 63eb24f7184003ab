import {
  Codec,
  type Exit,
  Persistable,
  PersistedCache,
  type PersistedCacheOptions,
  type PersistedCacheStats,
  type Persistence,
} from "durastate";
import { type Equal, is } from "./equal.js";

const User = Codec.struct({ id: Codec.int, name: Codec.string });
type User = Codec.Infer<typeof User>;
const NotFound = Codec.struct({ _tag: Codec.literal("NotFound") });
type NotFound = Codec.Infer<typeof NotFound>;

const GetUser = Persistable.make("GetUser", {
  primaryKey: ({ id }: { id: number }) => `user:${id}`,
  success: User,
  error: NotFound,
});
const GetName = Persistable.make("GetName", {
  primaryKey: ({ id }: { id: number }) => `name:${id}`,
  success: Codec.string,
});
type GetUser = ReturnType<typeof GetUser>;
type GetName = ReturnType<typeof GetName>;

declare const persistence: Persistence;

export async function caches(signal: AbortSignal): Promise<void> {
  const cache = await PersistedCache.make({
    persistence,
    storeId: "users",
    lookup: async (key: GetUser, { signal }) => {
      is<Equal<typeof signal, AbortSignal>>();
      return { id: key.id, name: "" };
    },
    timeToLive: (exit, key) => {
      is<Equal<typeof exit, Exit<User, NotFound>>>();
      is<Equal<typeof key.id, number>>();
      return exit._tag === "Success" ? "1 hour" : { minutes: 1 };
    },
    inMemoryCapacity: 10_000,
    inMemoryTTL: "5 seconds",
    inMemoryWeight: (user, key) => user.name.length + key.id,
    tags: (key) => [`user:${key.id}`],
    singleFlight: "process",
    earlyRefresh: 0.9,
    onError: (error) => error.message,
  });
  is<Equal<typeof cache, PersistedCache<GetUser>>>();
  const user = await cache.get(GetUser({ id: 1 }), { signal });
  is<Equal<typeof user, User>>();
  const users = await cache.getMany(new Set([GetUser({ id: 1 })]));
  is<Equal<typeof users, User[]>>();
  const fresh = await cache.refresh(GetUser({ id: 1 }));
  is<Equal<typeof fresh, User>>();
  await cache.set(GetUser({ id: 1 }), user);
  await cache.invalidate(GetUser({ id: 1 }));
  await cache.invalidateTag("users");
  const stats = cache.stats();
  is<Equal<typeof stats, PersistedCacheStats>>();
  const scoped = cache.withContext({ waitUntil() {} });
  is<Equal<typeof scoped, typeof cache>>();
  await using disposed = cache;
  await disposed.close();

  // @ts-expect-error: another kind of request
  await cache.get(GetName({ id: 1 }));
  // @ts-expect-error: another kind of value
  await cache.set(GetUser({ id: 1 }), "Ada");
  // @ts-expect-error: a plain object is no request
  await cache.get({ id: 1 });
}

export async function severalKinds(): Promise<void> {
  const cache = await PersistedCache.make({
    persistence,
    storeId: "both",
    timeToLive: "1 hour",
    lookup: (key: GetUser | GetName) => (key._tag === "GetUser" ? { id: key.id, name: "" } : "Ada"),
  });
  const user = await cache.get(GetUser({ id: 1 }));
  is<Equal<typeof user, User>>();
  const name = await cache.get(GetName({ id: 1 }));
  is<Equal<typeof name, string>>();
}

export function refused(): void {
  const options = { persistence, storeId: "users", timeToLive: "1 hour" } as const;
  // @ts-expect-error: there is no lookup
  PersistedCache.make(options);
  // @ts-expect-error: a lookup gives what the request's schema describes
  PersistedCache.make({ ...options, lookup: (_: GetUser) => "Ada" });
  // @ts-expect-error: no duration
  PersistedCache.make({ ...options, timeToLive: "soon", lookup: (key: GetUser) => ({ id: key.id, name: "" }) });
  // @ts-expect-error: no way to share a lookup
  PersistedCache.make({ ...options, singleFlight: "thread", lookup: (key: GetUser) => ({ id: key.id, name: "" }) });
}

/** A function that is written for any kind of request. */
export function cacheOf(
  options: Omit<PersistedCacheOptions<GetUser>, "persistence">,
): Promise<PersistedCache<GetUser>> {
  return PersistedCache.make({ ...options, persistence });
}
