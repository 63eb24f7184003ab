// What holds for every SQLite that answers at once.
//   open(path?)   gives the client's database, in memory or of this file, without a busy timeout
//   from(db)      the adapter
//   reopens       whether a database that was closed can be opened again
import { equal, rejects, throws } from "../support/assert.mjs";

const INSERTION = "INSERT INTO numbers (number) VALUES (?)";

export function synchronousSqlite({ test, durastate, open, from }, { reopens = false } = {}) {
  const { Sql, SqlError } = durastate;

  const numbersOf = async (db) => {
    const { rows } = await from(db).query("SELECT number FROM numbers ORDER BY number", []);
    return rows.map(({ number }) => number);
  };
  const withNumbers = () => {
    const db = open();
    db.exec("CREATE TABLE numbers (number INTEGER PRIMARY KEY, bytes BLOB)");
    return db;
  };
  const timeoutOf = (db) => from(db).query("PRAGMA busy_timeout", []).rows[0].timeout;

  test("what is given to the adapter is checked", () => {
    for (const bad of [undefined, null, {}, "file.db"])
      throws(() => from(bad), TypeError, { message: /^db\.prepare of from/ });
  });

  test("a batch within a transaction of the user's is a part of it", async () => {
    const db = withNumbers();
    const { batch } = from(db);
    db.exec("BEGIN");
    db.exec("INSERT INTO numbers (number) VALUES (1)");
    batch([
      [INSERTION, [2]],
      [INSERTION, [3]],
    ]);
    equal(await numbersOf(db), [1, 2, 3]);
    db.exec("ROLLBACK");
    equal(await numbersOf(db), []);
  });

  test("a batch that fails within a transaction of the user's undoes itself alone", async () => {
    const db = withNumbers();
    const { batch } = from(db);
    db.exec("BEGIN");
    db.exec("INSERT INTO numbers (number) VALUES (1)");
    throws(
      () =>
        batch([
          [INSERTION, [2]],
          [INSERTION, [1]],
        ]),
      Error,
      { message: /UNIQUE constraint failed/ },
    );
    batch([[INSERTION, [3]]]);
    db.exec("COMMIT");
    equal(await numbersOf(db), [1, 3]);
  });

  test("a batch that a constraint stops at its end is undone, and the next one works", async () => {
    const db = withNumbers();
    const { batch, query } = from(db);
    query("PRAGMA foreign_keys = ON", []);
    query("CREATE TABLE parts (of INTEGER REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED)", []);
    const dangling = [
      [INSERTION, [1]],
      ["INSERT INTO parts (of) VALUES (2)", []],
    ];
    throws(() => batch(dangling), Error, { message: /FOREIGN KEY constraint failed/ });
    equal(await numbersOf(db), []);
    batch([
      [INSERTION, [2]],
      ["INSERT INTO parts (of) VALUES (2)", []],
    ]);
    equal(await numbersOf(db), [2]);
  });

  test("a database without room keeps what it had, and nothing of the batch that did not fit", async () => {
    const db = withNumbers();
    const sql = Sql.make(from(db));
    await sql.query(INSERTION, [1]);
    await sql.query("PRAGMA max_page_count = 20");
    const large = ["INSERT INTO numbers (number, bytes) VALUES (3, ?)", [new Uint8Array(1_000_000)]];
    throws(() => sql.host.batch([[INSERTION, [2]], large]), Error, { message: /full/ });
    equal(await numbersOf(db), [1]);
    const error = await rejects(sql.query(...large), SqlError);
    equal(/full/.test(error.cause.message), true);
    await sql.query(INSERTION, [4]);
    equal(await numbersOf(db), [1, 4]);
  });

  test("a database that has no busy timeout gets one at its first use, and others keep theirs", () => {
    const none = open();
    const host = from(none);
    host.query("SELECT 1", []);
    equal(host.query("PRAGMA busy_timeout", []).rows[0].timeout, 5000);
    const own = open();
    own.exec("PRAGMA busy_timeout = 1234");
    equal(timeoutOf(own), 1234);
    none.exec("PRAGMA busy_timeout = 0");
    host.query("SELECT 1", []);
    equal(host.query("PRAGMA busy_timeout", []).rows[0].timeout, 0, "what the user does later stays");
  });

  test("a database that is closed says so", async () => {
    const db = open();
    const sql = Sql.make(from(db));
    await sql.query("SELECT 1");
    db.close();
    await rejects(sql.query("SELECT 1"), SqlError);
    throws(() => sql.host.batch([["SELECT 1", []]]), Error);
  });

  if (!reopens) return;
  test("a database that is closed and opened again works as before", () => {
    const db = open();
    const { query, batch } = from(db);
    equal({ ...query("SELECT 1 AS one", []).rows[0] }, { one: 1 });
    batch([["SELECT 1 AS one", []]]);
    db.close();
    throws(() => query("SELECT 1 AS one", []), Error);
    throws(() => batch([["SELECT 1 AS one", []]]), Error);
    db.open();
    equal({ ...query("SELECT 1 AS one", []).rows[0] }, { one: 1 });
    equal({ ...batch([["SELECT 1 AS one", []]])[0].rows[0] }, { one: 1 });
  });
}
