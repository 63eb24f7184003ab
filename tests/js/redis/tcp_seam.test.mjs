// What every client of Redis does behind Redis.make, over the tcp client.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import * as durastate from "durastate";
import { connect, ReplyError } from "durastate/redis/tcp";
import { redisSeam } from "../contract/redis_seam.mjs";
import { startCluster, startRedis } from "../support/redis_server.mjs";

const cause = (error) => error instanceof ReplyError;
const seam = (open, traits, register = test) =>
  redisSeam({ test: register, durastate, open, traits: { cause, ...traits } });

/** RESP3 needs no connection of its own for channels; tcp_channels.test.mjs has what holds there instead. */
const withoutConnectionForChannels = (name, run) => {
  if (!/^channels share one connection/.test(name)) test(name, run);
};

for (const [protocol, register] of [
  [2, test],
  [3, withoutConnectionForChannels],
]) {
  suite(`protocol ${protocol}`, () => {
    let server;
    let admin;
    const opened = [];

    before(async () => {
      server = await startRedis();
      admin = await connect({ port: server.port });
      server.info = () => admin.send("INFO");
    });
    after(async () => {
      await Promise.all([admin, ...opened].map((redis) => redis.close()));
      await server.stop();
    });

    const open = async () => {
      const host = await connect({ port: server.port, protocol, commandTimeout: 1000 });
      opened.push(host);
      return { redis: durastate.Redis.make(host), server };
    };
    seam(open, {}, register);
  });
}

suite("a cluster", () => {
  let cluster;
  let host;

  before(async () => {
    cluster = await startCluster();
    host = await connect({ port: cluster.ports[0], cluster: true });
  });
  after(async () => {
    await host.close();
    await cluster.stop();
  });

  seam(async () => ({ redis: durastate.Redis.make(host), server: cluster }), { cluster: true });

  test("what it is made of is there", () => assert.equal(cluster.ports.length, 3));
});
