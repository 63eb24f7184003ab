// The contract of the seam on Bun's RedisClient, run by Bun; ends with 1 when any of it fails.
import { RedisClient } from "bun";
import * as durastate from "durastate";
import { fromBun } from "durastate/redis/bun";
import { redisSeam } from "../contract/redis_seam.mjs";
import { startRedis } from "../support/redis_server.mjs";

const server = await startRedis();
const clients = [];

async function open() {
  const client = new RedisClient(server.url, { enableOfflineQueue: false, maxRetries: 1000 });
  clients.push(client);
  await client.connect();
  return { redis: durastate.Redis.make(fromBun(client)), server };
}

const tests = [];
const traits = {
  integers: "rounded",
  sendBytes: false,
  cause: (error) => error.code === "ERR_REDIS_SERVER_ERROR",
};
redisSeam({ test: (name, run) => tests.push([name, run]), durastate, open, traits });

for (const [name, run] of tests) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it did not end within a minute")), 60_000);
  });
  try {
    await Promise.race([run(), late]);
  } catch (error) {
    console.error(`${name}:`, error);
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
  }
}
for (const client of clients) client.close();
await server.stop();
if (!process.exitCode) console.log(`${tests.length} tests passed in Bun`);
process.exit();
