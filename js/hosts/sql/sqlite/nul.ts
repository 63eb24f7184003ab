import type { SqlResult, SqlValue } from "../../sql.ts";

/** Asks for a text with a NUL: some drivers cut it there. */
export const NUL = "SELECT char(97, 0, 97) AS text";

/** Whether a parameter is a text with a NUL. */
export function hasNul(param: SqlValue): boolean {
  return typeof param === "string" && param.includes("\0");
}

/** Refuses to store what could not be read again: `rows` are what the driver makes of `NUL`. */
export function checkNul([row]: SqlResult["rows"]): void {
  if (row?.text !== "a\0a") throw new RangeError("this driver can not read a text with a NUL, so it stores none");
}
