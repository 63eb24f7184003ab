// The servers that seams are measured on, each started when it is first needed.
import { join } from "node:path";
import { run } from "../../../js/build/run.mjs";
import { servers } from "../../../js/build/setup.mjs";
import { startPostgres } from "../../js/support/postgres_server.mjs";
import { startRedis } from "../../js/support/redis_server.mjs";

const starts = { redis: startRedis, postgres: startPostgres };
const running = new Map();

/** Starts these, unless they run. Resolves with what a child needs to know: { redis: port, postgres: url }. */
export async function addresses(names) {
  if (names.length) Object.assign(process.env, await servers());
  for (const name of names) if (!running.has(name)) running.set(name, await starts[name]());
  return { redis: running.get("redis")?.port, postgres: running.get("postgres")?.url };
}

/** Their versions, by name. */
export async function versions(names) {
  const { REDIS_SERVER, POSTGRES_BIN } = await servers();
  const programs = {
    redis: ["redis", REDIS_SERVER],
    postgres: ["postgreSQL", join(POSTGRES_BIN, "postgres")],
  };
  const found = {};
  for (const [name, program] of names.map((server) => programs[server])) {
    const said = await run(program, ["--version"], { capture: true, minutes: 1 });
    found[name] = /\d+(\.\d+)+/.exec(said)?.[0];
  }
  return found;
}

/** Stops all that run. */
export async function stopServers() {
  for (const server of running.values()) await server.stop();
  running.clear();
}
