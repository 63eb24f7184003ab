// fromNodeRedis behind Redis.make, on real servers.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { Redis, RedisError } from "durastate";
import { fromNodeRedis } from "durastate/redis/node-redis";
import { startCluster, startRedis } from "../support/redis_server.mjs";
import { nodeRedis, nodeRedisCluster, nodeRedisPool } from "./open_clients.mjs";
import { contract, timed } from "./suite.mjs";

const cause = (error) => error.constructor.name === "SimpleError";

contract("node-redis", { make: nodeRedis, traits: { cause } });
contract("node-redis with RESP2", { make: (server) => nodeRedis(server, { RESP: 2 }), traits: { cause } });
contract("node-redis whose user wants bytes and other types", {
  make: (server) => nodeRedis(server, { commandOptions: { typeMapping: { 36: Buffer, 58: String } } }),
  traits: { cause },
});
contract("a pool of node-redis", { make: nodeRedisPool, traits: { cause } });
contract("a cluster of node-redis", { make: nodeRedisCluster, traits: { cause, cluster: true } });
contract("a cluster of node-redis with RESP2", {
  make: (cluster) => nodeRedisCluster(cluster, { RESP: 2 }),
  traits: { cause, cluster: true },
});

describe("a client of node-redis", () => {
  let server;
  const closing = [];
  before(async () => {
    server = await startRedis();
  });
  after(async () => {
    for (const close of closing) close();
    await server.stop();
  });
  const open = async (options) => {
    const { client, host, close } = await nodeRedis(server, options);
    closing.push(close);
    return { client, redis: Redis.make(host) };
  };

  timed("what RESP3 adds comes as the client gives it", async () => {
    const { redis } = await open({ RESP: 3 });
    await redis.send("HSET", "hash", "a", "1", "b", "é");
    assert.deepEqual({ ...(await redis.send("HGETALL", "hash")) }, { a: "1", b: "é" });
    const { a } = await redis.sendBytes("HGETALL", "hash");
    assert.deepEqual(a, new Uint8Array([49]));
    await redis.send("ZADD", "sorted", "1.5", "a");
    assert.equal(await redis.send("ZSCORE", "sorted", "a"), 1.5);
    await redis.send("SADD", "set", "a");
    assert.deepEqual(await redis.send("SMEMBERS", "set"), ["a"]);
    assert.equal(await redis.send("EVAL", "redis.setresp(3); return true", "0"), true);
    assert.match(await redis.send("INFO", "server"), /^# Server/);
  });

  timed("its pipeline is one write", async () => {
    const { redis } = await open();
    const total = async () => {
      const stats = await redis.send("INFO", "stats");
      return Number(/total_reads_processed:(\d+)/.exec(stats)[1]);
    };
    const before = await total();
    const replies = await redis.host.pipeline(Array.from({ length: 20 }, () => ["INCR", "n"]));
    assert.equal(replies.length, 20);
    // one read for the pipeline, one for the INFO after it
    assert.equal((await total()) - before, 2);
  });

  timed("a client before version 5 gives text as it does itself, and no bytes", async () => {
    const { client } = await open();
    const old = { sendCommand: (args) => client.sendCommand(args), duplicate: () => client.duplicate() };
    const redis = Redis.make(fromNodeRedis(old));
    assert.equal(redis.host.sendBytes, undefined);
    await redis.send("SET", "a", "12");
    assert.equal(await redis.send("GET", "a"), "12");
    assert.equal(await redis.send("STRLEN", "a"), 2);
    assert.deepEqual(await redis.host.pipeline([["GET", "a"]]), ["12"]);
  });

  timed("a sentinel is refused", () => {
    const sentinel = { sendCommand() {}, getMasterNode() {} };
    assert.throws(() => fromNodeRedis(sentinel), { name: "TypeError", message: /is a sentinel/ });
  });

  timed("a client that was closed is a RedisError", async () => {
    const { host, close } = await nodeRedis(server);
    close();
    await assert.rejects(Redis.make(host).send("GET", "a"), RedisError);
    await assert.rejects(
      Redis.make(host)
        .host.pipeline([["GET", "a"]])
        .then(([reply]) => Promise.reject(reply)),
      Error,
    );
  });
});

describe("a client of node-redis with a password", () => {
  timed("the server's refusal is a RedisError that does not show it", async () => {
    const server = await startRedis({ args: ["--requirepass", "the right one"] });
    const { host, close } = await nodeRedis(server, { password: "the right one" });
    const redis = Redis.make(host);
    assert.equal(await redis.send("SET", "a", "1"), "OK");
    await (await host.subscribe("channel", () => undefined))();
    await assert.rejects(redis.send("AUTH", "a wrong one"), (error) => {
      assert.ok(error instanceof RedisError && /WRONGPASS/.test(error.message), error.message);
      assert.doesNotMatch(JSON.stringify(error.toJSON({ cause: true })), /a wrong one/);
      return true;
    });
    close();
    await server.stop();
  });
});

describe("a cluster of node-redis", () => {
  let cluster;
  let opened;
  before(async () => {
    cluster = await startCluster();
    opened = await nodeRedisCluster(cluster);
  });
  after(async () => {
    opened.close();
    await cluster.stop();
  });

  timed("a pipeline may hold commands for every node", async () => {
    const { client, host } = opened;
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
    const set = await host.pipeline(keys.map((key) => ["SET", key, key]));
    assert.deepEqual(
      set,
      keys.map(() => "OK"),
    );
    assert.deepEqual(await host.pipeline(keys.map((key) => ["GET", key])), keys);
    const sizes = await Promise.all(client.masters.map(async (node) => (await client.nodeClient(node)).dbSize()));
    assert.ok(sizes.length === 3 && sizes.every((size) => size > 0));
  });

  timed("each command finds the node of its key", async () => {
    const redis = Redis.make(opened.host);
    // several keys of each kind, so that a guess would be wrong for some
    for (let i = 0; i < 12; i++) {
      const key = `{find ${i}}:a`;
      const other = `{find ${i}}:b`;
      const bytes = new TextEncoder().encode(key);
      assert.equal(await redis.send("SET", key, "1"), "OK");
      assert.equal(await redis.send("get", bytes), "1");
      assert.equal(await redis.send("EVAL", "return redis.call('GET', KEYS[1])", "1", bytes), "1");
      assert.equal(await redis.send("OBJECT", "ENCODING", key), "int");
      assert.equal(await redis.send("BITOP", "NOT", other, key), 1);
      assert.deepEqual(await redis.send("ZINTER", "1", `{find ${i}}:c`), []);
      assert.equal(await redis.send("XADD", `{find ${i}}:s`, "1-1", "a", "b"), "1-1");
      const read = await redis.send("XREAD", "COUNT", "1", "STREAMS", `{find ${i}}:s`, "0");
      assert.match(JSON.stringify(read), /1-1/);
      assert.equal(await redis.send("UNLINK", key, other), 2);
    }
    for (const [command, ...args] of [["PING"], ["TIME"], ["SCRIPT", "EXISTS", "0"], ["PUBLISH", "channel", "a"]]) {
      await redis.send(command, ...args);
    }
    assert.equal(await redis.send("EVAL", "return 7", "0"), 7);
  });

  timed("SCAN goes through every node", async () => {
    const redis = Redis.make(opened.host);
    const keys = Array.from({ length: 30 }, (_, i) => `scanned ${i}`);
    await redis.host.pipeline(keys.map((key) => ["SET", key, ""]));
    const found = new Set();
    let cursor = "0";
    do {
      const [next, page] = await redis.send("SCAN", cursor, "MATCH", "scanned *", "COUNT", "100");
      for (const key of page) found.add(key);
      cursor = next;
    } while (cursor !== "0");
    assert.deepEqual([...found].sort(), [...keys].sort());
  });
});
