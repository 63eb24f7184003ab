// KeyValueStore.fileSystem: the behaviours of every store, and the files that it makes.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, describe, test } from "node:test";
import * as durastate from "durastate";
import { keyValueContract } from "../contract/key_value.mjs";

const { KeyValueStore } = durastate;
const root = await mkdtemp(join(tmpdir(), "durastate-files-"));
after(() => rm(root, { recursive: true, force: true }));
let directories = 0;
const fresh = () => join(root, String(directories++));

describe("a directory", () => {
  const traits = { tellsKinds: false, anyText: false, atomicity: "process" };
  const timed = (what, run) => test(what, { timeout: 60_000 }, run);
  keyValueContract({ test: timed, durastate, open: () => KeyValueStore.fileSystem(fresh()), traits });
});

/** The files of a directory, by their names. */
async function contents(directory) {
  const names = (await readdir(directory)).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, (await readFile(join(directory, name))).toString("latin1")])),
  );
}

describe("the files", () => {
  test("are named and filled as Effect does it", async () => {
    const directory = fresh();
    const kv = KeyValueStore.fileSystem(directory);
    await kv.set("a/b c", "text é");
    await kv.set("-_.!~*'()", new Uint8Array([0, 255]));
    await kv.set("ü:%", "");
    await kv.set("...", "three dots");
    assert.deepEqual(await contents(directory), {
      "-_.!~*'()": "\u0000\u00ff",
      "...": "three dots",
      "%C3%BC%3A%25": "",
      "a%2Fb%20c": "text \u00c3\u00a9",
    });
  });

  test("of Effect are read", async () => {
    const directory = fresh();
    await mkdir(directory);
    await writeFile(join(directory, "user%3A1"), "\ufeffé");
    await writeFile(join(directory, "raw"), Buffer.from([0xff, 0, 1]));
    const kv = KeyValueStore.fileSystem(directory);
    assert.equal(await kv.get("user:1"), "\ufeffé");
    assert.equal(await kv.get("raw"), "/wAB");
    assert.deepEqual(await kv.getUint8Array("raw"), new Uint8Array([0xff, 0, 1]));
    assert.deepEqual((await kv.keys()).sort(), ["raw", "user:1"]);
  });

  test("of others are neither listed nor removed", async () => {
    const directory = fresh();
    await mkdir(join(directory, "folder"), { recursive: true });
    const foreign = ["a b", "%", "%zz", "%c3%bc", "%61", "#durastate-unfinished", "ü"];
    for (const name of foreign) await writeFile(join(directory, name), "foreign");
    await symlink(join(directory, "folder"), join(directory, "link"));
    const kv = KeyValueStore.fileSystem(directory);
    await kv.set("own", "1");
    await kv.remove("link");
    assert.deepEqual(await kv.keys(), ["own"]);
    assert.equal(await kv.has("folder"), false);
    await kv.clear();
    assert.deepEqual((await readdir(directory)).sort(), [...foreign, "folder"].sort());
    for (const call of [() => kv.get("folder"), () => kv.set("folder", "1"), () => kv.remove("folder")]) {
      await assert.rejects(call, { name: "KeyValueStoreError", key: "folder" });
    }
    assert.ok((await stat(join(directory, "folder"))).isDirectory());
  });

  test("a key that can be no file is refused, and named", async () => {
    const kv = KeyValueStore.fileSystem(fresh());
    const longest = "k".repeat(255);
    await kv.set(longest, "fits");
    await kv.set("é".repeat(42), "fits");
    assert.equal(await kv.get(longest), "fits");
    const calls = {
      get: (key) => kv.get(key),
      getUint8Array: (key) => kv.getUint8Array(key),
      has: (key) => kv.has(key),
      set: (key) => kv.set(key, "1"),
      remove: (key) => kv.remove(key),
      modify: (key) => kv.modify(key, (text) => text),
    };
    for (const [key, reason] of [
      [".", /^"\." can not be the name of a file$/],
      ["..", /^"\.\." can not be the name of a file$/],
      [`${longest}k`, /^the key is too long for a file: its name would have 256 bytes, and 255 is the most$/],
      ["é".repeat(43), /its name would have 258 bytes/],
    ]) {
      for (const [method, call] of Object.entries(calls)) {
        await assert.rejects(call(key), (error) => {
          assert.deepEqual([error._tag, error.method, error.key], ["KeyValueStoreError", method, key]);
          assert.match(error.cause.message, reason);
          assert.ok(error.message.endsWith(error.cause.message), error.message);
          return true;
        });
      }
    }
    assert.equal(await kv.size(), 2);
  });

  test("what crashes have left is removed by the first write, once it is an hour old", async () => {
    const directory = fresh();
    await mkdir(directory);
    const old = join(directory, "#durastate-old");
    const young = join(directory, "#durastate-young");
    const foreign = join(directory, "#other");
    for (const path of [old, young, foreign]) await writeFile(path, "half");
    const before = new Date(Date.now() - 3_700_000);
    for (const path of [old, foreign]) await utimes(path, before, before);
    const kv = KeyValueStore.fileSystem(directory);
    assert.deepEqual(await kv.keys(), []);
    assert.ok(existsSync(old));
    await kv.set("a", "1");
    assert.deepEqual([old, young, foreign].map(existsSync), [false, true, true]);
    assert.deepEqual(await kv.keys(), ["a"]);
  });
});

describe("the directory", () => {
  test("is made by the first write, with those above it, and again when somebody has removed it", async () => {
    const directory = join(fresh(), "above", "below");
    const kv = KeyValueStore.fileSystem(directory);
    assert.equal(await kv.get("a"), undefined);
    assert.deepEqual(await kv.keys(), []);
    await kv.remove("a");
    await kv.set("a", "1");
    await rm(directory, { recursive: true });
    assert.equal(await kv.get("a"), undefined);
    assert.equal(await kv.isEmpty(), true);
    await kv.set("a", "2");
    assert.deepEqual(await contents(directory), { a: "2" });
  });

  test("that is a file is told, and later calls work once it is none", async () => {
    const path = fresh();
    await writeFile(path, "a file");
    const kv = KeyValueStore.fileSystem(path);
    for (const call of [() => kv.get("a"), () => kv.set("a", "1"), () => kv.keys()]) {
      await assert.rejects(
        call,
        (error) => error._tag === "KeyValueStoreError" && /EEXIST|ENOTDIR/.test(error.cause.code),
      );
    }
    await rm(path);
    await kv.set("a", "1");
    assert.equal(await kv.get("a"), "1");
  });

  test("counts from where the process was when the store was opened", async () => {
    const before = process.cwd();
    const directory = fresh();
    const kv = KeyValueStore.fileSystem(relative(before, directory));
    process.chdir(tmpdir());
    try {
      await kv.set("a", "1");
    } finally {
      process.chdir(before);
    }
    assert.deepEqual(await contents(directory), { a: "1" });
  });

  test("where there is no file system every call says so, and opening does not", async () => {
    const { getBuiltinModule } = process;
    const directory = fresh();
    try {
      for (const none of [undefined, () => undefined]) {
        process.getBuiltinModule = none;
        // Another one each time: the same directory is the same store.
        const kv = KeyValueStore.fileSystem(`${directory}-${typeof none}`);
        for (const call of [() => kv.get("a"), () => kv.set("a", "1"), () => kv.remove("a"), () => kv.keys()]) {
          await assert.rejects(call, { name: "KeyValueStoreError", message: /there is no file system here$/ });
        }
      }
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
  });

  test("what can be no directory is refused at once", () => {
    for (const wrong of [undefined, null, 5, {}]) {
      const message = /^directory of KeyValueStore\.fileSystem must be a string/;
      assert.throws(() => KeyValueStore.fileSystem(wrong), { name: "TypeError", message });
    }
    assert.throws(() => KeyValueStore.fileSystem(""), { name: "RangeError", message: /must not be empty/ });
  });

  test("two stores on one directory, under different names, lose no change of each other", async () => {
    const directory = fresh();
    await mkdir(directory);
    const link = fresh();
    await symlink(directory, link);
    const stores = [directory, `${directory}/../${relative(root, directory)}/`, link].map(KeyValueStore.fileSystem);
    await stores[0].set("n", "0");
    const increments = Array.from({ length: 150 }, (_, i) =>
      stores[i % 3].modify("n", i % 2 ? (n) => String(Number(n) + 1) : async (n) => String(Number(n) + 1)),
    );
    const seen = await Promise.all(increments);
    assert.equal(await stores[1].get("n"), "150");
    assert.equal(new Set(seen).size, 150);
  });
});

describe("changes", () => {
  test("no file is ever seen half-written, and none is left over", async () => {
    const directory = fresh();
    const kv = KeyValueStore.fileSystem(directory);
    const size = 200_000;
    await kv.set("a", "x".repeat(size));
    let ended = false;
    const writing = Promise.all(
      Array.from({ length: 30 }, (_, i) => kv.set("a", String.fromCharCode(97 + (i % 26)).repeat(size))),
    ).finally(() => (ended = true));
    let reads = 0;
    while (!ended) {
      const text = await readFile(join(directory, "a"), "utf8");
      assert.equal(text, text[0].repeat(size));
      reads += 1;
    }
    await writing;
    assert.ok(reads > 0);
    assert.deepEqual(await readdir(directory), ["a"]);
    assert.equal(await kv.get("a"), "d".repeat(size), "the last one that was called is there");
  });

  test("bytes that their owner writes into meanwhile are stored as they were", async () => {
    const kv = KeyValueStore.fileSystem(fresh());
    const bytes = new Uint8Array([1, 2, 3]);
    const stored = kv.set("a", bytes);
    bytes.fill(9);
    await stored;
    assert.deepEqual(await kv.getUint8Array("a"), new Uint8Array([1, 2, 3]));
  });
});
