import { Codec, Persistable, PersistedCache, Persistence, Redis } from "durastate";
import { fromIoredis } from "durastate/redis/ioredis";
import { Redis as Client } from "ioredis";

const client = new Client(process.env.REDIS_URL, { autoResendUnfulfilledCommands: false });

const GetUser = Persistable.make("GetUser", {
  primaryKey: ({ id }) => `user:${id}`,
  success: Codec.struct({ id: Codec.int, name: Codec.string }),
});
const users = await PersistedCache.make({
  persistence: Persistence.redis(Redis.make(fromIoredis(client))),
  storeId: "users",
  lookup: async ({ id }) => ({ id, name: "Ada" }),
  timeToLive: "10 minutes",
});
console.log((await users.get(GetUser({ id: 1 }))).name); // Ada

await users.set(GetUser({ id: 1 }), { id: 1, name: "Ada Lovelace" });
console.log((await users.get(GetUser({ id: 1 }))).name); // Ada Lovelace

await users.invalidate(GetUser({ id: 1 }));
console.log((await users.get(GetUser({ id: 1 }))).name); // Ada

await users.close();
client.disconnect();
