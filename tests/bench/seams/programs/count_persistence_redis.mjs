// Counts what durastate and effect ask of one Redis for the same: commands, and round trips as calls of the host.

import { ofCaches, ofStores } from "../cache_operations.mjs";
import { countedOperations } from "../counting.mjs";
import { ioredis } from "../redis.mjs";
import { durastate, effect } from "../result_stores.mjs";
import { roundTrips } from "../round_trips.mjs";

const unheard = { subscribe: undefined };

/** Each of them on a host of its own. */
const contenders = {
  durastate: (host) => durastate({ ...host, ...unheard }),
  withSubscribe: (host) => durastate(host),
  process: (host) => durastate({ ...host, ...unheard }, { singleFlight: "process" }),
  effect,
};

export async function counts({ redis: port }) {
  const { client: admin } = ioredis(port);
  const all = {};
  for (const [as, open] of Object.entries(contenders)) {
    await admin.flushall();
    await admin.script("FLUSH");
    const { client, host } = ioredis(port);
    const counts = roundTrips(host, { admin, client });
    const opened = await open(counts.host);
    const found = {
      ...(await countedOperations(ofStores, opened.store, counts)),
      ...(await cleared(opened, admin)),
      ...(await countedOperations(ofCaches, opened, counts)),
    };
    for (const [operation, one] of Object.entries(found)) all[operation] = { ...all[operation], [as]: one };
    await opened.close?.();
    client.disconnect();
  }
  return all;
}

/** Caches begin with nothing, not even with scripts. */
async function cleared(opened, admin) {
  await opened.leave();
  await admin.script("FLUSH");
}
