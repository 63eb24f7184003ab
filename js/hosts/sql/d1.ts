import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { rowsOf, withoutBigInt } from "./driver/rows.ts";

/** What is needed of a D1 binding, or of a session of it. */
export interface D1 {
  prepare(statement: string): D1Statement;
  batch(statements: never[]): Promise<D1Result[]>;
}

/** What is needed of a statement of it. */
export interface D1Statement {
  bind(...params: unknown[]): D1Statement;
  all(): Promise<D1Result>;
}

/** What is needed of what it gives. */
export interface D1Result {
  results?: unknown[];
  meta?: { changes?: number };
}

/** The D1 database of a Worker as a host for `Sql.make`. D1 itself rounds integers beyond 2^53 when they are read. */
export function fromD1(db: D1): SqlHost {
  checkFunction("db.prepare of fromD1", db?.prepare);
  const bound = (statement: string, params: SqlValue[]) => db.prepare(statement).bind(...params.map(withoutBigInt));
  return {
    dialect: "sqlite",
    query: async (statement, params) => resultOf(await bound(statement, params).all()),
    batch: async (statements) => {
      const all = statements.map(([statement, params]) => bound(statement, params));
      return (await db.batch(all as never[])).map(resultOf);
    },
  };
}

function resultOf({ results = [], meta }: D1Result): SqlResult {
  const rows = rowsOf(results);
  // Bytes come as a list of numbers.
  for (const row of rows) {
    for (const name in row) if (Array.isArray(row[name])) row[name] = Uint8Array.from(row[name] as never);
  }
  return { rows, affected: meta?.changes ?? 0 };
}
