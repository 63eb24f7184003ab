// SQLite through better-sqlite3.
import { describe, test } from "node:test";
import * as durastate from "durastate";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { BetterSqlite3 } from "../clients/sql.mjs";
import { sqlSuite } from "../contract/sql_seam.mjs";
import { synchronousSqlite } from "./synchronous.mjs";

describe("better-sqlite3", () => {
  const sql = durastate.Sql.make(fromBetterSqlite3(new BetterSqlite3(":memory:")));
  const isClientError = (error) => error instanceof BetterSqlite3.SqliteError;
  sqlSuite({ test, durastate, open: () => sql, traits: { isImmediate: true, isClientError } });

  const open = () => new BetterSqlite3(":memory:", { timeout: 0 });
  synchronousSqlite({ test, durastate, open, from: fromBetterSqlite3 });
});
