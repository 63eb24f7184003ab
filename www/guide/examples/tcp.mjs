import { Redis } from "durastate";
import { connect } from "durastate/redis/tcp";

const client = await connect({ url: process.env.REDIS_URL });
const redis = Redis.make(client);
console.log(await redis.send("PING")); // PONG
await client.close();
