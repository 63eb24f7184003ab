// Stores that a runtime brings: Deno KV in Deno, and files in Deno and Bun.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { packagingModules } from "../../../js/build/setup.mjs";
import { execute } from "../packaging/support/execute.mjs";
import { program } from "../packaging/support/third_party.mjs";

const script = (name) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
let root;
before(async () => {
  await packagingModules();
  root = await mkdtemp(join(tmpdir(), "durastate-runtimes-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function fresh(name) {
  const directory = join(root, name);
  await mkdir(directory);
  return directory;
}

/** Runs a program in Deno, with no more rights than it needs, and gives what it says. */
async function deno(name, args, directory) {
  const rights = [
    "--no-prompt",
    "--unstable-kv",
    "--allow-env",
    `--allow-read=${directory}`,
    `--allow-write=${directory}`,
  ];
  const env = { ...process.env, DENO_DIR: join(root, "deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const run = ["run", "--no-config", "--no-lock", ...rights, script(name), ...args];
  const { stdout } = await execute(program("deno"), run, { env, seconds: 240 });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function assertPassed({ tests, failed }) {
  assert.deepEqual(failed, []);
  assert.ok(tests > 80, `${tests} tests`);
}

describe("in Deno", () => {
  test("files keep the contract", { timeout: 260_000 }, async () => {
    const directory = await fresh("deno-files");
    assertPassed(await deno("contract.mjs", ["files", directory], directory));
    assert.ok((await readdir(directory)).length > 50);
  });

  test("Deno KV keeps the contract", { timeout: 260_000 }, async () => {
    const directory = await fresh("deno-contract");
    assertPassed(await deno("contract.mjs", ["deno-kv", directory], directory));
  });

  describe("Deno KV", () => {
    let said;
    before(async () => {
      const directory = await fresh("deno-kv");
      said = await deno("deno_kv.mjs", [directory], directory);
    });

    test("holds text and bytes as they are, under the prefix", () => {
      assert.deepEqual(said.layout, ["é\ud83d", [1, 2]]);
      assert.equal(said.top, "1");
    });

    test("is listed by prefix and in pages, whatever else lies there", () => {
      assert.deepEqual(said.keys, ["bytes", "counter", "null", "number", "text"]);
      assert.deepEqual(said.prefixed, ["xt"]);
      assert.deepEqual(said.wrong, []);
      assert.equal(said.left, true);
    });

    test("tells of what is neither text nor bytes", () => {
      const error = {
        _tag: "KeyValueStoreError",
        cause: "Refused",
        reason: "what is stored there is neither text nor bytes",
      };
      assert.deepEqual(said.foreign, [error, error, error]);
    });

    test("reads ten keys in a request, and removes forty", () => {
      assert.deepEqual(said.many, [true, { getMany: 10, atomic: 3 }, true]);
    });

    test("swaps only what is still there, and two stores lose no change of each other", () => {
      assert.deepEqual(said.swap, [true, false, false, true, false, true, null, false, "somebody was faster"]);
      assert.equal(said.modified, "60");
    });

    test("is not asked for what it would refuse", () => {
      const reasons = [
        "Deno KV takes keys of 2048 bytes at most, and with its prefix this one has 2049",
        "Deno KV takes keys of 2048 bytes at most, and with its prefix this one has 2049",
        "Deno KV takes values of 65536 bytes at most, and this one has 65537",
        "Deno KV takes values of 65536 bytes at most, and this one has 65538",
        "Deno KV takes values of 65536 bytes at most, and this one has 65537",
      ];
      const error = { _tag: "KeyValueStoreError", cause: "Refused" };
      assert.deepEqual(
        said.refused,
        reasons.map((reason) => ({ ...error, reason })),
      );
      assert.equal(said.unsent, true);
      assert.deepEqual(said.deno, [{ result: null }, { result: null }, { result: null }, { result: null }]);
      assert.equal(said.kept, "before");
      assert.deepEqual(said.wrong_arguments, ["TypeError", "TypeError", "TypeError"]);
    });
  });
});

test("in Bun files keep the contract", { timeout: 260_000 }, async () => {
  const directory = await fresh("bun-files");
  const { stdout } = await execute(program("bun"), [script("contract.mjs"), "files", directory], { seconds: 240 });
  assertPassed(JSON.parse(stdout.trim().split("\n").at(-1)));
  assert.ok((await readdir(directory)).length > 50);
});
