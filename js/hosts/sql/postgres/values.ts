import type { SqlValue } from "../../sql.ts";
import { integerOf } from "../driver/rows.ts";

/** Reads the text of a value of some type. */
type Parse = (text: string) => SqlValue;

const asIs: Parse = (text) => text;

/** By the number of the type; text, and what is not here, stays the text that PostgreSQL sends. */
const parsers: Record<number, Parse> = {
  // bool
  16: (text) => Number(text === "t"),
  // bytea
  17: bytesOf,
  // int8, int2, int4, oid
  20: integerOf,
  21: Number,
  23: Number,
  26: Number,
  // float4, float8
  700: Number,
  701: Number,
  // clients make objects of these: json, date, timestamp, timestamptz, jsonb
  114: asIs,
  1082: asIs,
  1114: asIs,
  1184: asIs,
  3802: asIs,
};

/** How a client is to read values, in the form that pg and those like it take with each query. */
export const types: { getTypeParser(type: number): Parse } = {
  getTypeParser: (type) => parsers[type] ?? asIs,
};

/** The same as a record, as PGlite takes it. */
export const parsersByType: Record<number, Parse> = parsers;

/** The bytes of a text in one of the two forms of `bytea_output`. */
function bytesOf(text: string): Uint8Array {
  if (!text.startsWith("\\x")) {
    return Uint8Array.from(text.match(/\\\\|\\[0-7]{3}|./gs) ?? [], (part) =>
      part.length === 4 ? Number.parseInt(part.slice(1), 8) : part.charCodeAt(0),
    );
  }
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = (digit(text.charCodeAt(2 * at + 2)) << 4) | digit(text.charCodeAt(2 * at + 3));
  }
  return bytes;
}

/** The value of a hexadecimal digit, which PostgreSQL writes in lower case. */
function digit(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
