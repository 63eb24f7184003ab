// Redis as its clients and durastate give it.
import { Redis } from "../../../dist/index.js";
import { fromIoredis } from "../../../dist/redis/ioredis.js";
import { fromNodeRedis } from "../../../dist/redis/node-redis.js";
import { connect } from "../../../dist/redis/tcp.js";
import { createClient, IoRedis } from "../../js/clients/redis.mjs";
import { work } from "./loops.mjs";

/** A client of ioredis, and durastate over it. */
export function ioredis(port, options = {}) {
  const client = new IoRedis({ host: "127.0.0.1", port, ...options });
  const host = fromIoredis(client);
  return { client, host, redis: Redis.make(host) };
}

/** The same of node-redis. */
export async function nodeRedis(port) {
  const client = createClient({ socket: { host: "127.0.0.1", port } });
  await client.connect();
  return { client, redis: Redis.make(fromNodeRedis(client)) };
}

/** durastate over its own client. */
export async function tcp(port) {
  const host = await connect({ port });
  return { host, redis: Redis.make(host) };
}

/** Puts every value where gets look for it. */
export async function fill({ redis }) {
  for (let place = 0; place < work.count; place++) await redis.send("SET", work.key(place), work.value(place));
}
