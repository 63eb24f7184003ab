// The behaviours of a KeyValueStore on KeyValueStore.redis, through each client that Node has.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import * as durastate from "durastate";
import { fromUpstash } from "durastate/redis/upstash";
import { keyValueContract } from "../contract/key_value.mjs";
import { eventually } from "../contract/redis_seam/eventually.mjs";
import { startCluster, startRedis } from "../support/redis_server.mjs";
import { startUpstashBridge } from "../support/upstash_bridge.mjs";
import { ioredis, ioredisCluster, nodeRedis, nodeRedisCluster, tcp } from "./open_clients.mjs";
import { timed } from "./suite.mjs";

const { KeyValueStore, Redis } = durastate;

async function upstash({ port }) {
  const bridge = await startUpstashBridge({ port });
  return { host: fromUpstash(bridge), close: () => bridge.stop() };
}

let stores = 0;

for (const [name, start, make] of [
  ["ioredis", startRedis, ioredis],
  ["node-redis", startRedis, nodeRedis],
  ["the bridge of Upstash", startRedis, upstash],
  ["the tcp client", startRedis, tcp],
  ["a Cluster of ioredis", startCluster, ioredisCluster],
  ["a cluster of node-redis", startCluster, nodeRedisCluster],
  ["the tcp client in a cluster", startCluster, tcp],
]) {
  describe(`KeyValueStore.redis over ${name}`, () => {
    const inCluster = start === startCluster;
    /** A prefix that no other store has; in a cluster all its keys are in one slot. */
    const freshPrefix = () => (inCluster ? `{${++stores}}:kv:` : `${++stores}:kv:`);
    let server;
    let made;
    before(async () => {
      server = await start();
      made = await make(server);
    });
    after(async () => {
      await made.close();
      await server.stop();
    });

    const redis = () => Redis.make(made.host);
    const open = () => KeyValueStore.redis(redis(), { prefix: freshPrefix() });
    const traits = { atomicity: "store", anyText: false };
    keyValueContract({ test: timed, durastate, open, traits });

    timed("text is kept as it is, so that others read it", async () => {
      const prefix = freshPrefix();
      const kv = KeyValueStore.redis(redis(), { prefix });
      await kv.set("a", "é\r\n");
      assert.equal(await redis().send("GET", `${prefix}a`), "é\r\n");
      await redis().send("SET", `${prefix}b`, "theirs");
      assert.equal(await kv.get("b"), "theirs");
      assert.deepEqual((await kv.keys()).sort(), ["a", "b"]);
    });

    timed("a store of another prefix is left alone", async () => {
      const [one, other] = [open(), open()];
      await one.set("a", "1");
      await other.set("a", "2");
      await one.clear();
      assert.equal(await one.get("a"), undefined);
      assert.equal(await other.get("a"), "2");
    });

    if (name !== "the bridge of Upstash") {
      timed("who watches is told of what another process changed", async () => {
        const prefix = freshPrefix();
        const kv = KeyValueStore.redis(redis(), { prefix });
        await redis().send("SET", `${prefix}a b`, "theirs");
        const told = [];
        const stop = kv.watch("a b", (change) => told.push(change));
        await eventually(async () => {
          await redis().send("PUBLISH", `durastate:changes:${prefix}`, "another-process a b");
          assert.deepEqual(told[0], { key: "a b", value: "theirs", origin: "remote" });
        });
        stop();
      });
    }

    if (inCluster) {
      timed("without a hash tag single keys work, and a listing is refused", async () => {
        const kv = KeyValueStore.redis(redis(), { prefix: "untagged:" });
        await kv.set("a", "1");
        assert.equal(await kv.modify("a", (text) => `${text}1`), "11");
        for (const call of [
          () => kv.keys(),
          () => kv.clear(),
          () => kv.clearPrefix("a"),
          () => kv.prefix("x").size(),
        ]) {
          await assert.rejects(call, { name: "KeyValueStoreError", message: /a hash tag in the prefix/ });
        }
        await kv.remove("a");
        await kv.prefix("{tag}").set("b", "1");
        assert.deepEqual(await kv.prefix("{tag}").keys(), ["b"]);
        await kv.prefix("{tag}").clear();
      });
    }

    timed("every key of a large store is found", async () => {
      const kv = open();
      const keys = Array.from({ length: 2500 }, (_, i) => `key ${i}`);
      await Promise.all(keys.map((key) => kv.set(key, "")));
      assert.deepEqual((await kv.keys()).sort(), [...keys].sort());
      await kv.clear();
      assert.equal(await kv.size(), 0);
    });
  });
}
