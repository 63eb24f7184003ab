import { KeyValueStore, Sql } from "durastate";
import { fromPg } from "durastate/sql/pg";
import { Pool } from "pg";

const pool = new Pool({ connectionString: process.env.POSTGRES_URL });
const sql = Sql.make(fromPg(pool));

const kv = KeyValueStore.sql(sql, { table: "settings" });
await kv.set("theme", "dark");
console.log(await kv.get("theme")); // dark

const { rows } = await sql.query("SELECT count(*)::int AS keys FROM settings");
console.log(rows[0].keys); // 1
await pool.end();
