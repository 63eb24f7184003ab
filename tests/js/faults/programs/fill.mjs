// A process under limits of the shell: fills a file of SQLite until it is refused, and says what it was told.
import { KeyValueStore, Sql } from "durastate";
import { fromBetterSqlite3 } from "durastate/sql/better-sqlite3";
import { BetterSqlite3 } from "../../clients/sql.mjs";

const [file, text] = process.argv.slice(2);
const db = new BetterSqlite3(file);
const kv = KeyValueStore.sql(Sql.make(fromBetterSqlite3(db)));
let filled = 0;
try {
  for (; filled < 10_000; filled++) await kv.set(`large${filled}`, text.repeat(100));
  console.log(JSON.stringify({ filled }));
} catch (error) {
  const { name, method, key, message, cause } = error;
  const chain = [cause.name, cause.cause.code];
  // The same store goes on: what is there can be read, and what is removed makes room.
  const size = await kv.size();
  await kv.clearPrefix("large");
  await kv.set("after", "it works again");
  console.log(JSON.stringify({ filled, size, name, method, key, message, chain, after: await kv.get("after") }));
}
db.close();
