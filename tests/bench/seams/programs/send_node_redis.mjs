import { gets } from "../loops.mjs";
import { fill, nodeRedis } from "../redis.mjs";

export async function contenders({ redis: port }) {
  const opened = await nodeRedis(port);
  await fill(opened);
  const { client, redis } = opened;
  return {
    durastate: await gets((key) => redis.send("GET", key)),
    sendCommand: await gets((key) => client.sendCommand(["GET", key])),
    get: await gets((key) => client.get(key)),
  };
}
