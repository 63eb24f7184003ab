import { checkFunction } from "../../arguments.ts";
import type { SqlHost } from "../sql.ts";
import { prepared, type SyncStatement, syncSqlite } from "./sqlite/prepared.ts";

/** What is needed of a `Database` of bun:sqlite. */
export interface BunSqliteDatabase {
  readonly inTransaction: boolean;
  prepare(statement: string): SyncStatement & {
    readonly columnNames: string[];
    finalize(): void;
  };
}

/**
 * The database of bun:sqlite as a host for `Sql.make`. A database without a busy timeout, which is how Bun opens them,
 * gets one of 5 seconds at its first use.
 */
export function fromBunSqlite(db: BunSqliteDatabase): SqlHost {
  checkFunction("db.prepare of fromBunSqlite", db?.prepare);
  return syncSqlite((text) => {
    const statement = db.prepare(text);
    // Bun's types do not know it.
    (statement as { safeIntegers?(enabled: boolean): void }).safeIntegers?.(true);
    const { run } = prepared(statement, statement.columnNames.length > 0);
    return {
      run: (params) => {
        // A statement would go on after its database was closed; this throws then.
        void db.inTransaction;
        return run(params);
      },
      free: () => statement.finalize(),
    };
  });
}
