// SQLite through @libsql/client, in memory and in a file.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as durastate from "durastate";
import { fromLibsql } from "durastate/sql/libsql";
import { createLibsqlClient } from "../clients/sql.mjs";
import { sqlSeam, sqlSuite } from "../contract/sql_seam.mjs";
import { withinTransactions } from "./within.mjs";

const { Sql, SqlError } = durastate;
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "durastate-libsql-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const isClientError = (error) => error instanceof Error && String(error.code).startsWith("SQLITE_");
const traits = { isClientError };

describe("@libsql/client in memory", () => {
  let client;
  before(() => {
    client = createLibsqlClient({ url: ":memory:", intMode: "bigint" });
  });
  after(() => client?.close());
  sqlSuite({ test, durastate, open: () => Sql.make(fromLibsql(client)), traits: { ...traits, refuses: /\0/ } });
});

describe("@libsql/client with a file", () => {
  let client;
  const open = () => createLibsqlClient({ url: `file:${join(folder, "contract.db")}`, intMode: "bigint" });
  before(() => {
    client = open();
  });
  after(() => client?.close());
  sqlSeam({ test, durastate, open: () => Sql.make(fromLibsql(client)), traits });

  const within = async (end, body) => {
    const transaction = await client.transaction("write");
    await body(transaction);
    await (end === "COMMIT" ? transaction.commit() : transaction.rollback());
  };
  withinTransactions({ test, within, from: fromLibsql, host: () => fromLibsql(client) });

  test("the connection that is used gets a busy timeout where it has none", async () => {
    const timeouts = async (options) => {
      const client = createLibsqlClient({ url: `file:${join(folder, "contract.db")}`, ...options });
      const { query } = fromLibsql(client);
      const asked = Array.from({ length: 30 }, () => query("PRAGMA busy_timeout", []));
      const answers = await Promise.all(asked);
      client.close();
      return [...new Set(answers.map(({ rows }) => Number(rows[0].timeout)))];
    };
    assert.deepEqual(await timeouts({}), [5000]);
    assert.deepEqual(await timeouts({ timeout: 1234 }), [1234]);
    assert.deepEqual(await timeouts({ intMode: "string" }), [5000]);
  });

  test("a statement that another process keeps waiting is carried out when the file is free", async () => {
    const { query } = fromLibsql(client);
    await query("CREATE TABLE held (number INTEGER)", []);
    const path = join(folder, "contract.db");
    const holder = spawn(process.execPath, [fileURLToPath(new URL("programs/holder.mjs", import.meta.url)), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(holder, "exit");
    await once(holder.stdout, "data");
    await query("INSERT INTO held VALUES (2)", []);
    assert.deepEqual(await ended, [0, null]);
    const { rows } = await query("SELECT number FROM held ORDER BY number", []);
    assert.deepEqual(
      rows.map(({ number }) => number),
      [1, 2],
    );
  });

  test("who reads an integer that no number holds needs a client that says bigint", async () => {
    const client = createLibsqlClient({ url: ":memory:" });
    const sql = Sql.make(fromLibsql(client));
    const big = sql.query("SELECT 9007199254740993 AS big");
    await assert.rejects(big, (error) => error instanceof SqlError && error.cause instanceof RangeError);
    assert.equal((await sql.query("SELECT 9007199254740991 AS big")).rows[0].big, 2 ** 53 - 1);
    client.close();
  });

  test("what is no client is refused", () => {
    for (const bad of [undefined, null, {}, "file:a.db"]) {
      assert.throws(() => fromLibsql(bad), { name: "TypeError", message: /^client\.execute of fromLibsql must be/ });
    }
  });
});
