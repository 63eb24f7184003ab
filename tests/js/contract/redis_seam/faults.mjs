import { equal, ok, rejects } from "../../support/assert.mjs";
import { eventually } from "./eventually.mjs";

export function faults({ test, open, durastate, newKey }) {
  const { Redis, RedisError } = durastate;
  // more than a pool has connections: each of them must have found the server again
  const connected = (redis) => eventually(() => Promise.all(Array.from({ length: 8 }, () => redis.send("PING"))));

  test("the same client works again after the server was killed and started again", async () => {
    const { redis, server } = await open();
    const key = newKey();
    const script = Redis.script((key) => [key], { lua: "return redis.call('INCR', KEYS[1])", numberOfKeys: 1 });
    equal(await redis.eval(script)(key), 1);
    await server.kill();
    try {
      await rejects(redis.send("GET", key), RedisError);
      await rejects(redis.eval(script)(key), RedisError);
      const replies = await redis.host.pipeline([["PING"], ["GET", key]]).catch((error) => [error, error]);
      equal(replies.length, 2);
      for (const reply of replies) ok(reply instanceof Error, reply);
    } finally {
      await server.start();
    }
    await connected(redis);
    // the new server has neither the key nor the script
    equal(await redis.eval(script)(key), 1);
    equal(await redis.host.pipeline([["GET", key]]), ["1"]);
  });

  test("a command whose reply never came is a RedisError, and the next one works", async () => {
    const { redis, server } = await open();
    await redis.send("PING");
    const asked = rejects(redis.send("BLPOP", newKey(), "0"), RedisError);
    await eventually(async () => {
      const [, blocked] = /blocked_clients:(\d+)/.exec(await server.info());
      equal(blocked, "1");
    });
    await server.kill();
    await asked;
    await server.start();
    await connected(redis);
  });

  test("a server that is out of memory says so, and takes commands again when it has some", async () => {
    const { redis } = await open();
    const key = newKey();
    await redis.send("CONFIG", "SET", "maxmemory", "1");
    try {
      await rejects(redis.send("SET", key, "a"), RedisError, { message: /SET \(-?OOM\)/ });
      const [reply] = await redis.host.pipeline([["SET", key, "a"]]);
      ok(reply instanceof Error && /OOM/.test(reply.message), reply);
    } finally {
      await redis.send("CONFIG", "SET", "maxmemory", "0");
    }
    equal(await redis.send("SET", key, "a"), "OK");
  });

  test("a replica that takes no writes says so", async () => {
    const { redis } = await open();
    const key = newKey();
    await redis.send("REPLICAOF", "127.0.0.1", "1");
    try {
      await rejects(redis.send("SET", key, "a"), RedisError, { message: /SET \(-?READONLY\)/ });
    } finally {
      await redis.send("REPLICAOF", "NO", "ONE");
    }
    equal(await redis.send("SET", key, "a"), "OK");
  });
}
