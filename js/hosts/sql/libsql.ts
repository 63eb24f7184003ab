import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { rowsOf } from "./driver/rows.ts";
import { atomically, SAVEPOINT, type Statements } from "./driver/transaction.ts";
import { turnsOf } from "./driver/turns.ts";
import { checkNul, hasNul, NUL } from "./sqlite/nul.ts";

/** What is needed of a client of @libsql/client, or of a transaction of it. */
export interface LibsqlClient {
  execute(statement: { sql: string; args: SqlValue[] }): Promise<LibsqlResult>;
  batch(statements: Array<{ sql: string; args: SqlValue[] }>, mode?: "write"): Promise<LibsqlResult[]>;
  /** "file" for a database of this machine, which only one connection at a time writes to. */
  readonly protocol?: string;
}

/** What is needed of what it gives. */
export interface LibsqlResult {
  readonly rows: unknown[];
  readonly rowsAffected: number;
}

/** How long a statement waits, in milliseconds, for another process that holds the file. */
const PATIENCE = 5000;

/**
 * The client of @libsql/client as a host for `Sql.make`. Integers beyond 2^53 can be read by a client that was made with
 * `intMode: "bigint"`. Given a transaction, everything becomes a part of it.
 *
 * A database of this machine cuts texts at a NUL when it reads them, so one with a NUL is refused there. What is asked of it
 * takes turns on one connection of the client, which gets a busy timeout of 5 seconds where it has none. Make the client with
 * `timeout` where you use it beside durastate and other processes use the file: the client's other connections have none.
 */
export function fromLibsql(client: LibsqlClient): SqlHost {
  checkFunction("client.execute of fromLibsql", client?.execute);
  const execute = async (sql: string, args: SqlValue[]) => resultOf(await client.execute({ sql, args }));
  const check = async (args: SqlValue[]) => {
    if (args.some(hasNul)) checkNul((await execute(NUL, [])).rows);
  };
  const run = async (sql: string, args: SqlValue[]) => {
    await check(args);
    return execute(sql, args);
  };
  const together = async (statements: Statements) => {
    for (const [, args] of statements) await check(args);
    const all = statements.map(([sql, args]) => ({ sql, args }));
    return (await client.batch(all, "write")).map(resultOf);
  };
  const isTransaction = "commit" in client;
  if (!isTransaction && client.protocol !== "file") return { dialect: "sqlite", query: run, batch: together };

  let isPatient = isTransaction;
  const turns = turnsOf(client);
  const inTurn = <T>(body: () => Promise<T>): Promise<T> =>
    turns.take(async () => {
      if (!isPatient) await makePatient(execute);
      isPatient = true;
      return body();
    });
  return {
    dialect: "sqlite",
    query: (statement, params) => inTurn(() => run(statement, params)),
    batch: (statements) =>
      inTurn(() => (isTransaction ? atomically(SAVEPOINT, run, statements) : together(statements))),
  };
}

/** A statement that finds the file held would fail at once, and leave its connection unable to commit what comes next. */
async function makePatient(execute: (sql: string, args: SqlValue[]) => Promise<SqlResult>): Promise<void> {
  const [row] = (await execute("PRAGMA busy_timeout", [])).rows;
  if (Number(row?.timeout) === 0) await execute(`PRAGMA busy_timeout = ${PATIENCE}`, []);
}

function resultOf({ rows, rowsAffected }: LibsqlResult): SqlResult {
  return { rows: rowsOf(rows), affected: rowsAffected };
}
