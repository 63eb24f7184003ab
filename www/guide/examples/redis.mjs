import { KeyValueStore, Redis } from "durastate";
import { fromIoredis } from "durastate/redis/ioredis";
import { Redis as Client } from "ioredis";

const client = new Client(process.env.REDIS_URL, { autoResendUnfulfilledCommands: false });
const redis = Redis.make(fromIoredis(client));

const kv = KeyValueStore.redis(redis, { prefix: "app:" });
await kv.set("visits", "41");
console.log(await kv.modify("visits", (text) => String(Number(text) + 1))); // 42
console.log(await redis.send("GET", "app:visits")); // 42

const incrBy = Redis.script((key, amount) => [key, amount], {
  lua: `return redis.call("INCRBY", KEYS[1], ARGV[1])`,
  numberOfKeys: 1,
}).withReturnType();
console.log(await redis.eval(incrBy)("app:visits", 8)); // 50

await kv.clear();
client.disconnect();
