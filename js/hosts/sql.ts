import { checkFunction, checkString, shown } from "../arguments.ts";
import { SqlError } from "../errors.ts";
import type { Awaitable } from "./store.ts";

/** A value of a column or a parameter. */
export type SqlValue = null | string | number | bigint | Uint8Array;

/** The SQL that a database speaks. */
export type SqlDialect = "sqlite" | "pg" | "mysql" | "mssql";

/** What a statement gave. */
export interface SqlResult {
  /** A record for each row. */
  rows: Array<Record<string, SqlValue>>;
  /** How many rows the statement matched. MySQL needs it; the others answer by rows. */
  affected?: number;
}

/** A database client, reduced to what durastate needs of it: one function. */
export interface SqlHost {
  readonly dialect: SqlDialect;
  /** Runs one statement. Its placeholders are the dialect's own: `?`, `$1` or `@p1`. */
  query(statement: string, params: SqlValue[]): Awaitable<SqlResult>;
  /** Runs several as one atomic change: all of them, or none. */
  batch?(statements: Array<[statement: string, params: SqlValue[]]>): Awaitable<SqlResult[]>;
}

const DIALECTS: readonly unknown[] = ["sqlite", "pg", "mysql", "mssql"];

/** What a statement gave: names of columns, the values of all rows in one list, and how many rows matched. */
type Carried = [columns: string[], values: unknown[], affected: number | undefined];

type Statement = [statement: string, params: SqlValue[]];

/** A database that the host is connected to. */
export class Sql {
  /**
   * The host's own functions.
   * @internal
   */
  readonly host: SqlHost;
  /**
   * The tables that are known to be there.
   * @internal
   */
  readonly ready: Set<string> = new Set();

  private constructor(host: SqlHost) {
    this.host = host;
  }

  /** A database behind the functions of a client. An adapter makes them of the client that you have. */
  static make(host: SqlHost): Sql {
    if (typeof host !== "object" || host === null) {
      throw new TypeError(`the host of Sql.make must be an object, but is ${shown(host)}`);
    }
    if (!DIALECTS.includes(host.dialect)) {
      throw new TypeError(
        `dialect of Sql.make must be "sqlite", "pg", "mysql" or "mssql", but is ${shown(host.dialect)}`,
      );
    }
    checkFunction("query of Sql.make", host.query);
    if (host.batch !== undefined) checkFunction("batch of Sql.make", host.batch);
    return new Sql(host);
  }

  /** Which SQL it speaks. */
  get dialect(): SqlDialect {
    return this.host.dialect;
  }

  /**
   * Whether it runs several statements as one.
   * @internal
   */
  get batches(): boolean {
    return this.host.batch !== undefined;
  }

  /**
   * Statements are never put together with those of others: they would become one change.
   * @internal
   */
  get together(): boolean {
    return false;
  }

  /**
   * Carries out what durastate itself asks for.
   * @internal
   */
  carryOut([statements = []]: Statement[][]): Awaitable<Carried[][]> {
    const text = statements.map(([statement]) => statement).join(";\n");
    const done = (results: SqlResult[]) => [results.map(carried)];
    const failed = (cause: unknown): never => {
      // Somebody has dropped it: the next call makes it again.
      if (missesTable(cause)) this.ready.clear();
      throw sqlError(text, cause);
    };
    try {
      const results = this.#run(statements);
      return results instanceof Promise ? results.then(done).catch(failed) : done(results);
    } catch (cause) {
      return failed(cause);
    }
  }

  #run(statements: Statement[]): Awaitable<SqlResult[]> {
    const [only] = statements;
    if (statements.length > 1 || !only) return this.host.batch?.(statements) ?? [];
    const result = this.host.query(...only);
    return result instanceof Promise ? result.then((result) => [result]) : [result];
  }

  /** Runs one statement. */
  async query(statement: string, params: SqlValue[] = []): Promise<SqlResult> {
    checkString("statement of Sql.query", statement);
    try {
      return await this.host.query(statement, params);
    } catch (cause) {
      throw sqlError(statement, cause);
    }
  }
}

function carried({ rows, affected }: SqlResult): Carried {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.flatMap((row) => columns.map((column) => row[column]));
  return [columns, values, affected === undefined ? undefined : Number(affected)];
}

/** What a host threw, as the error of this seam. Its message may hold data: only its code is shown. */
function sqlError(statement: string, cause: unknown): SqlError {
  if (cause instanceof SqlError) return cause;
  const { code, errno } = Object(cause) as { code?: unknown; errno?: unknown };
  const known = [code, errno].find((known) => typeof known === "string" || typeof known === "number");
  const name = known ?? (cause instanceof Error ? cause.name : "");
  const message = `the database failed${name === "" ? "" : ` (${name})`}`;
  return new SqlError({ message, statement: withoutLiterals(statement), cause });
}

function missesTable(cause: unknown): boolean {
  const { code, message } = Object(cause) as { code?: unknown; message?: unknown };
  return code === "42P01" || code === "ER_NO_SUCH_TABLE" || /no such table/i.test(String(message));
}

/** The statement with its literal texts left out. */
function withoutLiterals(statement: string): string {
  return statement.replace(/'(?:[^']|'')*'/g, "'…'");
}
