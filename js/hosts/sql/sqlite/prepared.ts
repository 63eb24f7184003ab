import type { SqlHost, SqlResult, SqlValue } from "../../sql.ts";
import { rowsOf } from "../driver/rows.ts";
import { type Bounds, SAVEPOINT, transaction } from "../driver/transaction.ts";

/** A prepared statement of a driver that answers at once. */
export interface Prepared {
  run(params: SqlValue[]): SqlResult;
  /** Lets go of what the driver holds for it, where that is not left to the garbage collector. */
  free?(): void;
}

/** A prepared statement as node:sqlite, better-sqlite3 and bun:sqlite have it. */
export interface SyncStatement {
  all(...params: SqlValue[]): unknown[];
  run(...params: SqlValue[]): { changes: number | bigint };
}

/** Statements that are kept prepared, at most. */
const ROOM = 100;
/** How long a statement waits, in milliseconds, for another process that holds the database. */
const PATIENCE = 5000;

/** A statement of a driver; `reads` says whether it gives rows. */
export function prepared(statement: SyncStatement, reads: boolean): Prepared {
  return {
    run: (params) => {
      if (reads) return { rows: rowsOf(statement.all(...params)) };
      return { rows: [], affected: Number(statement.run(...params).changes) };
    },
  };
}

/** A SQLite that answers at once. `patient` gives one that was opened without a busy timeout 5 seconds of it. */
export function syncSqlite(prepare: (statement: string) => Prepared, patient = true): SqlHost {
  const kept = new Kept(prepare);
  const query = (statement: string, params: SqlValue[] = []): SqlResult => {
    if (patient) {
      const [row] = kept.run("PRAGMA busy_timeout", []).rows;
      if (row?.timeout === 0) kept.run(`PRAGMA busy_timeout = ${PATIENCE}`, []);
      patient = false;
    }
    return kept.run(statement, params);
  };
  return {
    dialect: "sqlite",
    query,
    batch: (statements) => {
      const bounds = begin(query);
      try {
        const results = statements.map(([statement, params]) => query(statement, params));
        query(bounds.commit);
        return results;
      } catch (error) {
        try {
          for (const statement of bounds.undo) query(statement);
        } catch {
          // SQLite has rolled back by itself.
        }
        throw error;
      }
    },
  };
}

/** Opens a transaction, or a savepoint where the user's own transaction is open, which only SQLite can tell. */
function begin(query: (statement: string) => SqlResult): Bounds {
  const own = transaction("BEGIN IMMEDIATE");
  try {
    query(own.begin);
    return own;
  } catch (error) {
    if (!/within a transaction/.test(String((error as Error)?.message))) throw error;
  }
  query(SAVEPOINT.begin);
  return SAVEPOINT;
}

/** The statements that were used last, each prepared once. */
class Kept {
  readonly #prepare: (statement: string) => Prepared;
  readonly #statements = new Map<string, Prepared>();

  constructor(prepare: (statement: string) => Prepared) {
    this.#prepare = prepare;
  }

  run(statement: string, params: SqlValue[]): SqlResult {
    const prepared = this.#statements.get(statement) ?? this.#prepare(statement);
    this.#keep(statement, prepared);
    try {
      return prepared.run(params);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** They may all be of a database that was closed and opened again. */
  #forget(): void {
    for (const { free } of this.#statements.values()) free?.();
    this.#statements.clear();
  }

  /** The order of a Map is the order of use: who is used goes to the end, and who is first goes away. */
  #keep(statement: string, prepared: Prepared): void {
    this.#statements.delete(statement);
    this.#statements.set(statement, prepared);
    if (this.#statements.size <= ROOM) return;
    for (const [oldest, { free }] of this.#statements) {
      this.#statements.delete(oldest);
      free?.();
      return;
    }
  }
}
