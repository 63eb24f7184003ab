// How the tests of this folder run the seam's contract on a client.
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { redisSeam } from "../contract/redis_seam.mjs";
import { startCluster, startRedis } from "../support/redis_server.mjs";

/** A test that ends some time. */
export const timed = (name, run) => test(name, { timeout: 60_000 }, run);

/**
 * Runs the contract on what `make(server)` gives: { host, close }, each with a client of its own. The server is one
 * Redis, or with traits.cluster a cluster of three.
 */
export function contract(what, { make, traits = {}, args }) {
  describe(what, () => {
    let server;
    const closing = [];
    before(async () => {
      server = await (traits.cluster ? startCluster : startRedis)({ args });
    });
    after(async () => {
      for (const close of closing) await close();
      await server.stop();
    });
    const open = async () => {
      const { host, close } = await make(server);
      closing.push(close);
      return { redis: durastate.Redis.make(host), server };
    };
    redisSeam({ test: timed, durastate, open, traits });
  });
}
