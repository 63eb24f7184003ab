// KeyValueStore.fileSystem when the process is killed, the disk is full, or the directory may not be used.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { KeyValueStore } from "durastate";

const program = fileURLToPath(new URL("../kv/programs/files.mjs", import.meta.url));
const root = await mkdtemp(join(tmpdir(), "durastate-faults-"));
after(() => rm(root, { recursive: true, force: true }));

/** Runs the program under limits of the shell, and gives what it says. */
async function limited(limits, task, directory) {
  const script = `${limits}; exec "$@"`;
  const args = ["-c", script, "sh", process.execPath, program, task, directory];
  const { stdout } = await promisify(execFile)("/bin/sh", args, { timeout: 60_000 });
  return JSON.parse(stdout);
}

test("a process that is killed while it writes leaves whole values", { timeout: 120_000 }, async (t) => {
  let leftovers = 0;
  for (let round = 0; round < 12; round++) {
    const directory = join(root, `killed ${round}`);
    const child = spawn(process.execPath, [program, "write", directory], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    // Another moment of the writing in each round.
    await new Promise((resolve) => setTimeout(resolve, round * 3));
    child.kill("SIGKILL");
    await once(child, "exit");

    const unfinished = (await readdir(directory)).filter((name) => name.startsWith("#"));
    leftovers += unfinished.length;
    const kv = KeyValueStore.fileSystem(directory);
    assert.deepEqual((await kv.keys()).sort(), ["a", "b", "c"]);
    for (const key of ["a", "b", "c"]) {
      const text = await kv.get(key);
      assert.ok(text === text[0].repeat(1_000_000), `${key} holds ${text.length} characters of ${text[0]}`);
    }
    const old = new Date(Date.now() - 3_700_000);
    for (const name of unfinished) await utimes(join(directory, name), old, old);
    await kv.set("a", "after");
    assert.deepEqual((await readdir(directory)).sort(), ["a", "b", "c"]);
  }
  assert.ok(leftovers > 0, "at least once it was killed in the middle of a file");
  t.diagnostic(`${leftovers} files were not finished`);
});

test("a disk without room is told, and the old value stays", { timeout: 60_000 }, async () => {
  const directory = join(root, "full");
  await KeyValueStore.fileSystem(directory).set("a", "before");
  // The system refuses to let a file grow beyond 100 or so blocks, in the middle of writing it.
  const told = await limited("ulimit -f 100", "full", directory);
  assert.deepEqual(told, {
    error: ["KeyValueStoreError", "set", "a", "EFBIG"],
    before: "before",
    keys: ["a", "b"],
  });
  assert.deepEqual((await readdir(directory)).sort(), ["a", "b"], "nothing half-written is left");
  assert.equal(await readFile(join(directory, "a"), "utf8"), "before");
});

test("a thousand files at once do not need a thousand open ones", { timeout: 60_000 }, async () => {
  assert.equal(await limited("ulimit -n 128", "many", join(root, "many")), true);
});

test("a directory that may not be used is told, and works again once it may", async () => {
  const directory = join(root, "forbidden");
  const kv = KeyValueStore.fileSystem(directory);
  await kv.set("a", "before");
  await chmod(directory, 0);
  const isRoot = process.geteuid() === 0;
  // Nothing is forbidden to root.
  if (isRoot) process.seteuid(65534);
  try {
    const calls = {
      get: () => kv.get("a"),
      has: () => kv.has("a"),
      set: () => kv.set("a", "after"),
      remove: () => kv.remove("a"),
      modify: () => kv.modify("a", () => "after"),
      keys: () => kv.keys(),
      clear: () => kv.clear(),
    };
    for (const [method, call] of Object.entries(calls)) {
      await assert.rejects(call, (error) => {
        assert.deepEqual([error._tag, error.method, error.cause.code], ["KeyValueStoreError", method, "EACCES"]);
        return true;
      });
    }
  } finally {
    if (isRoot) process.seteuid(0);
    await chmod(directory, 0o700);
  }
  assert.equal(await kv.get("a"), "before");
  await kv.set("a", "after");
  assert.deepEqual(await readdir(directory), ["a"]);
});

/** Lets `during` see what is asked of the file system while `run` runs; it may throw in the place of the answer. */
async function asked(during, run) {
  const fs = process.getBuiltinModule("node:fs/promises");
  const own = { open: fs.open, rename: fs.rename, unlink: fs.unlink };
  const named = (path) => basename(path).replace(/^#durastate-.*/, "unfinished");
  for (const method of ["rename", "unlink"]) {
    fs[method] = async (...paths) => {
      await during(`${method} ${paths.map(named).join(" ")}`);
      return own[method](...paths);
    };
  }
  fs.open = async (path, flags) => {
    await during(`open ${named(path)}`);
    const file = await own.open(path, flags);
    const told = (method) => async (data) => {
      await during(`${method} ${named(path)}`);
      return file[method](data);
    };
    return { writeFile: told("writeFile"), sync: told("sync"), close: told("close") };
  };
  try {
    return await run();
  } finally {
    Object.assign(fs, own);
  }
}

test("what is reported as stored is on the disk, the bytes before the name", async () => {
  const directory = join(root, "flushed");
  const kv = KeyValueStore.fileSystem(directory);
  await kv.set("a", "before");
  const seen = [];
  const see = async (what) => {
    seen.push(what);
  };
  await asked(see, () => kv.set("a", "after"));
  assert.deepEqual(seen.splice(0), [
    "open unfinished",
    "writeFile unfinished",
    "sync unfinished",
    "close unfinished",
    "rename unfinished a",
    "open flushed",
    "sync flushed",
    "close flushed",
  ]);
  await asked(see, () => kv.remove("a"));
  assert.deepEqual(seen.splice(0), ["unlink a", "open flushed", "sync flushed", "close flushed"]);
  await asked(see, () => Promise.all(Array.from({ length: 50 }, (_, i) => kv.set(`key ${i}`, "1"))));
  assert.ok(seen.filter((what) => what === "sync flushed").length < 50, "those who wait are served together");
});

for (const step of ["open unfinished", "writeFile unfinished", "sync unfinished", "rename unfinished a"]) {
  test(`a disk that fails at "${step}" leaves the old value and nothing else`, async () => {
    const directory = join(root, `failing at ${step}`);
    const kv = KeyValueStore.fileSystem(directory);
    await kv.set("a", "before");
    const broken = Object.assign(new Error("i/o error"), { code: "EIO" });
    const fail = async (what) => {
      if (what === step) throw broken;
    };
    await asked(fail, async () => {
      await assert.rejects(kv.set("a", "after"), { name: "KeyValueStoreError", method: "set", cause: broken });
      await assert.rejects(
        kv.modify("a", () => "after"),
        { name: "KeyValueStoreError", method: "modify", cause: broken },
      );
    });
    assert.deepEqual(await readdir(directory), ["a"]);
    assert.equal(await kv.get("a"), "before");
    await kv.set("a", "after");
    assert.equal(await kv.get("a"), "after");
  });
}
