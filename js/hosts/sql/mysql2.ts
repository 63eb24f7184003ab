import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { integerOf, rowsOf } from "./driver/rows.ts";
import { atomically, type Bounds, SAVEPOINT, transaction } from "./driver/transaction.ts";
import { turnsOf } from "./driver/turns.ts";

/** What is needed of a pool of mysql2/promise. */
export interface Mysql2Pool extends Mysql2Queryable {
  getConnection(): Promise<Mysql2Connection & { release(): void; destroy(): void }>;
}

/** What is needed of a connection of mysql2/promise. */
export type Mysql2Connection = Mysql2Queryable;

/** A pool or a connection of mysql2 that takes callbacks. */
export interface Mysql2Callbacks {
  promise(): Mysql2Pool | Mysql2Connection;
}

/** What runs a statement: prepared, or as it is. */
export interface Mysql2Queryable {
  execute(options: never): Promise<[unknown, unknown]>;
  query(options: never): Promise<[unknown, unknown]>;
}

const TRANSACTION = transaction("START TRANSACTION");
/** The type of a column that holds integers of 64 bits. */
const LONGLONG = 8;
/** The bit of a connection's status that says that a transaction is open. */
const IN_TRANSACTION = 1;

/** How each statement is to answer, however the user made the client. */
const how = {
  supportBigNumbers: true,
  dateStrings: true,
  rowsAsArray: false,
  nestTables: false,
  namedPlaceholders: false,
};

/**
 * The pool or connection of mysql2, with promises or with callbacks, as a host for `Sql.make`. durastate counts the rows that
 * a statement matches: leave the flag FOUND_ROWS on, which mysql2 sets. A connection's statements take turns, and while a
 * transaction of yours is open on it, everything becomes a part of that.
 */
export function fromMysql2(client: Mysql2Pool | Mysql2Connection | Mysql2Callbacks): SqlHost {
  const promised = "promise" in Object(client) ? (client as Mysql2Callbacks).promise() : (client as Mysql2Connection);
  checkFunction("client.execute of fromMysql2", promised?.execute);
  return "getConnection" in promised ? ofPool(promised as Mysql2Pool) : ofConnection(promised, turnsOf(client));
}

function ofPool(pool: Mysql2Pool): SqlHost {
  return {
    dialect: "mysql",
    query: runOn(pool),
    batch: async (statements) => {
      const connection = await pool.getConnection();
      let isLost = false;
      const lost = () => {
        isLost = true;
      };
      try {
        return await atomically(TRANSACTION, runOn(connection), statements, lost);
      } finally {
        if (isLost) connection.destroy();
        else connection.release();
      }
    },
  };
}

function ofConnection(connection: Mysql2Connection, turns: ReturnType<typeof turnsOf>): SqlHost {
  const run = runOn(connection);
  return {
    dialect: "mysql",
    query: (statement, params) => turns.take(() => run(statement, params)),
    batch: (statements) => turns.take(async () => atomically(await boundsOn(connection), run, statements)),
  };
}

/** A transaction, or a savepoint in the user's own: to start one would commit theirs. */
async function boundsOn(connection: Mysql2Connection): Promise<Bounds> {
  const [header] = await connection.query({ sql: "DO 0" } as never);
  const { serverStatus } = header as { serverStatus: number };
  return serverStatus & IN_TRANSACTION ? SAVEPOINT : TRANSACTION;
}

function runOn(client: Mysql2Queryable): (sql: string, params: SqlValue[]) => Promise<SqlResult> {
  return async (sql, params) => {
    // What begins and ends a transaction can not be prepared.
    const [answer, fields] = params.length
      ? await client.execute({ ...how, sql, values: params.map(asBuffer) } as never)
      : await client.query({ ...how, sql } as never);
    if (!Array.isArray(answer)) return { rows: [], affected: (answer as { affectedRows: number }).affectedRows };
    const rows = rowsOf(answer);
    for (const { name, columnType } of fields as Array<{ name: string; columnType: number }>) {
      if (columnType !== LONGLONG) continue;
      for (const row of rows) if (typeof row[name] === "string") row[name] = integerOf(row[name]);
    }
    return { rows, affected: rows.length };
  };
}

/** Other bytes than those of a Buffer would be sent as text. */
function asBuffer(param: SqlValue): SqlValue {
  const { Buffer } = globalThis as { Buffer?: { from(data: ArrayBufferLike, at: number, size: number): Uint8Array } };
  if (!(param instanceof Uint8Array) || !Buffer) return param;
  return Buffer.from(param.buffer, param.byteOffset, param.byteLength);
}
