import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyValueStore } from "durastate";

const directory = await mkdtemp(join(tmpdir(), "notes-"));
const kv = KeyValueStore.fileSystem(directory);
await kv.set("notes/today", "water the plants");
console.log(await readFile(join(directory, "notes%2Ftoday"), "utf8")); // water the plants
await rm(directory, { recursive: true });
