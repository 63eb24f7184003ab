// What a database does for durastate, through whichever client: the same tests on every client and in every runtime.
//   test(name, run)        registers a test
//   durastate              the package
//   open()                 gives a Sql; its tables may be shared with other tests
//   traits.isImmediate     whether the host answers without a promise
//   traits.affected        whether it counts the rows that a statement matched
//   traits.bigIntegers     whether integers beyond 2^53 can be read as they are
//   traits.isClientError   tells whether an error is one of the client's own
import { equal, ok, rejects } from "../support/assert.mjs";
import { keyValueContract } from "./key_value.mjs";

const usual = {
  isImmediate: false,
  affected: true,
  bigIntegers: true,
  isClientError: (error) => error instanceof Error,
};
const SECRET = "5ecre7";

const columnTypes = {
  sqlite: { text: "TEXT", bytes: "BLOB", int: "INTEGER", real: "REAL" },
  pg: { text: "TEXT", bytes: "BYTEA", int: "BIGINT", real: "DOUBLE PRECISION" },
  mysql: { text: "LONGTEXT", bytes: "LONGBLOB", int: "BIGINT", real: "DOUBLE" },
};
const casts = {
  sqlite: { text: "TEXT", bytes: "BLOB", int: "INTEGER", real: "REAL" },
  pg: columnTypes.pg,
  mysql: { text: "CHAR", bytes: "BINARY", int: "SIGNED", real: "DOUBLE" },
};

const TEXTS = {
  empty: "",
  quotes: 'it\'s "quoted" `so` -- and; not /* a comment */',
  lines: "one\ntwo\r\n\tthree",
  emoji: "👩‍👩‍👧 ☃ é \u{10ffff} \ufeff",
  placeholders: "? ?? $1 :name @p1 %s {0}",
  escapes: "\\ \\' \\x00 \\n %_ \\",
  numbers: "007",
  null: "null",
  long: "long ".repeat(20_000),
};
const BYTES = {
  empty: new Uint8Array(0),
  "of every kind": Uint8Array.from({ length: 256 }, (_, at) => at),
  "a part of others": Uint8Array.from({ length: 256 }, (_, at) => at).subarray(3, 7),
  "as of text": new TextEncoder().encode("\\x41 'é'"),
  long: Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7) % 256),
};
const SAFE = [0, 1, -1, 255, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const BIG = [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const REALS = [0.5, -0.1, 1e300, 1.7976931348623157e308, 5e-324];

let tables = 0;

export function sqlSeam({ test, durastate, open, traits: given }) {
  const traits = { ...usual, ...given };
  const { SqlError } = durastate;

  test("text comes back as it was, and is no bytes", async () => {
    const table = await aTable(await open());
    for (const [what, text] of Object.entries(TEXTS)) equal(await table.kept("text", text), text, what);
  });

  test("bytes come back as they were, and are no text", async () => {
    const table = await aTable(await open());
    for (const [what, bytes] of Object.entries(BYTES)) {
      const back = await table.kept("bytes", bytes);
      ok(back instanceof Uint8Array, what);
      equal([...back], [...bytes], what);
    }
  });

  test("whole numbers come back as they were", async () => {
    const table = await aTable(await open());
    for (const number of SAFE) {
      equal(await table.kept("int", number), number);
      equal(await table.kept("int", BigInt(number)), number, "as a bigint");
    }
    for (const number of BIG) {
      const back = await table.kept("int", number);
      if (traits.bigIntegers) equal(back, number);
      const { rows } = await table.sql.query(
        `SELECT CAST(int_value AS ${casts[table.dialect].text}) AS text FROM ${table.name}`,
      );
      equal(rows, [{ text: String(number) }], "as it is stored");
    }
  });

  test("other numbers come back as they were", async () => {
    const table = await aTable(await open());
    for (const number of REALS) equal(await table.kept("real", number), number);
  });

  test("nothing is told from empty text and empty bytes", async () => {
    const table = await aTable(await open());
    for (const kind of ["text", "bytes", "int", "real"]) equal(await table.kept(kind, null), null, kind);
    const { rows } = await table.sql.query(`SELECT * FROM ${table.name}`);
    equal({ ...rows[0] }, { id: 1, text_value: null, bytes_value: null, int_value: null, real_value: null });
  });

  test("a comparison is 1, 0 or nothing", async () => {
    const { rows } = await (await open()).query("SELECT 1 = 1 AS yes, 1 = 2 AS no, 1 = NULL AS unknown");
    equal(
      rows.map((row) => ({ ...row })),
      [{ yes: 1, no: 0, unknown: null }],
    );
  });

  test("many parameters and many rows keep their order", async () => {
    const table = await aTable(await open());
    const numbers = Array.from({ length: 90 }, (_, at) => at);
    const values = numbers.map((at) => `(${table.cast(at + 1, "int")})`);
    await table.sql.query(`INSERT INTO ${table.name} (id) VALUES ${values.join(", ")}`, numbers);
    const { rows } = await table.sql.query(`SELECT id FROM ${table.name} ORDER BY id DESC`);
    equal(
      rows.map(({ id }) => id),
      numbers.reverse(),
    );
  });

  test("the host answers as it says", async () => {
    const { host, dialect } = await open();
    const answer = host.query("SELECT 1 AS one", []);
    equal(answer instanceof Promise, !traits.isImmediate);
    equal({ ...(await answer).rows[0] }, { one: 1 });
    const answers = host.batch([["SELECT 1 AS one", []]]);
    equal(answers instanceof Promise, !traits.isImmediate);
    equal({ ...(await answers)[0].rows[0] }, { one: 1 });
    ok(["sqlite", "pg", "mysql"].includes(dialect));
  });

  test("a statement that fails says which, and the next one works", async () => {
    const table = await aTable(await open());
    await table.add(1, "first");
    const failing = [
      ["SELEKT '%'", []],
      [`SELECT nothing FROM ${table.name} WHERE text_value = '%'`, []],
      [`SELECT '%' AS text FROM ${table.name}_missing`, []],
      [table.insertion, [1, SECRET]],
    ];
    for (const [text, params] of failing) {
      const statement = text.replace("%", SECRET);
      const error = await rejects(table.sql.query(statement, params), SqlError, { name: "SqlError" });
      ok(traits.isClientError(error.cause), `the cause of ${statement}: ${error.cause}`);
      equal(error.statement, statement.replace(SECRET, "…"));
      ok(!`${error.message} ${JSON.stringify(error)}`.includes(SECRET), error.message);
      equal(await table.all(), [[1, "first"]]);
    }
  });

  test("what a statement changed can be counted", async () => {
    const table = await aTable(await open());
    const counts = [];
    const count = async (statement, params) => counts.push((await table.sql.query(statement, params)).affected);
    await count(table.insertion, [1, "a"]);
    await table.add(2, "b");
    await count(`UPDATE ${table.name} SET text_value = ${table.cast(1, "text")}`, ["c"]);
    await count(`UPDATE ${table.name} SET text_value = ${table.cast(1, "text")}`, ["c"]);
    await count(`UPDATE ${table.name} SET text_value = 'd' WHERE id = ${table.cast(1, "int")}`, [3]);
    await count(`DELETE FROM ${table.name}`);
    equal(counts, traits.affected ? [1, 2, 2, 0, 2] : Array(5).fill(undefined));
  });

  test("statements are told apart, however many there are", async () => {
    const sql = await open();
    const ask = async (at) => equal({ ...(await sql.query(`SELECT ${at} AS at`)).rows[0] }, { at });
    for (let at = 0; at < 250; at++) await ask(at);
    for (const at of [0, 249, 150, 100, 99]) await ask(at);
  });

  test("a table that was made anew is read anew", async () => {
    const table = await aTable(await open());
    const statement = `SELECT * FROM ${table.name} WHERE id = ${table.cast(1, "int")}`;
    await table.add(1, "first");
    equal((await table.sql.query(statement, [1])).rows.length, 1);
    await table.sql.query(`DROP TABLE ${table.name}`);
    await rejects(table.sql.query(statement, [1]), SqlError);
    await table.sql.query(`CREATE TABLE ${table.name} (id INTEGER PRIMARY KEY, another INTEGER)`);
    await table.sql.query(`INSERT INTO ${table.name} (id, another) VALUES (1, 2)`);
    equal(
      (await table.sql.query(statement, [1])).rows.map((row) => ({ ...row })),
      [{ id: 1, another: 2 }],
    );
  });

  test("a batch gives what each of its statements gave", async () => {
    const table = await aTable(await open());
    const results = await table.sql.host.batch([
      [table.insertion, [1, "a"]],
      [table.selection, []],
      [table.insertion, [2, "b"]],
      [`UPDATE ${table.name} SET text_value = 'c'`, []],
      [table.selection, []],
    ]);
    equal(
      results.map(({ rows }) => rows.map(({ id, text_value }) => [id, text_value])),
      [
        [],
        [[1, "a"]],
        [],
        [],
        [
          [1, "c"],
          [2, "c"],
        ],
      ],
    );
    if (traits.affected)
      equal(
        [0, 2, 3].map((at) => results[at].affected),
        [1, 1, 2],
      );
    equal(await table.all(), [
      [1, "c"],
      [2, "c"],
    ]);
  });

  test("of a batch that fails, nothing stays", async () => {
    const table = await aTable(await open());
    const { batch } = table.sql.host;
    const failing = [
      [
        [table.insertion, [1, "a"]],
        [table.insertion, [1, "again"]],
      ],
      [
        [table.insertion, [1, "a"]],
        [`INSERT INTO ${table.name}_missing (id) VALUES (1)`, []],
        [table.insertion, [2, "b"]],
      ],
      [
        ["SELEKT 1", []],
        [table.insertion, [1, "a"]],
      ],
      [
        [table.insertion, [1, "a"]],
        [table.insertion, [2, "b"]],
        [table.insertion, [2, SECRET]],
      ],
    ];
    for (const statements of failing) {
      const error = await failureOf(() => batch(statements));
      ok(traits.isClientError(error), `it failed with ${error}`);
      equal(await table.all(), []);
    }
    await batch([[table.insertion, [1, "a"]]]);
    equal(await table.all(), [[1, "a"]]);
  });

  test("batches and queries at once do not mix", async () => {
    const table = await aTable(await open());
    const { host } = table.sql;
    const many = async (from) =>
      host.batch(Array.from({ length: 5 }, (_, at) => [table.insertion, [from + at, "kept"]]));
    const none = async (from) =>
      host.batch([
        [table.insertion, [from, "lost"]],
        ["SELEKT 1", []],
      ]);
    const one = async (from) => {
      // so that some come while a batch is under way
      for (let turns = 0; turns < from % 4; turns++) await new Promise((resolve) => setTimeout(resolve));
      return table.add(from, "kept");
    };
    const work = Array.from({ length: 24 }, (_, at) => [none, many, one][at % 3](101 * at + 1));
    const outcomes = await Promise.allSettled(work);
    equal(
      outcomes.map(({ status }) => status),
      work.map((_, at) => (at % 3 === 0 ? "rejected" : "fulfilled")),
    );
    const all = await table.all();
    equal(all.length, 8 * 5 + 8);
    ok(
      all.every(([, text]) => text === "kept"),
      "what was to be lost is not there",
    );
  });

  test("batches at once see each other's work as a whole", async () => {
    const table = await aTable(await open());
    await table.add(1, "");
    const more = `UPDATE ${table.name} SET int_value = COALESCE(int_value, 0) + 1`;
    const batches = Array.from({ length: 10 }, async () =>
      table.sql.host.batch([
        [more, []],
        [more, []],
        [more, []],
      ]),
    );
    await Promise.all(batches);
    const { rows } = await table.sql.query(`SELECT int_value FROM ${table.name}`);
    equal(
      rows.map(({ int_value }) => int_value),
      [30],
    );
  });

  test("fifty at once each get their own answer", async () => {
    const table = await aTable(await open());
    const asked = Array.from({ length: 50 }, async (_, at) => {
      const text = `${table.cast(1, "text")} AS text_value, ${table.cast(2, "int")} AS int_value`;
      const { rows } = await table.sql.query(`SELECT ${text}`, [`text ${at}`, at]);
      return { ...rows[0] };
    });
    equal(
      await Promise.all(asked),
      asked.map((_, at) => ({ text_value: `text ${at}`, int_value: at })),
    );
  });
}

/** What the contract's tests of odd keys need a database to hold. */
const ODD_KEYS = {
  "keys may be odd, and are different from each other": ["\0", " "],
  "keys are listed as they were given": ["\0", " "],
  "a prefix may be anything that can begin a key": ["\0"],
};

/**
 * All of the above, and the key-value layer on a table of its own for each of its tests. `traits.refuses` matches keys that
 * the database, or the client, can not hold.
 */
export function sqlSuite({ test, durastate, open, traits = {} }) {
  sqlSeam({ test, durastate, open, traits });
  const { refuses, keyValue } = traits;
  const aStore = async () => durastate.KeyValueStore.sql(await open(), { table: newName() });
  keyValueContract({
    test: (name, run) => {
      const isRefused = refuses && ODD_KEYS[name]?.some((key) => refuses.test(key));
      if (!isRefused) test(`KeyValueStore: ${name}`, run);
    },
    durastate,
    open: aStore,
    traits: { atomicity: "store", anyText: false, ...keyValue },
  });
  if (!refuses) return;

  test("KeyValueStore: a key that can not be held is refused, and the others stay as they are", async () => {
    const { KeyValueStoreError } = durastate;
    const kv = await aStore();
    await kv.set("a", "1");
    const odd = ["\0", "a\0", "a\0b", " ", "a "].filter((key) => refuses.test(key));
    ok(odd.length > 1);
    for (const key of odd) {
      await rejects(kv.set(key, "2"), KeyValueStoreError, { method: "set", key });
      await rejects(
        kv.modify(key, (value) => value),
        KeyValueStoreError,
        { method: "modify", key },
      );
      equal(await kv.keys(), ["a"]);
      equal(await kv.get("a"), "1");
    }
  });
}

function newName() {
  tables += 1;
  return `table_${Math.random().toString(36).slice(2)}_${tables}`;
}

/** A table of this test, with a column of each type. */
async function aTable(sql) {
  const { dialect } = sql;
  const types = columnTypes[dialect];
  const name = newName();
  const columns = Object.entries(types).map(([kind, type]) => `${kind}_value ${type}`);
  await sql.query(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, ${columns.join(", ")})`);

  const cast = (place, kind) =>
    dialect === "pg" ? `$${place}::${casts.pg[kind]}` : `CAST(? AS ${casts[dialect][kind]})`;
  const insertion = `INSERT INTO ${name} (id, text_value) VALUES (${cast(1, "int")}, ${cast(2, "text")})`;
  const selection = `SELECT id, text_value FROM ${name} ORDER BY id`;
  return {
    sql,
    dialect,
    name,
    cast,
    insertion,
    selection,
    add: (id, text) => sql.query(insertion, [id, text]),
    all: async () => (await sql.query(selection)).rows.map(({ id, text_value }) => [id, text_value]),
    /** Keeps one value, and gives what is read of it. */
    kept: async (kind, value) => {
      await sql.query(`DELETE FROM ${name}`);
      await sql.query(`INSERT INTO ${name} (${kind}_value, id) VALUES (${cast(1, kind)}, 1)`, [value]);
      const { rows } = await sql.query(`SELECT ${kind}_value AS value FROM ${name}`);
      equal(rows.length, 1);
      return rows[0].value;
    },
  };
}

/** What it throws, at once or later. */
async function failureOf(run) {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
