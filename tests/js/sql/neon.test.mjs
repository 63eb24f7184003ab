// PostgreSQL through Neon's driver over HTTP, with a bridge that speaks its protocol in front of a real server.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromNeon } from "durastate/sql/neon";
import { neon, neonConfig } from "../clients/sql.mjs";
import { sqlSuite } from "../contract/sql_seam.mjs";
import { startNeonBridge } from "../support/neon_bridge.mjs";
import { startPostgres } from "../support/postgres_server.mjs";

const { Sql, SqlError } = durastate;
let server;
let bridge;
let url;
before(async () => {
  server = await startPostgres();
  bridge = await startNeonBridge();
  neonConfig.fetchEndpoint = () => bridge.endpoint;
  // the driver wants a password in it
  url = server.url.replace("@", ":only-for-tests@");
});
after(async () => {
  await bridge?.close();
  await server?.stop();
});

const traits = { isClientError: (error) => error.name === "NeonDbError" };

describe("neon()", () => {
  sqlSuite({ test, durastate, open: () => Sql.make(fromNeon(neon(url))), traits: { ...traits, refuses: /\0/ } });

  test("each query, and each batch, is one request", async () => {
    const { query, batch } = fromNeon(neon(url));
    const before = bridge.requests;
    await query("SELECT 1", []);
    assert.equal(bridge.requests, before + 1);
    await batch([
      ["SELECT 1", []],
      ["SELECT 2", []],
      ["SELECT 3", []],
    ]);
    assert.equal(bridge.requests, before + 2);
  });

  test("what the user asked of the driver for other queries changes nothing", async () => {
    const types = { getTypeParser: () => () => "the user's" };
    const { query, batch } = fromNeon(neon(url, { arrayMode: true, fullResults: false, types }));
    const statement = ["SELECT $1::bigint AS a, true AS b, '\\x00ff'::bytea AS c", [2n ** 53n]];
    for (const { rows } of [await query(...statement), ...(await batch([statement]))]) {
      const [{ c, ...others }] = rows;
      assert.deepEqual(others, { a: 2n ** 53n, b: 1 });
      assert.deepEqual([...c], [0, 255]);
    }
  });

  test("the code of the database's error is told, and no connection string", async () => {
    const sql = Sql.make(fromNeon(neon(url)));
    const { message } = await sql.query("SELEKT 1").catch((error) => error);
    assert.match(message, /42601/);
    const gone = Sql.make(fromNeon(neon(url.replace(server.port, "1"))));
    const error = await gone.query("SELECT 1").catch((error) => error);
    assert.ok(error instanceof SqlError);
    assert.ok(!`${error.message} ${JSON.stringify(error)}`.includes("only-for-tests"));
  });

  test("what is no client is refused", () => {
    for (const bad of [undefined, null, {}, url]) {
      assert.throws(() => fromNeon(bad), { name: "TypeError", message: /^sql\.query of fromNeon must be/ });
    }
  });
});
