// A MariaDB of one's own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstThatExists, freePort, runToEnd, ServerProcess, temporaryFolder } from "./server_process.mjs";

const user = "durastate";
const password = "only-for-tests";
const database = "durastate";
const account = `'${user}'@'127.0.0.1'`;

// What it costs to survive a power cut is of no use to a test.
const settings = {
  "bind-address": "127.0.0.1",
  "skip-name-resolve": true,
  "skip-log-bin": true,
  "performance-schema": "OFF",
  "innodb-buffer-pool-size": "16M",
  "innodb-log-file-size": "8M",
  "innodb-flush-log-at-trx-commit": 0,
  "innodb-doublewrite": "OFF",
  "key-buffer-size": "1M",
  "max-connections": 60,
  "character-set-server": "utf8mb4",
};

/** Starts one: `{ host, port, user, password, database, start(), stop(), kill() }`. `extra` adds settings. */
export async function startMariadb({ extra = {} } = {}) {
  const program = firstThatExists("MariaDB", [process.env.MARIADBD, "/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd"]);
  const folder = temporaryFolder("mariadb");
  const data = join(folder, "data");
  const owner = process.getuid() === 0 ? ["--user=root"] : [];
  const install = firstThatExists("mariadb-install-db", [
    join(program, "../mariadb-install-db"),
    join(program, "../../bin/mariadb-install-db"),
  ]);
  const quick = ["--skip-test-db", "--auth-root-authentication-method=normal", "--innodb-flush-log-at-trx-commit=0"];
  await runToEnd(install, ["--no-defaults", `--datadir=${data}`, ...owner, ...quick], { cwd: folder });

  const init = join(folder, "init.sql");
  const statements = [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}'`,
    `GRANT ALL ON *.* TO ${account}`,
  ];
  writeFileSync(init, statements.map((statement) => `${statement};\n`).join(""));
  const port = await freePort();
  const all = { ...settings, port, datadir: data, socket: join(folder, "socket"), "init-file": init, ...extra };
  const args = Object.entries(all).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
  const server = new ServerProcess({
    program,
    args: ["--no-defaults", ...owner, ...args],
    options: { cwd: folder },
    folder,
    isReady: /ready for connections/,
  });
  await server.start();
  return {
    host: "127.0.0.1",
    port,
    user,
    password,
    database,
    start: () => server.start(),
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}
