// SQLite through bun:sqlite, in Bun.
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { program } from "../packaging/support/third_party.mjs";
import { reportedBy } from "./reporting.mjs";
import { synchronousTests } from "./suites.mjs";

describe("bun:sqlite", () => {
  const args = [fileURLToPath(new URL("programs/bun-sqlite.mjs", import.meta.url))];
  reportedBy(program("bun"), args, (test) => synchronousTests({ test, durastate: {} }));
});
