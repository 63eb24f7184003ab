// A server that is killed under a batch and a query, and comes back: nothing of the batch stays, and all goes on.
import assert from "node:assert/strict";
import { SqlError } from "durastate";

/** `sleep`: a statement that takes two minutes; `sleeping`: one that counts those that run. */
export async function survivesAKill(sql, server, { sleep, sleeping }) {
  await sql.query("CREATE TABLE killed (number INTEGER)");
  const failing = [
    assert.rejects(
      sql.host.batch([
        ["INSERT INTO killed VALUES (1)", []],
        [sleep, []],
      ]),
    ),
    assert.rejects(sql.query(sleep), (error) => error instanceof SqlError && error.cause instanceof Error),
  ];
  while ((await sql.query(sleeping)).rows[0].count < 2);
  await server.kill();
  await Promise.all(failing);
  await assert.rejects(sql.query("SELECT 1"), SqlError);
  await server.start();
  assert.deepEqual((await sql.query("SELECT number FROM killed")).rows, []);
  await sql.host.batch([["INSERT INTO killed VALUES (2)", []]]);
  assert.deepEqual((await sql.query("SELECT number FROM killed")).rows, [{ number: 2 }]);
}

export const inPostgres = {
  sleep: "SELECT pg_sleep(120)",
  sleeping: "SELECT count(*)::int AS count FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
};

export const inMysql = {
  sleep: "SELECT SLEEP(120)",
  sleeping: "SELECT COUNT(*) AS count FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'",
};
