// Databases that can be told to fail, each behind the clients that users have for it.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromMysql2 } from "durastate/sql/mysql2";
import { fromPg } from "durastate/sql/pg";
import { fromPostgres } from "durastate/sql/postgres";
import { mysql, pg, postgres } from "../../clients/sql.mjs";
import { startMariadb } from "../../support/mariadb_server.mjs";
import { startPostgres } from "../../support/postgres_server.mjs";
import { untilItWorks } from "./failures.mjs";

/** A PostgreSQL that lets its own user in, and everybody else by password. */
export async function openPostgres() {
  const folder = await mkdtemp(join(tmpdir(), "durastate-hba-"));
  const rules = join(folder, "hba");
  await writeFile(rules, "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
  // The server is run by another user than root.
  await chmod(folder, 0o755);
  await chmod(rules, 0o644);
  // What was acknowledged is there after a crash.
  const server = await startPostgres({ extra: { hba_file: rules, synchronous_commit: "on" } });
  const { port, database, user } = server;
  const admin = new pg.Pool({ host: "127.0.0.1", port, database, user });
  admin.on("error", () => undefined);
  const run = async (statement) => (await admin.query(statement)).rows;
  return {
    port,
    database,
    user,
    run,
    /** Holds the rows of this query until the function that it gives is called. */
    async hold(query) {
      const client = await admin.connect();
      client.on("error", () => undefined);
      await client.query("BEGIN");
      await client.query(`${query} FOR UPDATE`);
      return async () => {
        await client.query("ROLLBACK").catch(() => undefined);
        client.release(true);
      };
    },
    isBlocked: async () => (await run("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length > 0,
    createUser: (name, password) => run(`CREATE USER ${name} PASSWORD '${password}'`),
    setPassword: (name, password) => run(`ALTER USER ${name} PASSWORD '${password}'`),
    grant: (rights, name) =>
      run(rights === "CREATE" ? `GRANT CREATE ON SCHEMA public TO ${name}` : `GRANT ${rights} TO ${name}`),
    tableOf: (rights, table) => `${rights} ON ${table}`,
    /** From now on the server takes no changes, or takes them again. */
    async setReadOnly(isReadOnly) {
      await run(`ALTER SYSTEM SET default_transaction_read_only = ${isReadOnly ? "on" : "off"}`);
      await run("SELECT pg_reload_conf()");
    },
    // It does not while a process of the one before it is still going away.
    start: () => untilItWorks(() => server.start()),
    /** Ends all its processes at once: those that are left when the first one goes would still finish what they can. */
    async kill() {
      const pids = (await run("SELECT pid FROM pg_stat_activity")).map(({ pid }) => pid);
      for (const pid of pids) signal(pid, "SIGSTOP");
      await server.kill();
      for (const pid of pids) signal(pid, "SIGKILL");
    },
    async stop() {
      await admin.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends a signal to a process of the server's, unless it has gone by itself. */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** A MariaDB with the same functions. */
export async function openMariadb() {
  const folder = await mkdtemp(join(tmpdir(), "durastate-init-"));
  const init = join(folder, "init.sql");
  const user = "owner";
  const password = "only-for-tests";
  const database = "faults";
  // Somebody who may give rights to others.
  const statements = [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    `CREATE USER IF NOT EXISTS ${user}@'127.0.0.1' IDENTIFIED BY '${password}'`,
    `GRANT ALL ON *.* TO ${user}@'127.0.0.1' WITH GRANT OPTION`,
  ];
  await writeFile(init, statements.map((statement) => `${statement};\n`).join(""));
  const server = await startMariadb({ extra: { "innodb-flush-log-at-trx-commit": 2, "init-file": init } });
  const { port } = server;
  const admin = mysql.createPool({ host: "127.0.0.1", port, user, password, database });
  const run = async (statement) => (await admin.query(statement))[0];
  return {
    port,
    database,
    user,
    password,
    run,
    async hold(query) {
      const connection = await admin.getConnection();
      await connection.query("START TRANSACTION");
      await connection.query(`${query} FOR UPDATE`);
      return async () => {
        await connection.query("ROLLBACK").catch(() => undefined);
        connection.destroy();
      };
    },
    isBlocked: async () =>
      (await run("SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'")).length > 0,
    createUser: (name, password) => run(`CREATE USER ${name}@'127.0.0.1' IDENTIFIED BY '${password}'`),
    setPassword: (name, password) => run(`ALTER USER ${name}@'127.0.0.1' IDENTIFIED BY '${password}'`),
    grant: (rights, name) =>
      run(
        `GRANT ${rights === "CREATE" ? "CREATE, SELECT, INSERT, UPDATE, DELETE ON *.*" : rights} TO ${name}@'127.0.0.1'`,
      ),
    tableOf: (rights, table) => `${rights} ON ${database}.${table}`,
    setReadOnly: (isReadOnly) => run(`SET GLOBAL read_only = ${isReadOnly ? 1 : 0}`),
    start: () => server.start(),
    kill: () => server.kill(),
    async stop() {
      await admin.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The clients: each is opened for a user, with a time limit for statements in milliseconds where one is given. */
export const clients = {
  pg: {
    openDatabase: openPostgres,
    async open({ port, database, user, password }, timeout) {
      const pool = new pg.Pool({
        host: "127.0.0.1",
        port,
        database,
        user,
        password,
        max: 4,
        statement_timeout: timeout,
      });
      // A pool of pg tells of connections that were lost while nobody used them.
      pool.on("error", () => undefined);
      return { host: fromPg(pool), close: () => pool.end() };
    },
  },
  "postgres.js": {
    openDatabase: openPostgres,
    async open({ port, database, user, password }, timeout) {
      const connection = timeout ? { statement_timeout: timeout } : {};
      const options = { host: "127.0.0.1", port, database, user, password, max: 4, connection, backoff: () => 0.02 };
      const sql = postgres({ ...options, onnotice: () => undefined });
      return { host: fromPostgres(sql), close: () => sql.end({ timeout: 1 }) };
    },
  },
  mysql2: {
    openDatabase: openMariadb,
    async open({ port, database, user, password }, timeout) {
      const pool = mysql.createPool({ host: "127.0.0.1", port, database, user, password, connectionLimit: 4 });
      // Before each first use of a connection, in order on its own wire.
      if (timeout) pool.pool.on("connection", (made) => made.query(`SET max_statement_time = ${timeout / 1000}`));
      return { host: fromMysql2(pool), close: () => pool.end() };
    },
  },
};
