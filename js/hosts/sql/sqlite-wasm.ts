import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlValue } from "../sql.ts";
import { rowsOf } from "./driver/rows.ts";
import { syncSqlite } from "./sqlite/prepared.ts";

/** What is needed of a database of @sqlite.org/sqlite-wasm: `oo1.DB`, `oo1.OpfsDb` and the others of its kind. */
export interface SqliteWasmDatabase {
  prepare(statement: string): SqliteWasmStatement;
  changes(): number | bigint;
}

/** What is needed of a statement of it. */
export interface SqliteWasmStatement {
  readonly columnCount: number;
  bind(params: SqlValue[]): unknown;
  step(): boolean;
  get(row: Record<string, never>): unknown;
  reset(clearBindings: boolean): unknown;
  finalize(): unknown;
}

/** The database of @sqlite.org/sqlite-wasm as a host for `Sql.make`. One that others use too wants a busy timeout of yours. */
export function fromSqliteWasm(db: SqliteWasmDatabase): SqlHost {
  checkFunction("db.prepare of fromSqliteWasm", db?.prepare);
  const prepare = (text: string) => {
    const statement = db.prepare(text);
    return {
      run(params: SqlValue[]) {
        if (params.length) statement.bind(params.map(bindable));
        const rows: unknown[] = [];
        while (statement.step()) rows.push(statement.get({}));
        const reads = statement.columnCount > 0;
        statement.reset(true);
        return reads ? { rows: rowsOf(rows) } : { rows: [], affected: Number(db.changes()) };
      },
      free: () => void statement.finalize(),
    };
  };
  return syncSqlite(prepare, false);
}

/** A whole number that is too large for 64 bits would be bound as 0: it goes as text, which the statement casts. */
function bindable(param: SqlValue): SqlValue {
  return typeof param === "number" && Number.isInteger(param) && Math.abs(param) >= 2 ** 63 ? String(param) : param;
}
