// Counts round trips as calls of the host, and commands as Redis itself counts them.
import { KeyValueStore, Redis } from "../../../../dist/index.js";
import { counted } from "../operations.mjs";
import { ioredis } from "../redis.mjs";

export async function counts({ redis: port }) {
  const { client: admin } = ioredis(port);
  const all = {};
  for (const as of ["withoutSubscribe", "withSubscribe"]) {
    await admin.flushall();
    await admin.script("FLUSH");
    const { client, host } = ioredis(port);
    const counts = roundTrips(
      { ...host, ...(as === "withoutSubscribe" && { subscribe: undefined }) },
      { admin, client },
    );
    const store = KeyValueStore.redis(Redis.make(counts.host));
    for (const [operation, found] of Object.entries(await counted(store, counts))) {
      all[operation] = { ...all[operation], [as]: found };
    }
    client.disconnect();
  }
  return all;
}

function roundTrips(host, { admin, client }) {
  let calls = 0;
  const counting =
    (verb) =>
    (...args) => {
      calls += 1;
      return verb(...args);
    };
  return {
    host: { ...host, send: counting(host.send), pipeline: counting(host.pipeline) },
    async begin() {
      await client.ping();
      await admin.config("RESETSTAT");
      calls = 0;
    },
    async end() {
      const roundTrips = calls;
      // what was sent without waiting for it has arrived as well once this has
      await client.ping();
      return { roundTrips, commands: commandsOf(await admin.info("commandstats")) };
    },
  };
}

/** What was called how often, without what this program itself asked for. */
function commandsOf(info) {
  const lines = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]);
  return Object.fromEntries(lines.filter(([name]) => !["ping", "config|resetstat", "info"].includes(name)).sort());
}
