import type { SqlResult, SqlValue } from "../../sql.ts";

/** Statements with their parameters, as `batch` is given them. */
export type Statements = Array<[statement: string, params: SqlValue[]]>;

/** The statements around those of a batch. */
export interface Bounds {
  readonly begin: string;
  readonly commit: string;
  readonly undo: readonly string[];
}

/** A transaction of its own. */
export const transaction = (begin: string): Bounds => ({ begin, commit: "COMMIT", undo: ["ROLLBACK"] });

/** A part of the transaction that is already under way, which is not ours to commit. */
export const SAVEPOINT: Bounds = {
  begin: "SAVEPOINT durastate",
  commit: "RELEASE SAVEPOINT durastate",
  undo: ["ROLLBACK TO SAVEPOINT durastate", "RELEASE SAVEPOINT durastate"],
};

/** Runs the statements between these bounds; `lost` hears of a connection that could not undo what failed. */
export async function atomically(
  bounds: Bounds,
  run: (statement: string, params: SqlValue[]) => Promise<SqlResult>,
  statements: Statements,
  lost: () => void = () => {},
): Promise<SqlResult[]> {
  const results: SqlResult[] = [];
  try {
    await run(bounds.begin, []);
    for (const [statement, params] of statements) results.push(await run(statement, params));
    await run(bounds.commit, []);
    return results;
  } catch (error) {
    try {
      for (const statement of bounds.undo) await run(statement, []);
    } catch {
      lost();
    }
    throw error;
  }
}
