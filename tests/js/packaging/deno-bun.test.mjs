import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { packagingModules } from "../../../js/build/setup.mjs";
import { execute } from "./support/execute.mjs";
import { bring, project } from "./support/installed.mjs";
import { program } from "./support/third_party.mjs";

suite("in Deno and Bun", () => {
  let cwd;

  before(
    async () => {
      await bring(packagingModules);
      cwd = await project();
    },
    { timeout: 600_000 },
  );

  test("import works in Deno without any permission", { timeout: 60_000 }, async () => {
    // what it keeps, the localStorage too, is to go with the project
    const env = { ...process.env, DENO_DIR: `${cwd}/.deno`, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
    const { stdout } = await execute(program("deno"), ["run", "--no-prompt", "entry.mjs"], { cwd, env, seconds: 30 });
    assert.equal(stdout, "ok\n");
  });

  for (const [what, file] of [
    ["import", "entry.mjs"],
    ["require", "entry.cjs"],
    ["durastate/slim, given the bytes of durastate/wasm,", "slim-bytes.mjs"],
  ]) {
    test(`${what} works in Bun`, { timeout: 60_000 }, async () => {
      const { stdout } = await execute(program("bun"), [file], { cwd, seconds: 30 });
      assert.equal(stdout, "ok\n");
    });
  }
});
