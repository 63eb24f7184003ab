// What users meet of a database that is not as it should be, through clients that they have.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { KeyValueStore, Sql, SqlError } from "durastate";
import { until } from "../support/redis_server.mjs";
import { clients } from "./support/databases.mjs";
import { refused, secrets, untilItWorks } from "./support/failures.mjs";
import { wireTo } from "./support/wire.mjs";

const { before: old, after: next } = secrets;

for (const [name, { openDatabase, open }] of Object.entries(clients)) {
  describe(name, () => {
    let database;
    let tables = 0;
    before(async () => {
      database = await openDatabase();
    });
    after(() => database?.stop());

    /** A store in a table that nobody else uses, over a client of its own, which the test leaves behind closed. */
    async function store(t, { user, password, port = database.port, timeout, table = `kv_${tables++}` } = {}) {
      const account = user ? { ...database, user, password } : database;
      const { host, close } = await open({ ...account, port }, timeout);
      t.after(close);
      return { table, kv: KeyValueStore.sql(Sql.make(host), { table }) };
    }

    test("the server is killed in the middle of a statement", async (t) => {
      const { kv, table } = await store(t);
      await kv.set("k", old);
      await kv.set("other", old);
      const letGo = await database.hold(`SELECT * FROM ${table} WHERE id = 'k'`);
      const told = Promise.all([
        refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError }),
        refused(
          kv.modify("k", (text) => `${text}!`),
          { method: "modify", key: "k", Seam: SqlError },
        ),
        refused(kv.clear(), { method: "clear", key: undefined, Seam: SqlError }),
      ]);
      await until(database.isBlocked);
      assert.equal(await kv.get("other"), old);
      await database.kill();
      await told;
      await letGo();
      await refused(kv.get("k"), { method: "get", key: "k", Seam: SqlError });
      await database.start();
      assert.equal(await untilItWorks(() => kv.get("k")), old);
      assert.deepEqual((await kv.keys()).sort(), ["k", "other"]);
      await kv.set("k", next);
      assert.equal(await kv.modify("k", (text) => `${text}!`), `${next}!`);
    });

    test("the connection is reset after the server has done it, and before it can say so", async (t) => {
      const wire = await wireTo(database.port);
      t.after(() => wire.close());
      const { kv } = await store(t, { port: wire.port });
      // A connection prepares a statement when it first sees it: from then on it is one message there and one back.
      await kv.set("k", "0");

      const isSet = wire.holdReplies();
      await brokenAfter(wire, isSet, refused(kv.set("k", "1"), { method: "set", key: "k", Seam: SqlError }));
      assert.equal(await untilItWorks(() => kv.get("k")), "1");

      // What a modification wrote and nobody heard of is there once.
      await kv.modify("k", () => "0");
      await kv.modify("k", () => "1");
      let rounds = 0;
      let held;
      const isHeld = new Promise((resolve) => {
        held = resolve;
      });
      const told = refused(
        kv.modify("k", (text) => {
          rounds += 1;
          held({ done: wire.holdReplies() });
          return String(Number(text) + 1);
        }),
        { method: "modify", key: "k", Seam: SqlError },
      );
      const { done } = await isHeld;
      await brokenAfter(wire, done, told);
      assert.equal(rounds, 1);
      assert.equal(await untilItWorks(() => kv.get("k")), "2");
    });

    test("the password is wrong, until it is the right one", async (t) => {
      await database.createUser("stranger", secrets.password);
      await database.grant("CREATE", "stranger");
      const { kv } = await store(t, { user: "stranger", password: secrets.wrong });
      const said = /\((28P01|ER_ACCESS_DENIED_ERROR)\)$/;
      await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError, said });
      await refused(kv.keys(), { method: "keys", key: undefined, Seam: SqlError, said });
      await database.setPassword("stranger", secrets.wrong);
      await untilItWorks(() => kv.set("k", old));
      assert.equal(await kv.get("k"), old);
    });

    test("a user who may not make the table, until it may", async (t) => {
      await database.createUser("guest", secrets.password);
      const { kv, table } = await store(t, { user: "guest", password: secrets.password });
      await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError });
      await refused(kv.get("k"), { method: "get", key: "k", Seam: SqlError });

      // Somebody else makes it: then what is there can be read, and nothing more.
      const { kv: owner } = await store(t, { table });
      await owner.set("k", old);
      await database.grant(database.tableOf("SELECT", table), "guest");
      assert.equal(await untilItWorks(() => kv.get("k")), old);
      assert.deepEqual(await kv.keys(), ["k"]);
      const said = /\((42501|ER_TABLEACCESS_DENIED_ERROR)\)$/;
      await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError, said });
      await refused(kv.remove("k"), { method: "remove", key: "k", Seam: SqlError, said });
      await refused(
        kv.modify("k", () => next),
        { method: "modify", key: "k", Seam: SqlError, said },
      );
      await refused(kv.clear(), { method: "clear", key: undefined, Seam: SqlError, said });
      assert.equal(await kv.get("k"), old);

      await database.grant(database.tableOf("INSERT, UPDATE, DELETE", table), "guest");
      await kv.set("k", next);
      assert.equal(await owner.get("k"), next);
    });

    test("a statement takes too long, until nothing is in its way", async (t) => {
      const { kv: owner, table } = await store(t);
      await owner.set("k", old);
      const { kv } = await store(t, { table, timeout: 200 });
      const letGo = await database.hold(`SELECT * FROM ${table} WHERE id = 'k'`);
      const causes = [
        await refused(kv.set("k", next), { method: "set", key: "k", Seam: SqlError }),
        await refused(
          kv.modify("k", () => next),
          { method: "modify", key: "k", Seam: SqlError },
        ),
        await refused(kv.remove("k"), { method: "remove", key: "k", Seam: SqlError }),
      ];
      // mysql2 has no name for this number of MariaDB's.
      for (const { code, errno } of causes) assert.ok(code === "57014" || errno === 1969, `${code} ${errno}`);
      assert.equal(await kv.get("k"), old);
      await letGo();
      await kv.set("k", next);
      assert.equal(await owner.get("k"), next);
    });

    test("a server that takes no changes for a while", async (t) => {
      await database.createUser("ordinary", secrets.password);
      await database.grant("CREATE", "ordinary");
      const { kv } = await store(t, { user: "ordinary", password: secrets.password });
      await kv.set("k", old);
      await database.setReadOnly(true);
      const said = /\((25006|ER_OPTION_PREVENTS_STATEMENT)\)$/;
      try {
        await refused(
          untilRefused(() => kv.set("k", old)),
          { method: "set", key: "k", Seam: SqlError, said },
        );
        await refused(
          kv.modify("k", () => next),
          { method: "modify", key: "k", Seam: SqlError, said },
        );
        await refused(kv.clear(), { method: "clear", key: undefined, Seam: SqlError, said });
        assert.equal(await kv.get("k"), old);
        const { kv: late } = await store(t, { user: "ordinary", password: secrets.password });
        await refused(late.get("k"), { method: "get", key: "k", Seam: SqlError, said });
      } finally {
        await database.setReadOnly(false);
      }
      await untilItWorks(() => kv.set("k", next));
      assert.equal(await kv.get("k"), next);
    });

    test("the table is dropped while it is in use: the call that finds out is refused, the next one makes it again", async (t) => {
      const { kv, table } = await store(t);
      const said = /\((42P01|ER_NO_SUCH_TABLE)\)$/;
      const calls = [
        [() => kv.get("k"), { method: "get", key: "k" }],
        [() => kv.set("k", next), { method: "set", key: "k" }],
        [() => kv.keys(), { method: "keys", key: undefined }],
      ];
      for (const [call, told] of calls) {
        await kv.set("k", old);
        await database.run(`DROP TABLE ${table}`);
        await refused(call(), { ...told, Seam: SqlError, said });
        assert.equal(await kv.get("k"), undefined);
      }
      await kv.set("k", next);
      assert.equal(await kv.get("k"), next);
    });
  });
}

/** Breaks the wire when the server has replied and nobody has heard it. */
async function brokenAfter(wire, done, told) {
  await done;
  wire.reset();
  await told;
}

/** Asks again until it is refused, and passes the refusal on. */
async function untilRefused(call) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) await call();
}
