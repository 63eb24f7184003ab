// The behaviours of PersistedCache on Persistence.redis, through the clients that Node has.
import { after, before, describe } from "node:test";
import * as durastate from "durastate";
import { cacheContract } from "../contract/cache.mjs";
import { redisPlace } from "../contract/persistence/places.mjs";
import { startCluster, startRedis } from "../support/redis_server.mjs";
import { ioredis, ioredisCluster, nodeRedis, tcp } from "./open_clients.mjs";
import { timed } from "./suite.mjs";

for (const [name, start, make, options] of [
  ["ioredis", startRedis, ioredis],
  ["node-redis", startRedis, nodeRedis, { prefix: "app:" }],
  ["the tcp client", startRedis, tcp],
  ["a Cluster of ioredis", startCluster, ioredisCluster, { tagged: true }],
]) {
  describe(`PersistedCache over ${name}`, () => {
    let server;
    let made;
    before(async () => {
      server = await start();
      made = await make(server);
    });
    after(async () => {
      await made?.close();
      await server?.stop();
    });
    const traits = { clock: "server", leases: "server", news: true };
    cacheContract({ test: timed, durastate, open: () => redisPlace(durastate, made.host, options), traits });
  });
}
