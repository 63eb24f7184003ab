// What results cost on a Redis, in round trips and in commands.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { Exit, Persistable, PersistedCache, Persistence, Redis } from "durastate";
import { asIs } from "../contract/persistence/requests.mjs";
import { startRedis } from "../support/redis_server.mjs";
import { ioredis, nodeRedis, tcp } from "./open_clients.mjs";
import { timed } from "./suite.mjs";

const Any = Persistable.make("Any", { primaryKey: ({ id }) => id, success: asIs });
const hundred = Array.from({ length: 100 }, (_, at) => Any({ id: `key ${at}` }));

/** A host that writes down the commands of each round trip. */
function recording(host) {
  const trips = [];
  const recorded = {
    ...host,
    send: (command, ...args) => {
      trips.push([command]);
      return host.send(command, ...args);
    },
    sendBytes: (command, ...args) => {
      trips.push([command]);
      return host.sendBytes(command, ...args);
    },
    pipeline: (commands) => {
      trips.push(commands.map(([command]) => command));
      return host.pipeline(commands);
    },
  };
  return { trips, host: recorded };
}

for (const [name, make] of [
  ["ioredis", ioredis],
  ["node-redis", nodeRedis],
  ["the tcp client", tcp],
]) {
  describe(`over ${name}`, () => {
    let server;
    let made;
    let stores = 0;
    before(async () => {
      server = await startRedis();
      made = await make(server);
    });
    after(async () => {
      await made?.close();
      await server?.stop();
    });

    /** A cache whose scripts are loaded, and `cost(run)`: the round trips of a call, and what the server was asked. */
    async function opened(options) {
      const { trips, host } = recording(made.host);
      const persistence = Persistence.redis(Redis.make(host));
      const storeId = options?.storeId ?? `counted_${++stores}`;
      const lookup = ({ id }) => `value of ${id}`;
      const cache = await PersistedCache.make({ persistence, storeId, lookup, timeToLive: "1 hour", ...options });
      for (const id of ["warm", "up"]) {
        await cache.get(Any({ id }));
        await cache.invalidate(Any({ id }));
      }
      const cost = async (run) => {
        // what a call leaves behind, as news do, has gone
        await made.host.send("PING");
        trips.length = 0;
        await made.host.send("CONFIG", "RESETSTAT");
        await run();
        const stats = await made.host.send("INFO", "commandstats");
        const asked = {};
        for (const [, command, calls] of stats.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g))
          asked[command] = Number(calls);
        delete asked["config|resetstat"];
        return { trips: trips.map((commands) => [...commands].sort()), asked };
      };
      return { cache, storeId, persistence, cost };
    }

    timed("a hit in memory costs nothing", async () => {
      const { cache, cost } = await opened();
      await cache.get(hundred[0]);
      const { trips, asked } = await cost(() => cache.get(hundred[0]));
      assert.deepEqual([trips, asked], [[], {}]);
      await cache.close();
    });

    timed("a hit in the store costs one round trip, and one GET", async () => {
      const { cache, storeId, persistence, cost } = await opened();
      const store = await persistence.make({ storeId });
      await store.set(hundred[0], Exit.succeed(1));
      const { trips, asked } = await cost(() => cache.get(hundred[0]));
      assert.deepEqual([trips, asked], [[["GET"]], { get: 1 }]);
      await cache.close();
    });

    timed("a miss costs two round trips with a single flight in the process", async () => {
      const { cache, cost } = await opened({ singleFlight: "process" });
      const { trips, asked } = await cost(() => cache.get(hundred[0]));
      assert.deepEqual(trips, [["GET"], ["PUBLISH", "SET"]]);
      assert.deepEqual(asked, { get: 1, set: 1, publish: 1 });
      await cache.close();
    });

    timed("a miss costs three round trips with a single flight in the store", async () => {
      const { cache, cost } = await opened();
      const { trips, asked } = await cost(() => cache.get(hundred[0]));
      assert.deepEqual(trips, [["GET"], ["EVALSHA"], ["EVALSHA", "PUBLISH", "SET"]]);
      assert.deepEqual([asked.get, asked.set, asked.publish, asked.evalsha], [1, 1, 1, 2]);
      await cache.close();
    });

    timed("a hundred gets of one key at once cost what one does", async () => {
      const { cache, cost } = await opened();
      const all = () => Promise.all(Array.from({ length: 100 }, () => cache.get(hundred[0])));
      const { trips, asked } = await cost(all);
      assert.deepEqual([trips.length, asked.get, asked.set], [3, 1, 1]);
      await cache.close();
    });

    timed("a hundred keys that are in the store cost one round trip, and one MGET", async () => {
      const { cache, storeId, persistence, cost } = await opened();
      const store = await persistence.make({ storeId });
      await store.setMany(hundred.map((key) => [key, Exit.succeed(key.id)]));
      const { trips, asked } = await cost(() => cache.getMany(hundred));
      assert.deepEqual([trips, asked], [[["MGET"]], { mget: 1 }]);
      assert.deepEqual((await cost(() => cache.getMany(hundred))).trips, [], "then they are in memory");
      await cache.close();
    });

    timed("a hundred keys that are not there cost three round trips, and two without claims", async () => {
      for (const [singleFlight, expected] of [
        ["store", 3],
        ["process", 2],
      ]) {
        const { cache, cost } = await opened({ singleFlight });
        const { trips, asked } = await cost(() => cache.getMany(hundred));
        assert.equal(trips.length, expected);
        assert.equal(asked.mget, 1);
        await cache.close();
      }
    });

    timed("what Persistence does costs one round trip each", async () => {
      const { cache, persistence, cost } = await opened();
      await cache.close();
      const store = await persistence.make({ storeId: "plain", timeToLive: "1 hour" });
      const entries = hundred.map((key) => [key, Exit.succeed(key.id)]);
      for (const [what, run, asked] of [
        ["set", () => store.set(...entries[0]), { set: 1 }],
        ["setMany", () => store.setMany(entries), { set: 100 }],
        ["get", () => store.get(hundred[0]), { get: 1 }],
        ["getMany", () => store.getMany(hundred), { mget: 1 }],
        ["remove", () => store.remove(hundred[0]), { unlink: 1 }],
      ]) {
        const counted = await cost(run);
        assert.deepEqual([counted.trips.length, counted.asked], [1, asked], what);
      }
    });

    timed("invalidate costs one round trip", async () => {
      const { cache, cost } = await opened();
      await cache.get(hundred[0]);
      assert.equal((await cost(() => cache.invalidate(hundred[0]))).trips.length, 1);
      await cache.close();
    });
  });
}
