// A PostgreSQL of one's own.
import { join } from "node:path";
import {
  byNumber,
  firstThatExists,
  freePort,
  insteadOfRoot,
  runToEnd,
  ServerProcess,
  temporaryFolder,
} from "./server_process.mjs";

const DEBIAN = "/usr/lib/postgresql";

// What it costs to survive a power cut is of no use to a test.
const settings = {
  listen_addresses: "127.0.0.1",
  fsync: "off",
  full_page_writes: "off",
  autovacuum: "off",
  shared_buffers: "16MB",
  max_connections: "60",
  lc_messages: "C",
  log_min_messages: "log",
  dynamic_shared_memory_type: "mmap",
};

/** Starts one that asks for no password: `{ port, user, database, url, start(), stop(), kill() }`. `extra` adds settings. */
export async function startPostgres({ extra = {} } = {}) {
  const bin = firstThatExists("PostgreSQL", [
    process.env.POSTGRES_BIN,
    ...byNumber(DEBIAN).map((version) => join(DEBIAN, version, "bin")),
  ]);
  const user = "postgres";
  const owner = await insteadOfRoot(user);
  const folder = temporaryFolder("postgres", owner);
  const data = join(folder, "data");
  const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
  const init = ["-D", data, "-U", user, "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"];
  await runToEnd(join(bin, "initdb"), init, { ...owner, cwd: folder, env });

  const port = await freePort();
  const all = { ...settings, port, unix_socket_directories: folder, ...extra };
  const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = new ServerProcess({
    program: join(bin, "postgres"),
    args: ["-D", data, ...args],
    options: { ...owner, cwd: folder, env },
    folder,
    isReady: /database system is ready to accept connections/,
  });
  await server.start();
  return {
    port,
    user,
    database: "postgres",
    url: `postgres://${user}@127.0.0.1:${port}/postgres`,
    start: () => server.start(),
    // it waits for clients to leave, unless it is told not to
    stop: () => server.stop("SIGINT"),
    kill: () => server.kill(),
  };
}
