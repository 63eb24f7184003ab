// What users meet of a file of SQLite that is not as it should be.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { KeyValueStore, Sql, SqlError } from "durastate";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { BetterSqlite3 } from "../clients/sql.mjs";
import { refused, secrets } from "./support/failures.mjs";

const filler = fileURLToPath(new URL("programs/fill.mjs", import.meta.url));
const { before: old, after: next } = secrets;
const root = await mkdtemp(join(tmpdir(), "durastate-sqlite-"));
after(() => rm(root, { recursive: true, force: true }));

function opened(t, name, options) {
  const db = new BetterSqlite3(join(root, name), options);
  t.after(() => db.close());
  return { db, kv: KeyValueStore.sql(Sql.make(fromBetterSqlite3(db))) };
}

test("a database without room takes no changes, until there is room", async (t) => {
  const { db, kv } = opened(t, "full");
  await kv.set("k", old);
  await kv.set("n", "1");
  db.pragma("max_page_count = 20");
  const large = secrets.after.repeat(200);
  let filled = 0;
  const fill = async () => {
    for (; filled < 1_000; filled++) await kv.set(`large${filled}`, large);
  };
  const full = await fill().catch((error) => error);
  assert.ok(filled > 0 && filled < 1_000);
  const said = /\(SQLITE_FULL\)$/;
  await refused(Promise.reject(full), { method: "set", key: `large${filled}`, Seam: SqlError, said });
  await refused(
    kv.modify("n", () => large.repeat(20)),
    { method: "modify", key: "n", Seam: SqlError, said },
  );
  assert.deepEqual([await kv.get("k"), await kv.get("n"), await kv.get("large0")], [old, "1", large]);
  assert.equal(await kv.size(), filled + 2);
  assert.equal(db.pragma("integrity_check", { simple: true }), "ok");

  await kv.remove("large0");
  await kv.set("k", next);
  db.pragma("max_page_count = 1000");
  await kv.set(`large${filled}`, large);
  assert.equal(await kv.modify("n", (text) => `${text}1`), "11");
});

test("a disk without room", { timeout: 60_000 }, async () => {
  const file = join(root, "limited");
  // The system refuses to let a file grow beyond 200 or so blocks, in the middle of writing it.
  const args = ["-c", 'ulimit -f 200; exec "$@"', "sh", process.execPath, filler, file, secrets.after];
  const { stdout } = await promisify(execFile)("/bin/sh", args, { timeout: 60_000 });
  const { filled, size, message, chain, ...told } = JSON.parse(stdout);
  assert.ok(filled > 0);
  assert.equal(size, filled);
  assert.deepEqual(told, {
    name: "KeyValueStoreError",
    method: "set",
    key: `large${filled}`,
    after: "it works again",
  });
  assert.equal(chain[0], "SqlError");
  assert.match(chain[1], /^SQLITE_(FULL|IOERR)/);
  assert.ok(!message.includes(secrets.after), message);
});

test("a file that may not be written", async (t) => {
  const { kv: owner } = opened(t, "readonly");
  await owner.set("k", old);
  const { kv } = opened(t, "readonly", { readonly: true });
  assert.equal(await kv.get("k"), old);
  const said = /\(SQLITE_READONLY\)$/;
  await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError, said });
  await refused(kv.clear(), { method: "clear", key: undefined, Seam: SqlError, said });
  assert.equal(await owner.get("k"), old);
});

test("a file that somebody else is writing to for too long, until they are done", async (t) => {
  const { kv } = opened(t, "busy", { timeout: 50 });
  await kv.set("k", old);
  const { db: other } = opened(t, "busy");
  other.exec("BEGIN EXCLUSIVE");
  const said = /\(SQLITE_BUSY\)$/;
  await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError, said });
  await refused(kv.get("k"), { method: "get", key: "k", Seam: SqlError, said });
  await refused(
    kv.modify("k", () => next),
    { method: "modify", key: "k", Seam: SqlError, said },
  );
  other.exec("COMMIT");
  assert.equal(await kv.get("k"), old);
  await kv.set("k", next);
});

test("a table that is dropped while it is in use: the next call makes it again", async (t) => {
  const { db, kv } = opened(t, "dropped");
  await kv.set("k", old);
  db.exec("DROP TABLE effect_key_value_store");
  await refused(kv.get("k"), { method: "get", key: "k", Seam: SqlError });
  assert.equal(await kv.get("k"), undefined);
  await kv.set("k", next);
  assert.equal(await kv.get("k"), next);
});

test("a file that is no database", async (t) => {
  await writeFile(join(root, "other"), "what somebody else has written here, and not for SQLite\n".repeat(100));
  const { kv } = opened(t, "other");
  const said = /\(SQLITE_NOTADB\)$/;
  await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError, said });
  await refused(kv.get("k"), { method: "get", key: "k", Seam: SqlError, said });
});
