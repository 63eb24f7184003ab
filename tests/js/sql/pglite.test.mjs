// PostgreSQL in this process, through PGlite.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as durastate from "durastate";
import { fromPglite } from "durastate/sql/pglite";
import { PGlite } from "../clients/sql.mjs";
import { sqlSuite } from "../contract/sql_seam.mjs";
import { withinTransactions } from "./within.mjs";

describe("PGlite", () => {
  let db;
  before(async () => {
    db = await PGlite.create();
  });
  after(() => db?.close());
  const isClientError = (error) => error instanceof Error && typeof error.code === "string";
  sqlSuite({
    test,
    durastate,
    open: () => durastate.Sql.make(fromPglite(db)),
    traits: { isClientError, refuses: /\0/ },
  });

  const UNDO = Symbol("undo");
  const within = async (end, body) => {
    const undone = db.transaction(async (transaction) => {
      await body(transaction);
      if (end === "ROLLBACK") throw UNDO;
    });
    await undone.catch((thrown) => {
      if (thrown !== UNDO) throw thrown;
    });
  };
  withinTransactions({ test, within, from: fromPglite, host: () => fromPglite(db) });

  test("values that PGlite makes objects of are text", async () => {
    const { query } = fromPglite(db);
    const { rows } = await query("SELECT '[1]'::jsonb AS a, '2026-01-02'::date AS b, 1.50::numeric AS c", []);
    assert.deepEqual(rows, [{ a: "[1]", b: "2026-01-02", c: "1.50" }]);
  });

  test("what is no database is refused", () => {
    for (const bad of [undefined, null, {}, "memory://"]) {
      assert.throws(() => fromPglite(bad), { name: "TypeError", message: /^db\.query of fromPglite must be/ });
    }
  });
});
