// The tests that another program runs and reports, so that both sides know the same names.
import { sqlSuite } from "../contract/sql_seam.mjs";
import { equal, rejects } from "../support/assert.mjs";
import { synchronousSqlite } from "./synchronous.mjs";

/**
 * SQLite that answers at once, in a process of its own. `keepsNul` tells whether it can read a text with a NUL, and
 * `reopens` whether a database that was closed can be opened again.
 */
export function synchronousTests({ test, durastate, open, from }, { keepsNul = true, reopens = false } = {}) {
  let sql;
  const opened = () => {
    sql ??= durastate.Sql.make(from(open()));
    return sql;
  };
  const traits = keepsNul ? { isImmediate: true } : { isImmediate: true, refuses: /\0/ };
  sqlSuite({ test, durastate, open: opened, traits });
  synchronousSqlite({ test, durastate, open, from }, { reopens });

  test("a text with a NUL comes back, or is refused", async () => {
    const read = opened().query("SELECT CAST(? AS TEXT) AS text", ["a\0b"]);
    if (keepsNul) equal((await read).rows[0].text, "a\0b");
    else equal((await rejects(read, durastate.SqlError)).cause.name, "RangeError");
  });
}
