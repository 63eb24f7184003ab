// localStorage where there are no storage events: processes tell each other through a BroadcastChannel.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { KeyValueStore } from "durastate";
import { FakeStorage } from "../support/fake_storage.mjs";
import { recorder } from "../support/reported.mjs";

const storage = new FakeStorage();
Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
const kv = KeyValueStore.localStorage();

/** Somebody else of the same origin. */
const other = new BroadcastChannel("durastate:localStorage");
after(() => other.close());

const limit = { timeout: 10_000 };

test("a change that another process announces is told as remote, with what the storage holds", limit, async () => {
  const { told, listener, until } = recorder();
  const stop = kv.watch(undefined, listener);
  storage.setItem("a", "1");
  other.postMessage("a");
  await until(1);
  storage.removeItem("a");
  other.postMessage("a");
  await until(2);
  assert.deepEqual(told, [
    { key: "a", value: "1", origin: "remote" },
    { key: "a", value: undefined, origin: "remote" },
  ]);
  stop();
});

test("a message that is no key is ignored", limit, async () => {
  const { told, listener, until } = recorder();
  const stop = kv.watch(undefined, listener);
  for (const odd of [undefined, null, 5, {}, ["a"], { key: "a", value: "forged" }]) other.postMessage(odd);
  storage.setItem("end", "1");
  other.postMessage("end");
  await until(1);
  assert.deepEqual(told, [{ key: "end", value: "1", origin: "remote" }]);
  stop();
});

test("changes are announced by their keys alone, and are told once in their own process", limit, async () => {
  const { told, listener, until } = recorder();
  const stop = kv.watch(undefined, listener);
  const heard = [];
  const all = new Promise((resolve) => {
    other.onmessage = ({ data }) => {
      heard.push(data);
      if (data === "end") resolve();
    };
  });
  await kv.set("a", "1");
  await kv.modify("a", (text) => `${text}!`);
  await kv.remove("a");
  await kv.set("end", "2");
  await all;
  other.onmessage = null;
  assert.deepEqual(heard, ["a", "a", "a", "end"]);
  // What comes after the echoes, if there are any.
  other.postMessage("after");
  await until(5);
  assert.deepEqual(
    told.map(({ key, value, origin }) => [key, value, origin]),
    [
      ["a", "1", "local"],
      ["a", "1!", "local"],
      ["a", undefined, "local"],
      ["end", "2", "local"],
      ["after", undefined, "remote"],
    ],
  );
  stop();
});

test("changes are announced where nobody listens as well", limit, async () => {
  const heard = new Promise((resolve) => (other.onmessage = ({ data }) => resolve(data)));
  await kv.set("b", "1");
  assert.equal(await heard, "b");
  other.onmessage = null;
});

test("clear announces every key that went", limit, async () => {
  storage.clear();
  await kv.set("a", "1");
  const heard = new Set();
  const all = new Promise((resolve) => {
    other.onmessage = ({ data }) => {
      heard.add(data);
      if (heard.has("c") && heard.has("b")) resolve();
    };
  });
  storage.setItem("b", "2");
  storage.setItem("c", "3");
  await kv.clear();
  await all;
  assert.equal(storage.length, 0);
  other.onmessage = null;
});

test("a thread that only watches ends", { timeout: 30_000 }, async () => {
  const code = `
    const { KeyValueStore } = await import(${JSON.stringify(import.meta.resolve("durastate"))});
    globalThis.localStorage = { getItem: () => null, setItem() {}, removeItem() {} };
    KeyValueStore.localStorage().watch("a", () => {});
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const status = await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
  assert.equal(status, 0);
});
