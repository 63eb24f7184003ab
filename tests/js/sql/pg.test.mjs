// PostgreSQL through pg.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromPg } from "durastate/sql/pg";
import { pg } from "../clients/sql.mjs";
import { sqlSeam, sqlSuite } from "../contract/sql_seam.mjs";
import { startPostgres } from "../support/postgres_server.mjs";
import { inPostgres, survivesAKill } from "./killed.mjs";
import { withinTransactions } from "./within.mjs";

const { Sql } = durastate;
let server;
before(async () => {
  server = await startPostgres();
});
after(() => server?.stop());

// pg warns, once in a process, of a query that is handed to a client that is busy
const warnings = [];
process.on("warning", ({ message }) => warnings.push(message));

const isClientError = (error) => error instanceof pg.DatabaseError;

/** A pool for the time of a test. */
function aPool(context, options) {
  const pool = new pg.Pool({ connectionString: server.url, ...options });
  context.after(() => pool.end());
  return pool;
}

async function aClient(context) {
  const client = new pg.Client(server.url);
  await client.connect();
  context.after(() => client.end());
  return client;
}

describe("a Pool of pg", () => {
  let pool;
  before(() => {
    pool = new pg.Pool({ connectionString: server.url, max: 8 });
  });
  after(() => pool?.end());
  sqlSuite({ test, durastate, open: () => Sql.make(fromPg(pool)), traits: { isClientError, refuses: /\0/ } });

  test("a batch that fails gives its connection back", async (context) => {
    const pool = aPool(context, { max: 1 });
    const { batch, query } = fromPg(pool);
    for (let times = 0; times < 3; times++)
      await assert.rejects(
        batch([
          ["SELECT 1", []],
          ["SELEKT 1", []],
        ]),
        /syntax/,
      );
    assert.deepEqual((await query("SELECT 1 AS one", [])).rows, [{ one: 1 }]);
    assert.equal(pool.totalCount, 1);
    assert.equal(pool.idleCount, 1);
  });

  test("a batch whose connection is ended by the server fails, and the next one works", async (context) => {
    const pool = aPool(context, { max: 1 });
    const { batch, query } = fromPg(pool);
    await query("CREATE TABLE ended (number INTEGER)", []);
    const suicide = ["SELECT pg_terminate_backend(pg_backend_pid())", []];
    await assert.rejects(batch([["INSERT INTO ended VALUES (1)", []], suicide]), { code: "57P01" });
    await batch([["INSERT INTO ended VALUES (2)", []]]);
    assert.deepEqual((await query("SELECT number FROM ended", [])).rows, [{ number: 2 }]);
  });
});

describe("a Client of pg", () => {
  let client;
  before(async () => {
    client = new pg.Client(server.url);
    await client.connect();
  });
  after(() => client?.end());
  sqlSeam({ test, durastate, open: () => Sql.make(fromPg(client)), traits: { isClientError } });

  const within = async (end, body) => {
    await client.query("BEGIN");
    await body(client);
    await client.query(end);
  };
  const onItsOwn = () => fromPg(client);
  withinTransactions({ test, within, from: fromPg, host: onItsOwn });

  describe("that can not tell whether it is in a transaction, as older ones", () => {
    const silent = (client) => ({ query: (query) => client.query(query) });
    const within = async (end, body) => {
      await client.query("BEGIN");
      await body(silent(client));
      await client.query(end);
    };
    // turns are those of one client
    const hosts = new Map();
    const from = (client) => hosts.get(client) ?? hosts.set(client, fromPg(client)).get(client);
    withinTransactions({ test, within, from, host: onItsOwn });

    test("a batch outside of one is a transaction of its own", async () => {
      const { batch, query } = fromPg(silent(client));
      await query("CREATE TABLE silent (number INTEGER)", []);
      const put = ["INSERT INTO silent VALUES (1)", []];
      await assert.rejects(batch([put, ["SELEKT 1", []]]), /syntax/);
      await batch([put]);
      assert.deepEqual((await query("SELECT number FROM silent", [])).rows, [{ number: 1 }]);
    });
  });

  test("how the user has pg read values changes nothing", async (context) => {
    const own = [16, 17, 20, 21, 25, 1184];
    const before = own.map((type) => pg.types.getTypeParser(type));
    for (const type of own) pg.types.setTypeParser(type, () => "the user's");
    context.after(() => {
      for (const [at, type] of own.entries()) pg.types.setTypeParser(type, before[at]);
    });
    const { query } = fromPg(await aClient(context));
    const columns =
      "true AS a, '\\x00ff'::bytea AS b, 5::bigint AS c, 6::smallint AS d, 'x'::text AS e, 1.50::numeric AS f";
    const [row] = (await query(`SELECT ${columns}, '2026-01-02T03:04:05Z'::timestamptz AS g, '[1]'::jsonb AS h`, []))
      .rows;
    const { b, g, ...others } = row;
    assert.deepEqual([...b], [0, 255]);
    assert.match(g, /^2026-01-02 03:04:05/);
    assert.deepEqual(others, { a: 1, c: 5, d: 6, e: "x", f: "1.50", h: "[1]" });
  });

  test("bytes come in the server's older form, too", async (context) => {
    const client = await aClient(context);
    const { query } = fromPg(client);
    await client.query("SET bytea_output = 'escape'");
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const [row] = (await query("SELECT $1::bytea AS bytes, ''::bytea AS none", [bytes])).rows;
    assert.deepEqual([...row.bytes], [...bytes]);
    assert.deepEqual([...row.none], []);
  });

  test("what is no client is refused", () => {
    for (const bad of [undefined, null, {}, server.url]) {
      assert.throws(() => fromPg(bad), { name: "TypeError", message: /^client\.query of fromPg must be a function/ });
    }
  });
});

test("queries at once were handed to each client one by one", () => {
  assert.deepEqual(warnings, []);
});

test("a server that is killed under a batch and a query fails both, and both work when it is back", async (context) => {
  const pool = aPool(context);
  // a connection that nobody uses says so to the pool
  pool.on("error", () => {});
  const sql = Sql.make(fromPg(pool));
  await survivesAKill(sql, server, inPostgres);
});
