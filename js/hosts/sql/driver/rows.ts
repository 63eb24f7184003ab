import type { SqlResult, SqlValue } from "../../sql.ts";

/** The rows of a driver, whose values are changed in place where durastate knows them by another type. */
export function rowsOf(rows: unknown[]): SqlResult["rows"] {
  const all = rows as SqlResult["rows"];
  for (const row of all) for (const name in row) row[name] = sqlValueOf(row[name]);
  return all;
}

/** A value as a driver gives it, as durastate knows it. */
function sqlValueOf(value: unknown): SqlValue {
  if (typeof value === "bigint") return narrowed(value);
  if (typeof value === "boolean") return Number(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof Date) return value.toISOString();
  return (value ?? null) as SqlValue;
}

/** The integer of a text: a bigint only where a number would not be exact. */
export function integerOf(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** A parameter for a driver that takes no bigint. One that no number holds goes as text, which the statement casts. */
export function withoutBigInt(param: SqlValue): Exclude<SqlValue, bigint> {
  if (typeof param !== "bigint") return param;
  const narrow = narrowed(param);
  return typeof narrow === "bigint" ? String(narrow) : narrow;
}

function narrowed(integer: bigint): number | bigint {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
