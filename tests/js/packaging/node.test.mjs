import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { nodes } from "../../../js/build/setup.mjs";
import { execute } from "./support/execute.mjs";
import { bring, project } from "./support/installed.mjs";

suite("in Node", () => {
  let cwd;
  let programs;

  before(
    async () => {
      cwd = await project();
      programs = { NODE20: process.execPath, ...(await bring(nodes)) };
    },
    { timeout: 300_000 },
  );

  for (const major of [20, 22, 24, 26]) {
    for (const [what, file] of [
      ["import", "entry.mjs"],
      ["require", "entry.cjs"],
      ["durastate/slim, given the bytes of durastate/wasm,", "slim-bytes.mjs"],
      ["a word from durastate/slim on what to do first", "slim-too-early.mjs"],
    ]) {
      test(`${what} works in Node ${major}, without a warning`, { timeout: 60_000 }, async () => {
        const node = programs[`NODE${major}`];
        const version = await execute(node, ["--version"], { cwd });
        assert.match(version.stdout, new RegExp(`^v${major}\\.`));

        const { stdout, stderr } = await execute(node, [file], { cwd, seconds: 30 });
        assert.deepEqual({ stdout, stderr }, { stdout: "ok\n", stderr: "" });
      });
    }
  }
});
