// fromIoredis behind Redis.make, on real servers.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { Redis, RedisError } from "durastate";
import { startCluster, startRedis } from "../support/redis_server.mjs";
import { ioredis, ioredisCluster } from "./open_clients.mjs";
import { contract, timed } from "./suite.mjs";

const cause = (error) => error.name === "ReplyError";

contract("ioredis", { make: ioredis, traits: { cause, integers: "refused" } });
contract("ioredis with stringNumbers", {
  make: (server) => ioredis(server, { stringNumbers: true }),
  traits: { cause },
});
contract("ioredis with auto-pipelining", {
  make: (server) => ioredis(server, { enableAutoPipelining: true }),
  traits: { cause, integers: "refused" },
});
contract("ioredis that keeps no commands while it is offline", {
  make: async (server) => {
    const made = ioredis(server, { enableOfflineQueue: false });
    await new Promise((resolve) => made.client.once("ready", resolve));
    return made;
  },
  traits: { cause, integers: "refused" },
});
contract("a Cluster of ioredis", { make: ioredisCluster, traits: { cause, integers: "refused", cluster: true } });
contract("a Cluster of ioredis with stringNumbers", {
  make: (cluster) => ioredisCluster(cluster, { stringNumbers: true }),
  traits: { cause, cluster: true },
});

describe("a client of ioredis", () => {
  let server;
  const closing = [];
  before(async () => {
    server = await startRedis();
  });
  after(async () => {
    for (const close of closing) close();
    await server.stop();
  });
  const open = (options) => {
    const { client, host, close } = ioredis(server, options);
    closing.push(close);
    return { client, redis: Redis.make(host) };
  };

  timed("its keyPrefix stands before keys, and not before channels", async () => {
    const { redis } = open({ keyPrefix: "app:" });
    const { redis: plain } = open();
    await redis.send("SET", "a", "1");
    assert.equal(await plain.send("GET", "app:a"), "1");
    let heard;
    const message = new Promise((resolve) => {
      heard = resolve;
    });
    const end = await redis.host.subscribe("channel", heard);
    await plain.send("PUBLISH", "channel", "hello");
    assert.equal(await message, "hello");
    await end();
  });

  timed("one that connects when it is first used", async () => {
    const { redis } = open({ lazyConnect: true });
    assert.deepEqual(
      await redis.host.pipeline([
        ["SET", "lazy", "1"],
        ["GET", "lazy"],
      ]),
      ["OK", "1"],
    );
    const { redis: listening } = open({ lazyConnect: true });
    await (await listening.host.subscribe("channel", () => undefined))();
  });

  timed("a reply that comes after its time limit is a RedisError", async () => {
    const { redis } = open({ commandTimeout: 50 });
    const { redis: other } = open();
    await redis.send("PING");
    await other.send("CLIENT", "PAUSE", "300", "ALL");
    await assert.rejects(redis.send("GET", "a"), (error) => {
      assert.ok(error instanceof RedisError);
      assert.match(error.cause.message, /timed out/);
      return true;
    });
    await other.send("CLIENT", "UNPAUSE");
    assert.equal(await redis.send("PING"), "PONG");
  });

  timed("its pipeline is one write", async () => {
    const { client, redis } = open();
    await redis.send("PING");
    const { stream } = client;
    const written = [];
    const write = stream.write;
    stream.write = (...args) => {
      written.push(args[0]);
      return write.apply(stream, args);
    };
    await redis.host.pipeline([
      ["SET", "a", "1"],
      ["GET", "a"],
      ["DEL", "a"],
    ]);
    assert.equal(written.length, 1);
  });
});

describe("a client of ioredis with a password", () => {
  let server;
  before(async () => {
    server = await startRedis({ args: ["--requirepass", "the right one"] });
  });
  after(() => server.stop());

  timed("the wrong one is a RedisError that does not show it", async () => {
    const { host, close } = ioredis(server, { password: "a wrong one" });
    await assert.rejects(Redis.make(host).send("GET", "a"), (error) => {
      assert.ok(error instanceof RedisError);
      for (const shown of [error.message, JSON.stringify(error), JSON.stringify(error.toJSON({ cause: true }))]) {
        assert.doesNotMatch(shown, /a wrong one/);
      }
      return true;
    });
    close();
  });

  timed("the right one works, for channels too", async () => {
    const { host, close } = ioredis(server, { password: "the right one" });
    const redis = Redis.make(host);
    assert.equal(await redis.send("SET", "a", "1"), "OK");
    await (await host.subscribe("channel", () => undefined))();
    close();
  });
});

describe("a Cluster of ioredis", () => {
  let cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  timed("a pipeline may hold commands for every node", async () => {
    const { client, host, close } = ioredisCluster(cluster);
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
    assert.ok(keys.every((key) => key));
    const set = await host.pipeline(keys.map((key) => ["SET", key, key]));
    assert.deepEqual(
      set,
      keys.map(() => "OK"),
    );
    assert.deepEqual(await host.pipeline(keys.map((key) => ["GET", key])), keys);
    const sizes = await Promise.all(client.nodes("master").map((node) => node.dbsize()));
    assert.ok(sizes.length === 3 && sizes.every((size) => size > 0));
    close();
  });

  timed("keys of several nodes in one command are refused, clearly", async () => {
    const { host, close } = ioredisCluster(cluster);
    await assert.rejects(Redis.make(host).send("MGET", "a", "b"), { name: "RedisError", message: /CROSSSLOT/ });
    close();
  });
});
