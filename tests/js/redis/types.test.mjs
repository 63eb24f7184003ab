// That TypeScript takes each client for what its adapter wants.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const project = fileURLToPath(new URL("types", import.meta.url));
const tsc = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");

test("the clients' types are those that the adapters take", { timeout: 120_000 }, async () => {
  await promisify(execFile)(process.execPath, [tsc, "-p", project]).catch(({ stdout }) => {
    throw new Error(stdout);
  });
});
