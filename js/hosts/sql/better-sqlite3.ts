import { checkFunction } from "../../arguments.ts";
import type { SqlHost } from "../sql.ts";
import { prepared, type SyncStatement, syncSqlite } from "./sqlite/prepared.ts";

/** What is needed of a `Database` of better-sqlite3. */
export interface BetterSqlite3Database {
  prepare(statement: string): SyncStatement & {
    readonly reader: boolean;
    safeIntegers(enabled: boolean): unknown;
  };
}

/**
 * The database of better-sqlite3 as a host for `Sql.make`. A database that was opened with `timeout: 0` gets one of
 * 5 seconds at its first use.
 */
export function fromBetterSqlite3(db: BetterSqlite3Database): SqlHost {
  checkFunction("db.prepare of fromBetterSqlite3", db?.prepare);
  return syncSqlite((text) => {
    const statement = db.prepare(text);
    statement.safeIntegers(true);
    return prepared(statement, statement.reader);
  });
}
