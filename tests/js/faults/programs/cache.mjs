// One of several processes with a cache of one store. Each line that it is told is a step:
//   { gets, keys }   asks for each of the keys so often at once
//   { finish: true } lets all lookups end that have begun, and those that will
// It says "ready"; "asked" when it waits for its gets; "looking" for each lookup that begins; and in the end the values.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Persistable, PersistedCache, Persistence, Redis, Sql } from "durastate";
import { connect } from "durastate/redis/tcp";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { fromPg } from "durastate/sql/pg";

// Only the one client that is needed: processes that start take long enough.
const installed = createRequire(new URL("../../clients/package.json", import.meta.url));
const { client, options, name, storeId, lease } = JSON.parse(process.argv[2]);

const open = {
  async redis() {
    const host = await connect(options);
    return { persistence: Persistence.redis(Redis.make(host)), close: () => host.close() };
  },
  async pg() {
    const { Pool } = installed("pg");
    const pool = new Pool({ ...options, max: 4 });
    await pool.query("SELECT 1");
    return { persistence: Persistence.sql(Sql.make(fromPg(pool))), close: () => pool.end() };
  },
  async "better-sqlite3"() {
    const BetterSqlite3 = installed("better-sqlite3");
    const db = new BetterSqlite3(options.file);
    return { persistence: Persistence.sql(Sql.make(fromBetterSqlite3(db))), close: () => db.close() };
  },
};

const says = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const text = { decode: String, encode: String };
const Any = Persistable.make("Any", { primaryKey: ({ id }) => id, success: text });
const { persistence, close } = await open[client]();
let finish;
const finished = new Promise((resolve) => (finish = resolve));
const cache = await PersistedCache.make({
  persistence,
  storeId,
  lease,
  timeToLive: "1 hour",
  async lookup({ id }) {
    says({ looking: id });
    await finished;
    return `${id} of ${name}`;
  },
});

says("ready");
const running = [];
for await (const line of createInterface({ input: process.stdin })) {
  const step = JSON.parse(line);
  if (step.finish) finish();
  if (!step.gets) continue;
  const gets = step.keys.flatMap((id) => Array.from({ length: step.gets }, () => cache.get(Any({ id }))));
  running.push(Promise.all(gets).then((values) => says({ values: [...new Set(values)].sort(), count: values.length })));
  says("asked");
}
await Promise.all(running);
await cache.close();
await close();
