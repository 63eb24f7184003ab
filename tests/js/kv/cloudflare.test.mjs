// fromCloudflareKv on a namespace of Workers KV, in workerd.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { get } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { root } from "../../../js/build/run.mjs";
import { packagingModules } from "../../../js/build/setup.mjs";
import { keyValueContract } from "../contract/key_value.mjs";

const DIST = ["index.workerd.js", "wasm.workerd.js", "core.js", "start.js", "shared.js", "kv/cloudflare.js"];
const CONTRACT = readdirSync(join(root, "tests/js/contract/key_value")).map((file) => `key_value/${file}`);

let miniflare;
let url;
before(async () => {
  await packagingModules();
  const { Miniflare } = createRequire(join(root, "tests/js/packaging/package.json"))("miniflare");
  const module = (type, path) => ({ type, path: join(root, path) });
  miniflare = new Miniflare({
    modulesRoot: root,
    modules: [
      module("ESModule", "tests/js/kv/workerd/worker.mjs"),
      ...DIST.map((file) => module("ESModule", `dist/${file}`)),
      ...["key_value.mjs", ...CONTRACT].map((file) => module("ESModule", `tests/js/contract/${file}`)),
      ...["assert.mjs", "reported.mjs"].map((file) => module("ESModule", `tests/js/support/${file}`)),
      module("CompiledWasm", "dist/durastate.wasm"),
    ],
    compatibilityDate: "2026-04-01",
    compatibilityFlags: ["nodejs_als"],
    kvNamespaces: ["KV"],
    cf: false,
  });
  url = await miniflare.ready;
});
after(() => miniflare?.dispose());

/** What the worker answers, on a connection of its own: workerd closes those that were idle during a long test. */
async function ask(path, name = "") {
  const answer = await new Promise((resolve, reject) => {
    get(new URL(`${path}?name=${encodeURIComponent(name)}`, url), { agent: false }, (response) => {
      json(response).then(resolve, reject);
    }).on("error", reject);
  });
  if (answer.error) throw new Error(answer.error);
  return answer;
}
const run = async (name) => (await ask("task", name)).value;

describe("the contract", () => {
  const names = [];
  keyValueContract({ test: (name) => names.push(name), durastate: {}, traits: {} });
  for (const name of names) test(name, { timeout: 120_000 }, () => ask("contract", name));
  test("these were all tests", async () => assert.deepEqual(await ask("names"), names));
});

test("text is stored as it is, bytes are told by their metadata, and so is what UTF-8 has not", async () => {
  assert.deepEqual(await run("layout"), {
    raw: {
      text: [[0xc3, 0xa9], null],
      mark: [[...Buffer.from('"\ufeff"')], { durastate: "json" }],
      bytes: [[255, 0], { durastate: "bytes" }],
      half: [[...Buffer.from('"\\ud83d"')], { durastate: "json" }],
    },
    read: ["by hand", "\ufffdA", "\ud83d"],
  });
});

test("many values come in few requests, and one by one where the runtime can not do that", async () => {
  const { bulk, old, large, none } = await run("many");
  const second = JSON.stringify(["\ufeff value 2", "\ufeff value 3"]);
  // 252 keys: three requests, and one more for each of the five that are bytes.
  assert.deepEqual(bulk, { first: true, second, before: 8, after: 1 });
  // Of the three requests each finds out by itself that one key is all there is; later ones know.
  assert.deepEqual(old, { first: true, second, before: 255, after: 2 });
  assert.deepEqual(large, { first: true, second, before: 255, after: 3 });
  assert.deepEqual(none, []);
});

test("listings come in pages", async () => {
  assert.deepEqual(await run("pages"), [3, true, []]);
});

test("what Cloudflare would refuse is refused before it is sent", async () => {
  const { told, before, fits } = await run("limits");
  const reasons = [
    'Workers KV takes no key "."',
    'Workers KV takes no key ".."',
    "Workers KV takes keys of 512 bytes at most, and this one has 514",
  ];
  for (const [at, error] of told.slice(0, 9).entries()) {
    assert.deepEqual(
      [error._tag, error.cause, error.reason],
      ["KeyValueStoreError", "Refused", reasons[Math.floor(at / 3)]],
    );
  }
  assert.equal(told[9].reason, "Workers KV takes values of 26214400 bytes at most, and this one has 26214401");
  assert.deepEqual(before, {});
  assert.equal(fits, "fits");
});

test("what Cloudflare refuses itself is told with its error", async () => {
  const [set, get, wrong] = await run("failing");
  for (const error of [set, get]) {
    assert.deepEqual([error._tag, error.reason], ["KeyValueStoreError", "KV PUT failed: 429 Too Many Requests"]);
  }
  assert.deepEqual(wrong, ["TypeError", "TypeError", "TypeError", "TypeError"]);
});
