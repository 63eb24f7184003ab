// MariaDB through mysql2.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromMysql2 } from "durastate/sql/mysql2";
import { mysql, mysqlCallbacks } from "../clients/sql.mjs";
import { sqlSeam, sqlSuite } from "../contract/sql_seam.mjs";
import { startMariadb } from "../support/mariadb_server.mjs";
import { inMysql, survivesAKill } from "./killed.mjs";
import { withinTransactions } from "./within.mjs";

const { Sql, SqlError } = durastate;
let server;
let options;
before(async () => {
  server = await startMariadb();
  const { host, port, user, password, database } = server;
  options = { host, port, user, password, database };
});
after(() => server?.stop());

const traits = { isClientError: (error) => typeof error.errno === "number" };

async function aConnection(context, extra) {
  const connection = await mysql.createConnection({ ...options, ...extra });
  context.after(() => connection.end());
  return connection;
}

describe("a pool of mysql2/promise", () => {
  let pool;
  before(() => {
    pool = mysql.createPool({ ...options, connectionLimit: 8 });
  });
  after(() => pool?.end());
  sqlSuite({
    test,
    durastate,
    open: () => Sql.make(fromMysql2(pool)),
    traits: { ...traits, refuses: / $/, keyValue: { room: 65_535 } },
  });
});

describe("a pool of mysql2 with callbacks", () => {
  let pool;
  before(() => {
    pool = mysqlCallbacks.createPool({ ...options, connectionLimit: 4 });
  });
  after(() => pool?.promise().end());
  sqlSeam({ test, durastate, open: () => Sql.make(fromMysql2(pool)), traits });
});

describe("a connection of mysql2/promise", () => {
  let connection;
  before(async () => {
    connection = await mysql.createConnection(options);
  });
  after(() => connection?.end());
  sqlSeam({ test, durastate, open: () => Sql.make(fromMysql2(connection)), traits });

  const within = async (end, body) => {
    await connection.query("START TRANSACTION");
    await body(connection);
    await connection.query(end);
  };
  withinTransactions({ test, within, from: fromMysql2, host: () => fromMysql2(connection) });
});

test("a connection with callbacks runs queries and batches", async (context) => {
  const connection = mysqlCallbacks.createConnection(options);
  context.after(() => connection.promise().end());
  const { query, batch } = fromMysql2(connection);
  assert.deepEqual((await query("SELECT CAST(? AS SIGNED) AS one", [1])).rows, [{ one: 1 }]);
  assert.deepEqual((await batch([["SELECT 1 AS one", []]]))[0].rows, [{ one: 1 }]);
});

test("a batch that fails gives its connection back to the pool", async (context) => {
  const pool = mysql.createPool({ ...options, connectionLimit: 1 });
  context.after(() => pool.end());
  const { batch, query } = fromMysql2(pool);
  const id = async () => (await query("SELECT CONNECTION_ID() AS id", [])).rows[0].id;
  const first = await id();
  for (let times = 0; times < 3; times++)
    await assert.rejects(
      batch([
        ["SELECT 1", []],
        ["SELEKT 1", []],
      ]),
      /syntax/,
    );
  assert.equal(await id(), first);
});

test("how the user has mysql2 read values changes nothing", async (context) => {
  const odd = { rowsAsArray: true, nestTables: "_", bigNumberStrings: true, supportBigNumbers: true };
  const { query } = fromMysql2(await aConnection(context, { ...odd, namedPlaceholders: true, dateStrings: false }));
  const columns = "9007199254740993 AS a, 5 AS b, TRUE AS c, CAST('2026-01-02' AS DATE) AS d, x'00ff' AS e, 1.50 AS f";
  for (const params of [[], [1]]) {
    const [{ e, ...others }] = (await query(`SELECT ${columns}${params.length ? " WHERE 1 = ?" : ""}`, params)).rows;
    assert.deepEqual([...e], [0, 255]);
    assert.deepEqual(others, { a: 2n ** 53n + 1n, b: 5, c: 1, d: "2026-01-02", f: "1.50" });
  }
});

test("bytes are bytes, and text is text, also where the statement does not say so", async (context) => {
  const { query } = fromMysql2(await aConnection(context));
  const [row] = (await query("SELECT ? AS bytes, ? AS text", [new Uint8Array([0, 65, 255]), "A"])).rows;
  assert.deepEqual([...row.bytes], [0, 65, 255]);
  assert.equal(row.text, "A");
});

test("rows are counted as matched, which the user can switch off", async (context) => {
  const counts = async (extra) => {
    const { query } = fromMysql2(await aConnection(context, extra));
    await query("CREATE TEMPORARY TABLE counted (number INTEGER)", []);
    await query("INSERT INTO counted VALUES (1), (2)", []);
    return (await query("UPDATE counted SET number = 1", [])).affected;
  };
  assert.equal(await counts({}), 2);
  assert.equal(await counts({ flags: "-FOUND_ROWS" }), 1);
});

test("a wrong password is an error that does not show it", async (context) => {
  const pool = mysql.createPool({ ...options, password: "a-wrong-one" });
  context.after(() => pool.end());
  const sql = Sql.make(fromMysql2(pool));
  const error = await sql.query("SELECT 1").catch((error) => error);
  assert.ok(error instanceof SqlError);
  assert.match(error.message, /ER_ACCESS_DENIED_ERROR/);
  assert.ok(!`${error.message} ${JSON.stringify(error)}`.includes("a-wrong-one"));
  await assert.rejects(sql.host.batch([["SELECT 1", []]]), { code: "ER_ACCESS_DENIED_ERROR" });
});

test("what is no client is refused", () => {
  for (const bad of [undefined, null, {}, "mysql://"]) {
    assert.throws(() => fromMysql2(bad), { name: "TypeError", message: /^client\.execute of fromMysql2 must be/ });
  }
});

test("a server that is killed under a batch and a query fails both, and both work when it is back", async (context) => {
  const pool = mysql.createPool(options);
  context.after(() => pool.end());
  const sql = Sql.make(fromMysql2(pool));
  await survivesAKill(sql, server, inMysql);
});
