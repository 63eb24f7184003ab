import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import type { Statements } from "./driver/transaction.ts";
import { turnsOf } from "./driver/turns.ts";
import { types } from "./postgres/values.ts";

/** What is needed of the `sql` of postgres.js, or of that of a transaction of it. */
export interface PostgresSql {
  unsafe(statement: string, params: never[], options: { prepare: boolean }): { raw(): PromiseLike<PostgresRows> };
}

/** What is needed of what it gives: rows of the bytes as they came. */
export interface PostgresRows extends ArrayLike<unknown> {
  readonly count: number;
  readonly columns: ReadonlyArray<{ name: string; type: number }> | undefined;
}

/** Runs `body` as one transaction, or as a part of one. */
type Together = (body: (sql: PostgresSql) => Promise<PostgresRows[]>) => Promise<PostgresRows[]>;

/**
 * The `sql` of postgres.js as a host for `Sql.make`. Its statements are prepared, unless the client was made with
 * `prepare: false`, as some connection poolers need it. Given the `sql` of a transaction, everything becomes a part of it.
 */
export function fromPostgres(sql: PostgresSql): SqlHost {
  checkFunction("sql.unsafe of fromPostgres", sql?.unsafe);
  const { begin, savepoint } = sql as { begin?: Together; savepoint?: Together };
  const query = async (statement: string, params: SqlValue[]) =>
    resultOf(statement, await start(sql, statement, params));
  const together = begin ?? savepoint;
  if (!together) return { dialect: "pg", query };
  const batch = async (statements: Statements) => {
    const all = await unlessLost(together, (inside) => statements.map((statement) => start(inside, ...statement)));
    return all.map((rows, at) => resultOf((statements[at] as Statements[0])[0], rows));
  };
  if (begin) return { dialect: "pg", query, batch };
  const turns = turnsOf(sql);
  return {
    dialect: "pg",
    query: (statement, params) => turns.take(() => query(statement, params)),
    batch: (statements) => turns.take(() => batch(statements)),
  };
}

/**
 * Runs the queries together. When their connection is lost, postgres.js would send a ROLLBACK where nothing can be sent, which
 * ends the process: it never hears that they failed.
 */
function unlessLost(
  together: Together,
  queries: (sql: PostgresSql) => Array<PromiseLike<PostgresRows>>,
): Promise<PostgresRows[]> {
  return new Promise((resolve, reject) => {
    const body = (sql: PostgresSql) =>
      Promise.all(queries(sql)).catch((error) => {
        const { code } = Object(error) as { code?: unknown };
        if (!/^(CONN|ECONN|EPIPE|ETIMEDOUT)/.test(String(code))) throw error;
        reject(error);
        return new Promise<never>(() => {});
      });
    together(body).then(resolve, reject);
  });
}

/** Values come as bytes: what the client would make of them depends on how the user made it. */
function start(sql: PostgresSql, statement: string, params: SqlValue[]): PromiseLike<PostgresRows> {
  return sql.unsafe(statement, params as never[], { prepare: true }).raw();
}

function resultOf(statement: string, all: PostgresRows): SqlResult {
  const columns = (all.columns ?? []).map(({ name, type }) => ({
    name: nameIn(statement, name),
    parse: types.getTypeParser(type),
  }));
  const rows = Array.from(all, (row) => {
    const values = columns.map(({ name, parse }, at): [string, SqlValue] => {
      const bytes = (row as Array<{ toString(): string } | null>)[at];
      return [name, bytes ? parse(bytes.toString()) : null];
    });
    return Object.fromEntries(values);
  });
  return { rows, affected: all.count };
}

/** The name of a column as the statement has it: a client may be told to write names in another case. */
function nameIn(statement: string, name: string): string {
  if (statement.includes(name)) return name;
  const bare = (word: string) => word.replace(/[^a-z0-9]/gi, "").toLowerCase();
  return statement.match(/\w+/g)?.find((word) => bare(word) === bare(name)) ?? name;
}
