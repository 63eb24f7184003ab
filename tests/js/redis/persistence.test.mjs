// The behaviours of Persistence.redis, through the clients that Node has, and what it sends.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import * as durastate from "durastate";
import { redisPlace } from "../contract/persistence/places.mjs";
import { asIs } from "../contract/persistence/requests.mjs";
import { persistenceContract } from "../contract/persistence.mjs";
import { startCluster, startRedis } from "../support/redis_server.mjs";
import { ioredis, ioredisCluster, nodeRedis, tcp } from "./open_clients.mjs";
import { timed } from "./suite.mjs";

const { Exit, Persistable, Persistence, Redis } = durastate;
const Any = Persistable.make("Any", { primaryKey: ({ id }) => id, success: asIs });

for (const [name, start, make, options] of [
  ["ioredis", startRedis, ioredis],
  ["node-redis", startRedis, nodeRedis, { prefix: "app:" }],
  ["the tcp client", startRedis, tcp],
  ["a Cluster of ioredis", startCluster, ioredisCluster, { tagged: true }],
  ["the tcp client in a cluster, with a tag in the prefix", startCluster, tcp, { prefix: "{p}" }],
]) {
  describe(`Persistence.redis over ${name}`, () => {
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
    const open = () => redisPlace(durastate, made.host, options);
    persistenceContract({ test: timed, durastate, open, traits: { clock: "server" } });

    if (start !== startCluster) {
      timed("keys and values are those of Effect 4.1, and times are whole milliseconds, rounded up", async () => {
        const redis = Redis.make(made.host);
        const prefix = options?.prefix ?? "";
        const persistence = Persistence.redis(redis, { prefix });
        const timeToLive = (_, { ttl }) => ttl;
        const store = await persistence.make({ storeId: "my:st%ore*", timeToLive });
        await store.set(Any({ id: "u/1", ttl: 150_000.4 }), Exit.succeed({ n: 1 }));
        const key = `${prefix}my%3Ast%25ore*:u/1`;
        assert.equal(await redis.send("GET", key), '{"_tag":"Success","value":{"n":1}}');
        const left = Number(await redis.send("PTTL", key));
        assert.ok(left > 100_000 && left <= 150_001, `${left} ms are left`);
        await store.set(Any({ id: "u/1", ttl: Number.POSITIVE_INFINITY }), Exit.succeed(1));
        assert.equal(Number(await redis.send("PTTL", key)), -1);
      });

      timed("clear removes the keys of its store alone, though its id looks like a pattern", async () => {
        const redis = Redis.make(made.host);
        const persistence = Persistence.redis(redis);
        const one = await persistence.make({ storeId: "[ab]*?" });
        const many = Array.from({ length: 1500 }, (_, at) => [Any({ id: `${at}` }), Exit.succeed(at)]);
        await one.setMany(many);
        const theirs = ["a*?:0", "axyz:0", "[ab]*?", "[ab]*?0", "x[ab]*?:0", "[ab]*\\?:0"];
        for (const key of theirs) await redis.send("SET", key, "theirs");
        await one.clear();
        assert.deepEqual(
          await one.getMany(many.map(([key]) => key)),
          many.map(() => undefined),
        );
        for (const key of theirs) assert.equal(await redis.send("GET", key), "theirs", key);
        await redis.send("DEL", ...theirs);
      });
      return;
    }

    timed("without a hash tag results are stored, read together and removed; only clear is refused", async () => {
      const persistence = Persistence.redis(Redis.make(made.host));
      const store = await persistence.make({ storeId: "untagged" });
      const keys = Array.from({ length: 50 }, (_, at) => Any({ id: `${at}` }));
      await store.setMany(keys.map((key) => [key, Exit.succeed(key.id)]));
      assert.deepEqual(
        (await store.getMany([...keys, Any({ id: "x" })])).map((exit) => exit?.value),
        [...keys.map(({ id }) => id), undefined],
      );
      await assert.rejects(store.clear(), {
        name: "PersistenceError",
        storeId: "untagged",
        operation: "clear",
        message: /a hash tag/,
      });
      for (const key of keys) await store.remove(key);
      assert.deepEqual(
        await store.getMany(keys),
        keys.map(() => undefined),
      );
    });
  });
}
