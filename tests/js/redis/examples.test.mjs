// The examples of the guide that need a Redis.
import { after, before, test } from "node:test";
import { runExample } from "../support/examples.mjs";
import { startRedis } from "../support/redis_server.mjs";

let server;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

test("ioredis", () => runExample("redis.mjs", { REDIS_URL: server.url }));
test("results", () => runExample("results.mjs", { REDIS_URL: server.url }));
test("a cache", () => runExample("cache.mjs", { REDIS_URL: server.url }));
test("the tcp client", () => runExample("tcp.mjs", { REDIS_URL: server.url }));
