// The tests of bun:sqlite, for Bun.
import { Database } from "bun:sqlite";
import * as durastate from "durastate";
import { fromBunSqlite } from "durastate/sql/bun-sqlite";
import { report } from "../reporting.mjs";
import { synchronousTests } from "../suites.mjs";

await report((test) =>
  synchronousTests({ test, durastate, open: () => new Database(":memory:"), from: fromBunSqlite }),
);
