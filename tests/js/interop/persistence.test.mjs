// Results of Effect 4.1 and durastate in one place: what one of them stores, the other one reads.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Codec, Exit, KeyValueStore, Persistable, Persistence, Redis, Sql } from "durastate";
import { connect } from "durastate/redis/tcp";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { fromMysql2 } from "durastate/sql/mysql2";
import { fromPg } from "durastate/sql/pg";
import { BetterSqlite3, mysql, pg } from "../clients/sql.mjs";
import { FakeStorage } from "../support/fake_storage.mjs";
import { startMariadb } from "../support/mariadb_server.mjs";
import { startPostgres } from "../support/postgres_server.mjs";
import { startRedis } from "../support/redis_server.mjs";
import { effectPersistence, effectRequests } from "./support/effect_persistence.mjs";
import { mysqlClient, postgresClient, sqliteClient } from "./support/effect_stores.mjs";
import { resultsBothWays } from "./support/results_both_ways.mjs";

const root = await mkdtemp(join(tmpdir(), "durastate-effect-"));
after(() => rm(root, { recursive: true, force: true }));

/** Effect's Persistence over a place, closed when the test is over. */
async function effectOver(t, kind, place, more = () => undefined) {
  const effect = await effectPersistence(kind, place);
  t.after(async () => {
    await effect.close();
    await more();
  });
  return effect;
}

let stores = 0;
/** An id that no other test has, and that a table can be named after. */
const tableId = (name) => `${name}_${stores}`;
const oddId = (name) => `my:st%ore* ${name} ${stores}`;
const Nothing = Persistable.make("Nothing", { primaryKey: ({ id }) => id });

/** The tests of a database whose tables are made by one of the two, or by the other. */
function inTables(database) {
  for (const multiTable of [false, true]) {
    for (const first of ["effect", "durastate"]) {
      describe(`${multiTable ? "layerSqlMultiTable" : "layerSql"}, the table made by ${first}`, () => {
        const kind = multiTable ? "sqlMultiTable" : "sql";
        const storeId = multiTable ? tableId : oddId;
        const open = async (t) => {
          stores += 1;
          const { client, host, close } = await database(t);
          const durastate = Persistence[kind](Sql.make(host));
          const store = await durastate.make({ storeId: storeId("several") });
          if (first === "durastate") await store.set(Nothing({ id: "first" }), Exit.succeed(undefined));
          const effect = await effectOver(t, kind, client, close);
          await effect.make({ storeId: storeId("several") });
          // Effect's own table in MariaDB takes "A" for "a"; durastate has that mended before anything is kept in it.
          await store.clear();
          return { effect, durastate };
        };
        resultsBothWays(open, { storeId });
      });
    }
  }
}

describe("SQLite", () => {
  inTables(() => {
    const db = new BetterSqlite3(":memory:");
    return { client: sqliteClient(db), host: fromBetterSqlite3(db), close: () => db.close() };
  });

  test("a time to live with a fraction, which Effect keeps in SQLite", async (t) => {
    const db = new BetterSqlite3(":memory:");
    const effect = await effectOver(t, "sql", sqliteClient(db), () => db.close());
    const timeToLive = () => 1500.5;
    const written = await effect.make({ storeId: "s", timeToLive });
    const real = Date.now;
    let now = 1_795_232_314_141;
    Date.now = () => now;
    try {
      await written.set(new effectRequests.Nothing({ id: "a" }), Exit.succeed(undefined));
      assert.equal(db.prepare("SELECT expires FROM effect_persistence").pluck().get(), now + 1500.5);
      const read = await Persistence.sql(Sql.make(fromBetterSqlite3(db))).make({ storeId: "s" });
      now += 1500;
      assert.deepEqual(await read.get(Nothing({ id: "a" })), Exit.succeed(undefined));
      now += 1;
      assert.equal(await read.get(Nothing({ id: "a" })), undefined);
    } finally {
      Date.now = real;
    }
  });
});

describe("PostgreSQL", () => {
  let server;
  let pool;
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
  inTables(async () => {
    await pool.query("DROP TABLE IF EXISTS effect_persistence");
    return { client: postgresClient(server.url), host: fromPg(pool) };
  });
});

describe("MariaDB", () => {
  let server;
  let pool;
  before(async () => {
    server = await startMariadb();
    const { host, port, user, password, database } = server;
    pool = mysql.createPool({ host, port, user, password, database, connectionLimit: 4 });
  });
  after(async () => {
    await pool?.end();
    await server?.stop();
  });
  inTables(async () => {
    await pool.query("DROP TABLE IF EXISTS effect_persistence");
    return { client: mysqlClient(pool), host: fromMysql2(pool) };
  });
});

describe("layerRedis", () => {
  let server;
  let host;
  before(async () => {
    server = await startRedis();
    host = await connect({ port: server.port });
  });
  after(async () => {
    await host?.close();
    await server?.stop();
  });
  const open = async (t) => {
    stores += 1;
    const effect = await effectOver(t, "redis", server.port);
    return { effect, durastate: Persistence.redis(Redis.make(host)) };
  };
  resultsBothWays(open, { clock: false, storeId: oddId });

  for (const first of ["effect", "durastate"]) {
    test(`a time to live that ${first} gives is the same for both`, async (t) => {
      const { effect, durastate } = await open(t);
      const persistence = { effect, durastate }[first];
      const store = await persistence.make({ storeId: "times", timeToLive: () => 150_000.4 });
      const key = first === "effect" ? new effectRequests.Nothing({ id: first }) : Nothing({ id: first });
      await store.set(key, Exit.succeed(undefined));
      await store.setMany([
        [first === "effect" ? new effectRequests.Nothing({ id: "m" }) : Nothing({ id: "m" }), Exit.succeed(undefined)],
      ]);
      for (const id of [first, "m"]) {
        const left = Number(await host.send("PTTL", `times:${id}`));
        assert.ok(left > 100_000 && left <= 150_001, `${left} ms are left`);
      }
    });
  }
});

describe("layerKvs over a Web Storage", () => {
  resultsBothWays(async (t) => {
    const storage = new FakeStorage();
    const effect = await effectOver(t, "storage", storage);
    return { effect, durastate: Persistence.kvs(KeyValueStore.storage(storage)) };
  });

  test("an entry that is no JSON, over which Effect fails for ever, is missing for durastate, and can be replaced", async (t) => {
    const storage = new FakeStorage();
    const effect = await effectOver(t, "storage", storage);
    const Text = Persistable.make("Text", { primaryKey: ({ id }) => id, success: Codec.string });
    const reported = [];
    const onError = (error) => reported.push(error.key);
    const durastate = await Persistence.kvs(KeyValueStore.storage(storage)).make({ storeId: "s", onError });
    const theirs = await effect.make({ storeId: "s" });
    storage.setItem("s:a", "{no json");
    await assert.rejects(theirs.get(new effectRequests.Nothing({ id: "a" })), { _tag: "PersistenceError" });
    assert.equal(await durastate.get(Text({ id: "a" })), undefined);
    assert.deepEqual(reported, ["a"]);
    await durastate.set(Nothing({ id: "a" }), Exit.succeed(undefined));
    assert.deepEqual(await theirs.get(new effectRequests.Nothing({ id: "a" })), Exit.succeed(undefined));
  });
});

describe("layerKvs over files", () => {
  resultsBothWays(async (t) => {
    const directory = join(root, `directory ${stores++}`);
    const effect = await effectOver(t, "files", directory);
    return { effect, durastate: Persistence.kvs(KeyValueStore.fileSystem(directory)) };
  });
});
