import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { checkNul, hasNul, NUL } from "./sqlite/nul.ts";
import { prepared, type SyncStatement, syncSqlite } from "./sqlite/prepared.ts";

/** What is needed of a `DatabaseSync` of node:sqlite. */
export interface NodeSqliteDatabase {
  prepare(statement: string): SyncStatement & {
    setReadBigInts(enabled: boolean): unknown;
    columns?(): unknown[];
    all(...params: SqlValue[]): unknown[];
  };
}

/**
 * The database of node:sqlite as a host for `Sql.make`. A database that was opened without `timeout` gets one of 5 seconds
 * at its first use. Node 22 cuts texts at a NUL when it reads them, so one with a NUL is refused there.
 */
export function fromNodeSqlite(db: NodeSqliteDatabase): SqlHost {
  checkFunction("db.prepare of fromNodeSqlite", db?.prepare);
  return syncSqlite((text) => {
    const statement = db.prepare(text);
    statement.setReadBigInts(true);
    // Node 22 tells the columns since 22.16; before, `all` runs a statement that has none as well.
    const { run } = prepared(statement, statement.columns?.().length !== 0);
    return {
      run: (params) => {
        if (params.some(hasNul)) checkNul(db.prepare(NUL).all() as SqlResult["rows"]);
        return run(params);
      },
    };
  });
}
