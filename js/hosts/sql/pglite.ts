import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { rowsOf } from "./driver/rows.ts";
import { atomically, SAVEPOINT, type Statements } from "./driver/transaction.ts";
import { turnsOf } from "./driver/turns.ts";
import { parsersByType as parsers } from "./postgres/values.ts";

/** What is needed of a `PGlite` of @electric-sql/pglite. */
export interface Pglite extends PgliteTransaction {
  transaction<T>(body: (transaction: PgliteTransaction) => Promise<T>): Promise<T>;
}

/** What is needed of a transaction of it. */
export interface PgliteTransaction {
  query(
    statement: string,
    params: SqlValue[],
    options: { rowMode: "object"; parsers: typeof parsers },
  ): Promise<{ rows: unknown[]; affectedRows?: number }>;
}

/** The `PGlite` of @electric-sql/pglite as a host for `Sql.make`. Given a transaction, everything becomes a part of it. */
export function fromPglite(db: Pglite | PgliteTransaction): SqlHost {
  checkFunction("db.query of fromPglite", db?.query);
  const run = runOn(db);
  if ("transaction" in db) {
    const batch = (statements: Statements) =>
      db.transaction(async (transaction) => {
        const inside = runOn(transaction);
        const results: SqlResult[] = [];
        for (const statement of statements) results.push(await inside(...statement));
        return results;
      });
    return { dialect: "pg", query: run, batch };
  }
  const turns = turnsOf(db);
  return {
    dialect: "pg",
    query: (statement, params) => turns.take(() => run(statement, params)),
    batch: (statements) => turns.take(() => atomically(SAVEPOINT, run, statements)),
  };
}

function runOn(db: PgliteTransaction): (statement: string, params: SqlValue[]) => Promise<SqlResult> {
  return async (statement, params) => {
    const { rows, affectedRows } = await db.query(statement, params, { rowMode: "object", parsers });
    return { rows: rowsOf(rows), affected: affectedRows ?? 0 };
  };
}
