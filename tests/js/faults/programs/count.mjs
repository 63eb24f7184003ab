// One of several processes: makes the table with the others, and then counts with them.
// Each line that it is told starts the next step, and it says when that is done; it ends when nothing more is to come.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { KeyValueStore, Sql } from "durastate";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { fromMysql2 } from "durastate/sql/mysql2";
import { fromPg } from "durastate/sql/pg";

// Only the one client that is needed: ten processes that start take long enough.
const installed = createRequire(new URL("../../clients/package.json", import.meta.url));
const { client, options, name, times } = JSON.parse(process.argv[2]);

const open = {
  async pg() {
    const { Pool } = installed("pg");
    const pool = new Pool({ ...options, max: 1 });
    await pool.query("SELECT 1");
    return { host: fromPg(pool), close: () => pool.end() };
  },
  async mysql2() {
    const pool = installed("mysql2/promise").createPool({ ...options, connectionLimit: 1 });
    await pool.query("SELECT 1");
    return { host: fromMysql2(pool), close: () => pool.end() };
  },
  async "better-sqlite3"() {
    const BetterSqlite3 = installed("better-sqlite3");
    const db = new BetterSqlite3(options.file);
    return { host: fromBetterSqlite3(db), close: () => db.close() };
  },
};

const { host, close } = await open[client]();
const kv = KeyValueStore.sql(Sql.make(host));
const steps = [
  () => kv.set(`made by ${name}`, "yes"),
  async () => {
    for (let at = 0; at < times; at++) await kv.modify("counter", (text) => String(Number(text) + 1));
  },
];

console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) {
  await steps.shift()();
  console.log("done");
}
await close();
