// The terminal demo of `npm start`: one screen of calls of the built package, each with what it really gave.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect, styleText } from "node:util";

export async function demo() {
  const { KeyValueStore, Sql } = await import("durastate");
  const { heading, said, later, did, gives } = printer();

  heading("A key-value store in memory");
  const kv = KeyValueStore.memory();
  said("const kv = KeyValueStore.memory()");
  const stop = kv.watch("greeting", (change) => later(`  told: ${inspect(change)}`));
  said('kv.watch("greeting", (change) => …)');
  await did(() => kv.set("greeting", "hello"));
  await gives(() => kv.get("greeting"));
  await gives(() => kv.modify("greeting", (text) => `${text}, world`));
  stop();
  await did(() => kv.set("bytes", new Uint8Array([0, 1, 254])));
  await gives(() => kv.getUint8Array("bytes"));
  await gives(() => kv.get("bytes"));

  heading("Views: a prefix, and JSON");
  const app = kv.prefix("app:");
  said('const app = kv.prefix("app:")');
  await did(() => app.json().set("settings", { theme: "dark", size: 12 }));
  await gives(() => app.json().get("settings"));
  await did(() => app.json().set("visits", 0));
  const visit = () => app.json().modify("visits", (n) => n + 1);
  said(`const visit = ${visit}`);
  await gives(() => Promise.all([visit(), visit(), visit()]));
  await did(() => app.clear());
  await gives(() => kv.keys());

  heading("A directory: a file for each key");
  const directory = await mkdtemp(join(tmpdir(), "durastate-demo-"));
  said("const files = KeyValueStore.fileSystem(directory)");
  const files = KeyValueStore.fileSystem(directory);
  await did(() => files.set("notes/today", "water the plants"));
  await gives(() => readdir(directory));
  await gives(() => files.get("notes/today"));
  await rm(directory, { recursive: true });

  heading("A database: SQLite in memory");
  const sqlite = await import("node:sqlite").catch(() => undefined);
  if (sqlite) {
    const { fromNodeSqlite } = await import("durastate/sql/node-sqlite");
    const db = new sqlite.DatabaseSync(":memory:");
    const table = KeyValueStore.sql(Sql.make(fromNodeSqlite(db)));
    said("const table = KeyValueStore.sql(Sql.make(fromNodeSqlite(db)))");
    await did(() => table.set("visits", "1"));
    await gives(() => table.modify("visits", (text) => String(Number(text) + 1)));
    await gives(() => table.keys());
  } else {
    said(`left out: Node ${process.version} has no node:sqlite`);
  }

  heading("What goes wrong is said");
  await gives(() => kv.set("", "nowhere").catch((error) => error.message));
}

/** How lines look: plain, and with dimmed results where a terminal shows them. */
function printer() {
  const dim = (text) => (process.stdout.isTTY && !process.env.NO_COLOR ? styleText("dim", text) : text);
  const said = (text, result = "") => {
    console.log(`  ${result ? `${text.padEnd(62)} ${dim(`→ ${result}`)}` : text}`);
  };
  // the very function that runs is what is shown
  const source = (call) =>
    String(call)
      .replace(/^\(\) => /, "")
      .replace(/\s+/g, " ");
  // what is told during a call is shown below its line
  const waiting = [];
  const shown = (...line) => {
    said(...line);
    for (const text of waiting.splice(0)) said(text);
  };
  return {
    said,
    later: (text) => waiting.push(text),
    heading: (text) => console.log(`\n${text}`),
    did: async (call) => {
      await call();
      shown(source(call));
    },
    gives: async (call) => {
      const result = await call();
      shown(source(call), inspect(result, { breakLength: Number.POSITIVE_INFINITY }));
    },
  };
}
