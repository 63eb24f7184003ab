import { DatabaseSync } from "node:sqlite";
import { KeyValueStore, Sql } from "durastate";
import { fromNodeSqlite } from "durastate/sql/node-sqlite";

const sql = Sql.make(fromNodeSqlite(new DatabaseSync(":memory:")));
const kv = KeyValueStore.sql(sql);
await kv.set("theme", "dark");
console.log(await kv.keys()); // [ 'theme' ]
