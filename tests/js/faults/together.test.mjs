// Ten processes that need the table of a database at once, which is not there yet, and then change one key of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { KeyValueStore, Sql } from "durastate";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { fromMysql2 } from "durastate/sql/mysql2";
import { fromPg } from "durastate/sql/pg";
import { BetterSqlite3, mysql, pg } from "../clients/sql.mjs";
import { startMariadb } from "../support/mariadb_server.mjs";
import { startPostgres } from "../support/postgres_server.mjs";

const program = fileURLToPath(new URL("programs/count.mjs", import.meta.url));
const PROCESSES = 10;
const TIMES = 20;

/** A process that takes its steps when it is told to. */
class Counter {
  #child;
  #lines;

  constructor(what) {
    const stdio = ["pipe", "pipe", "inherit"];
    this.#child = spawn(process.execPath, [program, JSON.stringify(what)], { stdio });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async says(word) {
    const { value } = await this.#lines.next();
    assert.equal(value, word, `a process ended early, with ${this.#child.exitCode}`);
  }

  async step() {
    this.#child.stdin.write("go\n");
    await this.says("done");
  }

  async ended() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    assert.equal(this.#child.exitCode, 0);
  }

  kill() {
    this.#child.kill();
  }
}

/** Starts them, lets them make the table at once and then count, and looks at what they have left. */
async function together(t, client, options, host) {
  const counters = Array.from({ length: PROCESSES }, (_, name) => new Counter({ client, options, name, times: TIMES }));
  t.after(() => {
    for (const counter of counters) counter.kill();
  });
  await Promise.all(counters.map((counter) => counter.says("ready")));
  await Promise.all(counters.map((counter) => counter.step()));
  const kv = KeyValueStore.sql(Sql.make(host));
  const made = counters.map((_, name) => `made by ${name}`);
  assert.deepEqual((await kv.keys()).sort(), made, "what was written while the table was made is there");
  await kv.set("counter", "0");
  await Promise.all(counters.map((counter) => counter.step()));
  await Promise.all(counters.map((counter) => counter.ended()));
  assert.equal(await kv.get("counter"), String(PROCESSES * TIMES));
}

test("on PostgreSQL", { timeout: 60_000 }, async (t) => {
  const server = await startPostgres();
  t.after(() => server.stop());
  const { port, database, user } = server;
  const options = { host: "127.0.0.1", port, database, user };
  const pool = new pg.Pool(options);
  // Connections that are still about to end when the server does.
  pool.on("error", () => undefined);
  try {
    await together(t, "pg", options, fromPg(pool));
  } finally {
    await pool.end();
  }
});

test("on MariaDB", { timeout: 60_000 }, async (t) => {
  const server = await startMariadb();
  t.after(() => server.stop());
  const { host, port, database, user, password } = server;
  const options = { host, port, database, user, password };
  const pool = mysql.createPool(options);
  try {
    await together(t, "mysql2", options, fromMysql2(pool));
  } finally {
    await pool.end();
  }
});

test("on a file of SQLite", { timeout: 60_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "durastate-together-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "file.sqlite");
  const db = new BetterSqlite3(file);
  try {
    await together(t, "better-sqlite3", { file }, fromBetterSqlite3(db));
  } finally {
    db.close();
  }
});
