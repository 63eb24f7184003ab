import { DatabaseSync } from "node:sqlite";
import { KeyValueStore, Sql } from "../../../../dist/index.js";
import { fromNodeSqlite } from "../../../../dist/sql/node-sqlite.js";
import { stored } from "../loops.mjs";
import { statements, TABLE } from "../statements.mjs";

export async function contenders() {
  const db = new DatabaseSync(":memory:");
  db.exec(TABLE);
  return {
    durastate: await stored(KeyValueStore.sql(Sql.make(fromNodeSqlite(db)))),
    bare: await stored(bare(db)),
  };
}

function bare(db) {
  const { select, upsert, update } = statements(() => "?");
  const [reads, writes, replaces] = [select, upsert, update].map((statement) => db.prepare(statement));
  return {
    get: async (key) => reads.get(key)?.value,
    set: async (key, value) => writes.run(key, value),
    async modify(key, change) {
      const found = reads.get(key);
      if (found) replaces.run(change(found.value), key, found.value);
    },
  };
}
