// SQLite through node:sqlite, in the Node versions that have it.
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { reportedBy } from "./reporting.mjs";
import { synchronousTests } from "./suites.mjs";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// Node 22 cuts texts at a NUL, which keys may have.
for (const [name, keepsNul] of [
  ["node22", false],
  ["node24", true],
]) {
  describe(name, () => {
    const installed = path(`../../../js/build/nodes/node_modules/${name}/bin/node`);
    const program = process.env[name.toUpperCase()] ?? installed;
    if (!existsSync(program)) {
      test("is there", () => {
        throw new Error(`${name} is missing: set ${name.toUpperCase()} to its program`);
      });
      return;
    }
    const args = ["--no-warnings", path("programs/node-sqlite.mjs"), ...(keepsNul ? [] : ["without-nul"])];
    reportedBy(program, args, (test) => synchronousTests({ test, durastate: {} }, { keepsNul, reopens: true }));
  });
}
