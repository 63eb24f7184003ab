// Counts round trips as calls of the host, and commands as Redis itself counts them.
import { KeyValueStore, Redis } from "../../../../dist/index.js";
import { counted } from "../operations.mjs";
import { ioredis } from "../redis.mjs";
import { roundTrips } from "../round_trips.mjs";

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
