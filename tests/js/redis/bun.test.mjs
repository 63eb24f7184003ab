// fromBun behind Redis.make, inside real Bun on a real server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const bun = fileURLToPath(new URL("../packaging/node_modules/.bin/bun", import.meta.url));
const program = fileURLToPath(new URL("in_bun.mjs", import.meta.url));

test("the contract in Bun", { timeout: 300_000 }, async () => {
  const { stdout } = await promisify(execFile)(bun, [program], { timeout: 240_000 });
  assert.match(stdout, /^\d+ tests passed in Bun\n$/);
  assert.ok(Number.parseInt(stdout, 10) > 35, stdout);
});
