// Effect 4.1 and durastate over one place: what one of them writes, the other one reads.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { KeyValueStore, KeyValueStoreError, Sql } from "durastate";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { fromMysql2 } from "durastate/sql/mysql2";
import { fromPg } from "durastate/sql/pg";
import { BetterSqlite3, mysql, pg } from "../clients/sql.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";
import { startMariadb } from "../support/mariadb_server.mjs";
import { startPostgres } from "../support/postgres_server.mjs";
import { bothWays } from "./support/both_ways.mjs";
import { fileSystemStore, mysqlStore, postgresStore, sqliteStore, storageStore } from "./support/effect_stores.mjs";

const root = await mkdtemp(join(tmpdir(), "durastate-effect-"));
after(() => rm(root, { recursive: true, force: true }));

/** Closes Effect's store, and what it stands on, when the test is over. */
function closing(t, effect, more = () => undefined) {
  t.after(async () => {
    await effect.close();
    await more();
  });
  return effect;
}

/** A database over which both read and write: another one for each test. */
async function sqlite(t, options, first) {
  const db = new BetterSqlite3(":memory:");
  const durastate = KeyValueStore.sql(Sql.make(fromBetterSqlite3(db)), options);
  // durastate makes its table when it is first needed, Effect when it is opened.
  if (first === "durastate") await durastate.set("first", "one");
  const effect = closing(t, await sqliteStore(db, options), () => db.close());
  if (first === "durastate") await effect.remove("first");
  return { effect, durastate };
}

for (const first of ["effect", "durastate"]) {
  describe(`layerSql on SQLite, the table made by ${first}`, () => {
    bothWays((t) => sqlite(t, undefined, first));
  });
}

describe("layerSql on SQLite", () => {
  test("a table of another name", async (t) => {
    const { effect, durastate } = await sqlite(t, { table: "my values" }, "durastate");
    await effect.set("k", "v");
    assert.equal(await durastate.get("k"), "v");
  });

  test("a row of a kind that neither of the two knows", async (t) => {
    const db = new BetterSqlite3(":memory:");
    const effect = closing(t, await sqliteStore(db), () => db.close());
    const durastate = KeyValueStore.sql(Sql.make(fromBetterSqlite3(db)));
    db.exec("INSERT INTO effect_key_value_store (id, value, value_type) VALUES ('k', x'00', 7)");
    await assert.rejects(effect.get("k"), { _tag: "KeyValueStoreError", key: "k" });
    await assert.rejects(durastate.get("k"), (error) => error instanceof KeyValueStoreError && error.key === "k");
    await durastate.set("k", "repaired");
    assert.equal(await effect.get("k"), "repaired");
  });
});

describe("layerSql on PostgreSQL", () => {
  let server;
  let pool;
  let tables = 0;
  before(async () => {
    server = await startPostgres();
    pool = new pg.Pool({ connectionString: server.url, max: 4 });
    // Connections that are still about to end when the server does.
    pool.on("error", () => undefined);
  });
  after(async () => {
    await pool?.end();
    await server?.stop();
  });

  async function postgres(t, first) {
    const options = { table: `kv_${tables++}` };
    const durastate = KeyValueStore.sql(Sql.make(fromPg(pool)), options);
    if (first === "durastate") await durastate.set("first", "one");
    const effect = closing(t, await postgresStore(server.url, options));
    if (first === "durastate") await effect.remove("first");
    return { effect, durastate };
  }

  for (const first of ["effect", "durastate"]) {
    describe(`the table made by ${first}`, () => {
      bothWays((t) => postgres(t, first));
    });
  }

  test("many keys, in the order of a language", async (t) => {
    await pool.query(`CREATE DATABASE speaking TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'`);
    const url = server.url.replace(/[^/]*$/, "speaking");
    const speaking = new pg.Pool({ connectionString: url, max: 1 });
    speaking.on("error", () => undefined);
    const effect = closing(t, await postgresStore(url), () => speaking.end());
    const durastate = KeyValueStore.sql(Sql.make(fromPg(speaking)));
    const keys = [];
    for (const sign of ["a", "A", "ä", "z", "Z", "-", "_", " ", "%", "é"]) {
      for (let at = 0; at < 250; at++) keys.push(`${sign}${at % 2 ? "B" : "b"}${at}`);
    }
    await speaking.query(
      `INSERT INTO effect_key_value_store SELECT key, convert_to('of ' || key, 'UTF8'), 0 FROM unnest($1::text[]) AS key`,
      [keys],
    );
    assert.deepEqual((await durastate.keys()).sort(), keys.sort());
    assert.equal(await durastate.size(), await effect.size());
    assert.equal(await durastate.prefix("A").size(), 250);
    await durastate.clearPrefix("a");
    assert.equal(await effect.size(), keys.length - 250);
    assert.equal(await effect.get("Ab0"), "of Ab0");
  });
});

describe("layerSql on MariaDB", () => {
  let server;
  let pool;
  let tables = 0;
  before(async () => {
    server = await startMariadb();
    const { host, port, user, password, database } = server;
    pool = mysql.createPool({ host, port, user, password, database, connectionLimit: 4 });
  });
  after(async () => {
    await pool?.end();
    await server?.stop();
  });

  async function mariadb(t, first) {
    const options = { table: `kv_${tables++}` };
    const durastate = KeyValueStore.sql(Sql.make(fromMysql2(pool)), options);
    if (first === "durastate") await durastate.set("first", "one");
    const effect = closing(t, await mysqlStore(pool, options));
    if (first === "durastate") await effect.remove("first");
    // Effect's own table takes "A" for "a"; durastate has that mended before anything is kept in it.
    else assert.equal(await durastate.has("first"), false);
    return { effect, durastate };
  }

  for (const first of ["effect", "durastate"]) {
    describe(`the table made by ${first}`, () => {
      bothWays((t) => mariadb(t, first), { hasKey: (key) => !key.endsWith(" ") });
    });
  }

  test("what Effect has kept is there after the table is mended", async (t) => {
    const options = { table: "kept" };
    const effect = closing(t, await mysqlStore(pool, options));
    await effect.set("é", "text");
    await effect.set("UPPER", Uint8Array.of(255, 0));
    assert.equal(await effect.get("upper"), "/wA=", "for Effect alone they are one key");
    const durastate = KeyValueStore.sql(Sql.make(fromMysql2(pool)), options);
    assert.equal(await durastate.get("é"), "text");
    assert.deepEqual(await durastate.getUint8Array("UPPER"), Uint8Array.of(255, 0));
    assert.equal(await durastate.get("upper"), undefined);
    await durastate.set("upper", "another one");
    assert.deepEqual(await effect.getUint8Array("UPPER"), Uint8Array.of(255, 0));
    assert.equal(await effect.size(), 3);
  });
});

describe("layerStorage", () => {
  bothWays(async (t) => {
    const storage = new FakeStorage();
    return { effect: closing(t, await storageStore(storage)), durastate: KeyValueStore.storage(storage) };
  });
});

describe("layerFileSystem", () => {
  let directories = 0;
  const files = async (t) => {
    // Neither of the two needs the directory to be there.
    const directory = join(root, `directory ${directories++}`, "inner");
    const effect = closing(t, await fileSystemStore(directory));
    return { directory, effect, durastate: KeyValueStore.fileSystem(directory) };
  };

  // A file does not say whether it holds text: what Effect makes of other bytes is lost, durastate makes base64 of them.
  bothWays(files, { bytesAsText: false });

  test("durastate makes the directory first", async (t) => {
    const directory = join(root, "durastate first");
    const durastate = KeyValueStore.fileSystem(directory);
    await durastate.set("a/b c", "one");
    const effect = closing(t, await fileSystemStore(directory));
    assert.equal(await effect.get("a/b c"), "one");
    assert.equal(await readFile(join(directory, "a%2Fb%20c"), "utf8"), "one");
  });

  test("keys that no file can have", async (t) => {
    const { effect, durastate } = await files(t);
    for (const key of ["", ".", ".."]) {
      await assert.rejects(effect.set(key, "v"), { _tag: "KeyValueStoreError", method: "set" });
      await assert.rejects(
        durastate.set(key, "v"),
        (error) => error instanceof KeyValueStoreError && error.key === key,
      );
    }
    assert.deepEqual(await effect.keys(), []);
  });

  test("files of others, which Effect stumbles over, are none of durastate's keys", async (t) => {
    const { directory, effect, durastate } = await files(t);
    await effect.set("mine", "v");
    await writeFile(join(directory, "50%"), "of somebody else");
    await assert.rejects(effect.keys(), { _tag: "KeyValueStoreError", method: "keys" });
    assert.deepEqual(await durastate.keys(), ["mine"]);
    await durastate.clear();
    assert.equal(await readFile(join(directory, "50%"), "utf8"), "of somebody else");
  });
});
