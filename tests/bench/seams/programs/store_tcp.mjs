import { KeyValueStore } from "../../../../dist/index.js";
import { stored } from "../loops.mjs";
import { ioredis, tcp } from "../redis.mjs";
import { bare, unheard } from "../redis_stores.mjs";

export async function contenders({ redis: port }) {
  const { host, redis } = await tcp(port);
  return {
    durastate: await stored(KeyValueStore.redis(redis, { prefix: "told:" })),
    unheard: await stored(KeyValueStore.redis(unheard(host), { prefix: "mute:" })),
    bare: await stored(bare(ioredis(port).client, "bare:")),
  };
}
