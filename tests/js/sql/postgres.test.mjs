// PostgreSQL through postgres.js.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromPostgres } from "durastate/sql/postgres";
import { postgres } from "../clients/sql.mjs";
import { sqlSeam, sqlSuite } from "../contract/sql_seam.mjs";
import { startPostgres } from "../support/postgres_server.mjs";
import { inPostgres, survivesAKill } from "./killed.mjs";
import { withinTransactions } from "./within.mjs";

const { KeyValueStore, Sql } = durastate;
let server;
before(async () => {
  server = await startPostgres();
});
after(() => server?.stop());

const traits = { isClientError: (error) => error instanceof postgres.PostgresError };
const options = { max: 8, onnotice: () => {} };

describe("postgres.js", () => {
  let client;
  before(() => {
    client = postgres(server.url, options);
  });
  after(() => client?.end());
  sqlSuite({ test, durastate, open: () => Sql.make(fromPostgres(client)), traits: { ...traits, refuses: /\0/ } });

  const UNDO = Symbol("undo");
  const within = async (end, body) => {
    const undone = client.begin(async (transaction) => {
      await body(transaction);
      if (end === "ROLLBACK") throw UNDO;
    });
    await undone.catch((thrown) => {
      if (thrown !== UNDO) throw thrown;
    });
  };
  withinTransactions({ test, within, from: fromPostgres, host: () => fromPostgres(client) });

  test("a server that is killed under a batch and a query fails both, and both work when it is back", async (context) => {
    const client = postgres(server.url, { ...options, backoff: () => 0 });
    // it waits for ever for a connection that broke under a query, unless it is told not to
    context.after(() => client.end({ timeout: 0 }));
    const sql = Sql.make(fromPostgres(client));
    await survivesAKill(sql, server, inPostgres);
  });

  test("how the user has postgres.js read values changes nothing", async (context) => {
    const odd = { to: 20, from: [16, 17, 20, 21, 25, 1184], parse: () => "the user's", serialize: String };
    const client = postgres(server.url, { ...options, types: { odd } });
    context.after(() => client.end());
    const { query } = fromPostgres(client);
    const columns =
      "true AS a, '\\x00ff'::bytea AS b, 5::bigint AS c, 6::smallint AS d, 'x'::text AS e, 1.50::numeric AS f";
    const [{ b, ...others }] = (await query(`SELECT ${columns}, '[1]'::jsonb AS g`, [])).rows;
    assert.deepEqual([...b], [0, 255]);
    assert.deepEqual(others, { a: 1, c: 5, d: 6, e: "x", f: "1.50", g: "[1]" });
  });

  test("a reserved connection runs queries, and no batches", async () => {
    const reserved = await client.reserve();
    try {
      const host = fromPostgres(reserved);
      assert.equal(host.batch, undefined);
      assert.deepEqual((await host.query("SELECT $1::int AS one", [1])).rows, [{ one: 1 }]);
    } finally {
      reserved.release();
    }
  });

  test("what is no client is refused", () => {
    for (const bad of [undefined, null, {}, server.url]) {
      assert.throws(() => fromPostgres(bad), { name: "TypeError", message: /^sql\.unsafe of fromPostgres must be/ });
    }
  });
});

describe("postgres.js without prepared statements, as poolers need it", () => {
  let client;
  before(() => {
    client = postgres(server.url, { ...options, prepare: false });
  });
  after(() => client?.end());
  sqlSeam({ test, durastate, open: () => Sql.make(fromPostgres(client)), traits });

  test("nothing is prepared", async () => {
    const { query } = fromPostgres(client);
    await query("SELECT $1::int AS one", [1]);
    const { rows } = await query("SELECT statement FROM pg_prepared_statements", []);
    assert.deepEqual(rows, []);
  });
});

for (const name of ["camel", "pascal", "kebab"]) {
  test(`names in ${name} case for the user are those of the statement for durastate`, async (context) => {
    const client = postgres(server.url, { ...options, transform: postgres[name] });
    context.after(() => client.end());
    const [own] = await client`SELECT 1 AS one_column`;
    assert.deepEqual(Object.keys(own).length, 1);
    assert.notEqual(Object.keys(own)[0], "one_column");

    const host = fromPostgres(client);
    assert.deepEqual((await host.query('SELECT 1 AS one_column, 2 AS "Two", 3', [])).rows[0].one_column, 1);
    const [inside] = await host.batch([["SELECT 1 AS one_column", []]]);
    assert.deepEqual(inside.rows, [{ one_column: 1 }]);
    const kv = KeyValueStore.sql(Sql.make(host), { table: `case_${name}` });
    await kv.set("a", "1");
    assert.equal(await kv.modify("a", (value) => `${value}2`), "12");
    assert.deepEqual(await kv.keys(), ["a"]);
  });
}
