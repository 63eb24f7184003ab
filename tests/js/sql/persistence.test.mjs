// The behaviours of Persistence.sql and Persistence.sqlMultiTable, on each database that can be run here.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { sqlPlace } from "../contract/persistence/places.mjs";
import { asIs } from "../contract/persistence/requests.mjs";
import { persistenceContract } from "../contract/persistence.mjs";
import { databases } from "./databases.mjs";

const { Exit, Persistable, PersistenceError, Sql } = durastate;
const Any = Persistable.make("Any", { primaryKey: ({ id }) => id, success: asIs });
const timed = (name, run) => test(name, { timeout: 60_000 }, run);

for (const [name, { open, refuses }] of Object.entries(databases)) {
  describe(name, () => {
    let opened;
    before(async () => {
      opened = await open();
    });
    after(() => opened?.close());

    for (const multiTable of [false, true]) {
      describe(multiTable ? "Persistence.sqlMultiTable" : "Persistence.sql", () => {
        const place = () => sqlPlace(durastate, opened.host, { multiTable });
        persistenceContract({
          test: timed,
          durastate,
          open: place,
          traits: { refuses, anyStoreId: !multiTable },
        });

        timed("times are whole milliseconds of the client's clock, and null where there is none", async () => {
          const { process, id } = place();
          const storeId = id("rows");
          const timeToLive = (_, { ttl }) => ttl;
          const store = await process().persistence.make({ storeId, timeToLive });
          const real = Date.now;
          Date.now = () => 1_795_232_314_141;
          try {
            await store.set(Any({ id: "a", ttl: 1500 }), Exit.succeed(1));
            await store.set(Any({ id: "b", ttl: 1500.4 }), Exit.succeed(1));
            await store.set(Any({ id: "c", ttl: Number.POSITIVE_INFINITY }), Exit.succeed(1));
          } finally {
            Date.now = real;
          }
          const quote = opened.host.dialect === "mysql" ? "`" : '"';
          const table = `${quote}effect_persistence${multiTable ? `_${storeId}` : ""}${quote}`;
          const one = multiTable ? "" : ` WHERE store_id = '${storeId}'`;
          const sql = Sql.make(opened.host);
          const { rows } = await sql.query(`SELECT id, value, expires FROM ${table}${one} ORDER BY id`);
          assert.deepEqual(
            rows.map(({ id, value }) => [id, value]),
            ["a", "b", "c"].map((id) => [id, '{"_tag":"Success","value":1}']),
          );
          assert.deepEqual(
            rows.map(({ expires }) => expires && Number(expires) - 1_795_232_314_141),
            [1500, 1501, null],
          );
        });
      });
    }

    if (!name.startsWith("SQLite")) {
      timed("a store id that no table can be named after is refused, and named", async () => {
        const { persistence } = sqlPlace(durastate, opened.host, { multiTable: true }).process();
        for (const storeId of ["x".repeat(100), "a\0b"]) {
          const call = async () => (await persistence.make({ storeId })).set(Any({ id: "a" }), Exit.succeed(1));
          const error = await call().catch((error) => error);
          assert.ok(error instanceof PersistenceError || error instanceof TypeError, String(error));
          assert.match(error.message, /store ?id|name/i);
        }
      });
    }
  });
}
