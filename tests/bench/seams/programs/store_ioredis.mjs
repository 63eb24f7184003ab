import { KeyValueStore } from "../../../../dist/index.js";
import { stored } from "../loops.mjs";
import { ioredis } from "../redis.mjs";
import { bare, unheard } from "../redis_stores.mjs";

export async function contenders({ redis: port }) {
  const { client, host, redis } = ioredis(port);
  return {
    durastate: await stored(KeyValueStore.redis(redis, { prefix: "told:" })),
    unheard: await stored(KeyValueStore.redis(unheard(host), { prefix: "mute:" })),
    bare: await stored(bare(client, "bare:")),
  };
}
