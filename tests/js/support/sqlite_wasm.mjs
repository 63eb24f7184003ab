// Runs in a page or a worker: the tests of @sqlite.org/sqlite-wasm by name.
import { sqlSeam, sqlSuite } from "../contract/sql_seam.mjs";
import { equal, throws } from "./assert.mjs";

/** The tests on this kind of database, so that both sides know the same names. */
export function sqliteWasmTests({ test, durastate, from, db }, kind) {
  let sql;
  const opened = () => {
    sql ??= durastate.Sql.make(from(db));
    return sql;
  };
  // Each write to a file takes milliseconds: the layer is tried in memory.
  const suite = kind === "memory" ? sqlSuite : sqlSeam;
  suite({ test, durastate, open: opened, traits: { isImmediate: true } });

  test("a batch within a transaction of the user's is a part of it", () => {
    const { query, batch } = from(db);
    query("CREATE TABLE within (number INTEGER PRIMARY KEY)", []);
    const put = (number) => [`INSERT INTO within (number) VALUES (${number})`, []];
    const numbers = () => query("SELECT number FROM within ORDER BY number", []).rows.map(({ number }) => number);
    db.exec("BEGIN");
    batch([put(1), put(2)]);
    equal(numbers(), [1, 2]);
    db.exec("ROLLBACK");
    equal(numbers(), []);
    db.exec("BEGIN");
    query(...put(1));
    throws(() => batch([put(2), put(1)]), Error, { message: /UNIQUE constraint failed/ });
    batch([put(3)]);
    db.exec("COMMIT");
    equal(numbers(), [1, 3]);
    query("DROP TABLE within", []);
  });

  test("what is no database is refused", () => {
    const message = /^db\.prepare of fromSqliteWasm must be/;
    for (const bad of [undefined, null, {}, ":memory:"]) throws(() => from(bad), TypeError, { message });
  });
}

const databases = {
  memory: ({ oo1 }) => new oo1.DB(":memory:"),
  opfs: ({ oo1 }) => new oo1.OpfsDb("/contract.db"),
  pool: async (sqlite3) => new (await sqlite3.installOpfsSAHPoolVfs({})).OpfsSAHPoolDb("/contract.db"),
};

/** Opens a database of this kind; gives what runs a test on it, and tells all names. */
export async function runner(kind) {
  const { default: initialize } = await import("/sqlite-wasm/index.mjs");
  const durastate = await import("/dist/index.js");
  const { fromSqliteWasm } = await import("/dist/sql/sqlite-wasm.js");
  const db = await databases[kind](await initialize());
  const tests = new Map();
  sqliteWasmTests({ test: (name, run) => tests.set(name, run), durastate, from: fromSqliteWasm, db }, kind);
  return async (name) => {
    if (name) await tests.get(name)();
    return [...tests.keys()];
  };
}
