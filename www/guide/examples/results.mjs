import { Codec, Exit, Persistable, Persistence, Redis } from "durastate";
import { fromIoredis } from "durastate/redis/ioredis";
import { Redis as Client } from "ioredis";

const GetUser = Persistable.make("GetUser", {
  primaryKey: ({ id }) => `user:${id}`,
  success: Codec.struct({ id: Codec.int, name: Codec.string }),
});
const client = new Client(process.env.REDIS_URL, { autoResendUnfulfilledCommands: false });

const persistence = Persistence.redis(Redis.make(fromIoredis(client)));
const store = await persistence.make({ storeId: "users", timeToLive: "10 minutes" });

await store.set(GetUser({ id: 1 }), Exit.succeed({ id: 1, name: "Ada" }));
console.log(await client.get("users:user:1")); // {"_tag":"Success","value":{"id":1,"name":"Ada"}}

await store.clear();
client.disconnect();
