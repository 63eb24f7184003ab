import { gets } from "../loops.mjs";
import { fill, ioredis } from "../redis.mjs";

export async function contenders({ redis: port }) {
  const opened = ioredis(port);
  await fill(opened);
  const { client, redis } = opened;
  return {
    durastate: await gets((key) => redis.send("GET", key)),
    call: await gets((key) => client.call("GET", key)),
    get: await gets((key) => client.get(key)),
  };
}
