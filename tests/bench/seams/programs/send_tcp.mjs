import { gets } from "../loops.mjs";
import { fill, ioredis, nodeRedis, tcp } from "../redis.mjs";

export async function contenders({ redis: port }) {
  const opened = await tcp(port);
  await fill(opened);
  const { redis } = opened;
  const plain = ioredis(port).client;
  const collecting = ioredis(port, { enableAutoPipelining: true }).client;
  const { client } = await nodeRedis(port);
  return {
    durastate: await gets((key) => redis.send("GET", key)),
    collecting: await gets((key) => collecting.get(key)),
    ioredis: await gets((key) => plain.get(key)),
    nodeRedis: await gets((key) => client.get(key)),
  };
}
