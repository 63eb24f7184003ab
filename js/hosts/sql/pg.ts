import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { rowsOf } from "./driver/rows.ts";
import { atomically, type Bounds, SAVEPOINT, type Statements, transaction } from "./driver/transaction.ts";
import { turnsOf } from "./driver/turns.ts";
import { types } from "./postgres/values.ts";

/** What is needed of a `Pool` of pg. */
export interface PgPool extends PgQueryable {
  readonly totalCount: number;
  connect(): Promise<PgPoolClient>;
}

/** What is needed of a `Client` of pg, also of one that a pool gave out. */
export interface PgClient extends PgQueryable {
  /** "I" outside of a transaction, where pg can tell. */
  getTransactionStatus?(): string | null;
}

/** What is needed of a client that is borrowed from a pool. */
export interface PgPoolClient extends PgQueryable {
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** What runs a query. */
export interface PgQueryable {
  query(query: { text: string; values: SqlValue[]; types: typeof types }): Promise<{
    rows: unknown[];
    rowCount: number | null;
  }>;
}

const TRANSACTION = transaction("BEGIN");

/**
 * The `Pool` or `Client` of pg as a host for `Sql.make`. A client is one connection: its queries take turns, and while a
 * transaction of yours is open on it, everything becomes a part of that.
 */
export function fromPg(client: PgPool | PgClient): SqlHost {
  checkFunction("client.query of fromPg", client?.query);
  return "totalCount" in client ? ofPool(client) : ofClient(client);
}

function ofPool(pool: PgPool): SqlHost {
  return {
    dialect: "pg",
    query: runOn(pool),
    batch: async (statements) => {
      const client = await pool.connect();
      let isLost = false;
      const lost = () => {
        isLost = true;
      };
      // The statement fails too; without a listener the process would end.
      client.on("error", lost);
      try {
        return await atomically(TRANSACTION, runOn(client), statements, lost);
      } finally {
        client.off("error", lost);
        client.release(isLost);
      }
    },
  };
}

function ofClient(client: PgClient): SqlHost {
  const run = runOn(client);
  const turns = turnsOf(client);
  const batch = async (statements: Statements) => atomically(await boundsOn(client, run), run, statements);
  return {
    dialect: "pg",
    query: (statement, params) => turns.take(() => run(statement, params)),
    batch: (statements) => turns.take(() => batch(statements)),
  };
}

function runOn(client: PgQueryable): (text: string, values: SqlValue[]) => Promise<SqlResult> {
  return async (text, values) => {
    const { rows, rowCount } = await client.query({ text, values, types });
    return { rows: rowsOf(rows), affected: rowCount ?? 0 };
  };
}

/** A transaction, or a savepoint in the user's own: BEGIN inside of one would end with a COMMIT of what is theirs. */
async function boundsOn(client: PgClient, run: ReturnType<typeof runOn>): Promise<Bounds> {
  const status = client.getTransactionStatus?.();
  if (status) return status === "I" ? TRANSACTION : SAVEPOINT;
  try {
    await run(SAVEPOINT.begin, []);
    await run(SAVEPOINT.commit, []);
    return SAVEPOINT;
  } catch (error) {
    const { code } = Object(error) as { code?: unknown };
    // no_active_sql_transaction
    if (code === "25P01") return TRANSACTION;
    throw error;
  }
}
