import { Redis } from "../../../dist/index.js";

/** A Redis over this host that can not listen to channels: nobody is told of changes then. */
export function unheard({ subscribe, ...host }) {
  return Redis.make(host);
}

/** What somebody writes who has the client alone. Nothing keeps others from coming between the halves of `modify`. */
export function bare(client, prefix) {
  return {
    get: (key) => client.get(prefix + key),
    set: (key, value) => client.set(prefix + key, value),
    async modify(key, change) {
      const found = await client.get(prefix + key);
      if (found !== null) await client.set(prefix + key, change(found));
    },
  };
}
