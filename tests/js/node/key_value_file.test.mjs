// The localStorage that Node itself has, in a file.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "durastate-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const major = Number(process.versions.node.split(".")[0]);
// Node 20 has none; what it says then is tested for all of them below.
const hasStorage = major >= 22;
const flags = ["--experimental-webstorage", `--localstorage-file=${join(folder, "storage")}`];
const cwd = fileURLToPath(new URL("../../../", import.meta.url));
const node = (...args) => run(process.execPath, [...flags, ...args], { cwd, timeout: 120_000 });
const script = (text) => node("--input-type=module", "--eval", `import { KeyValueStore } from "durastate"; ${text}`);

if (hasStorage) {
  test("it is a KeyValueStore as any other", { timeout: 120_000 }, async () => {
    await node("tests/js/support/run_contract.mjs");
  });

  test("what is stored is there in the next process", { timeout: 60_000 }, async () => {
    await script('await KeyValueStore.localStorage().json().set("n", { n: 1 })');
    const { stdout } = await script('console.log(JSON.stringify(await KeyValueStore.localStorage().json().get("n")))');
    assert.equal(stdout.trim(), '{"n":1}');
  });
}

test("without a file every call says that there is none", { timeout: 60_000 }, async () => {
  const text = `
    import { KeyValueStore } from "durastate";
    const error = await KeyValueStore.localStorage().get("a").catch((thrown) => thrown);
    console.log(error._tag, error.method, error.key);`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", text], { cwd, timeout: 60_000 });
  assert.equal(stdout.trim(), "KeyValueStoreError get a");
});
