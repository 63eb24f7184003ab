import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlValue } from "../sql.ts";
import { rowsOf, withoutBigInt } from "./driver/rows.ts";

/** What is needed of the `storage` of a Durable Object that is kept in SQLite. */
export interface DurableObjectStorage {
  readonly sql: { exec(statement: string, ...params: unknown[]): { toArray(): unknown[] } };
  transactionSync<T>(body: () => T): T;
}

/**
 * The `ctx.storage` of a Durable Object as a host for `Sql.make`, which answers at once. It rounds integers beyond 2^53 when
 * they are read.
 */
export function fromDurableObject(storage: DurableObjectStorage): SqlHost {
  checkFunction("storage.sql.exec of fromDurableObject", storage?.sql?.exec);
  const query = (statement: string, params: SqlValue[]) => {
    return { rows: rowsOf(storage.sql.exec(statement, ...params.map(withoutBigInt)).toArray()) };
  };
  return {
    dialect: "sqlite",
    query,
    batch: (statements) =>
      storage.transactionSync(() => statements.map(([statement, params]) => query(statement, params))),
  };
}
