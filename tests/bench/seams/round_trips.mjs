// Counts round trips as calls of a host, and commands as Redis itself counts them.

/** The host, with `begin` and `end` around what is counted; `admin` is a client of its own. */
export function roundTrips(host, { admin, client }) {
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

/** What the counting itself asks for, and connections that are opened to listen, whenever that is. */
const uncounted = ["ping", "config|resetstat", "info", "subscribe", "unsubscribe"];

/** What was called how often. */
function commandsOf(info) {
  const lines = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]);
  return Object.fromEntries(lines.filter(([name]) => !uncounted.includes(name)).sort());
}
