import { checkFunction } from "../../arguments.ts";
import type { SqlHost, SqlResult, SqlValue } from "../sql.ts";
import { rowsOf } from "./driver/rows.ts";
import { types } from "./postgres/values.ts";

/** What is needed of the function that `neon()` of @neondatabase/serverless gives. */
export interface NeonSql {
  query(statement: string, params: SqlValue[], options: NeonOptions): PromiseLike<unknown>;
  transaction(queries: never[], options: { arrayMode: false; fullResults: true }): Promise<unknown>;
}

/** How a query is to answer. */
export interface NeonOptions {
  arrayMode: false;
  fullResults: true;
  types: never;
}

const options: NeonOptions = { arrayMode: false, fullResults: true, types: types as never };

/** The `neon()` function of @neondatabase/serverless as a host for `Sql.make`; its `Pool` and `Client` are for `fromPg`. */
export function fromNeon(sql: NeonSql): SqlHost {
  checkFunction("sql.query of fromNeon", sql?.query);
  return {
    dialect: "pg",
    query: async (statement, params) => resultOf(await sql.query(statement, params, options)),
    batch: async (statements) => {
      // The types are those of each query; the other two are asked for once.
      const queries = statements.map(([statement, params]) => sql.query(statement, params, options));
      const results = await sql.transaction(queries as never[], { arrayMode: false, fullResults: true });
      return (results as unknown[]).map(resultOf);
    },
  };
}

function resultOf(result: unknown): SqlResult {
  const { rows, rowCount } = result as { rows: unknown[]; rowCount: number | null };
  return { rows: rowsOf(rows), affected: rowCount ?? 0 };
}
