// A host may call the library while it is asked: what it calls is queued, never run inside of what is going on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, glue, ImmediateHost, MemoryHost, PlainStorage, SlowHost, start, turn } from "./support.mjs";

const stored = new MemoryHost();
stored.set("x", "within");

test("an immediate host whose get calls the library", async () => {
  const inner = [];
  const host = new ImmediateHost({
    get: (key) => {
      inner.push(start.join(stored, ["x"]), start.keys(stored));
      return `value of ${key}`;
    },
  });
  assert.deepEqual(start.join(host, ["a", "b"]), ["value of a", "value of b"]);
  assert.deepEqual(await Promise.all(inner), [["within"], ["x"], ["within"], ["x"]]);
});

test("an immediate host whose list calls the library", async () => {
  const inner = [];
  const host = new ImmediateHost({
    list: () => {
      inner.push(start.join(stored, ["x", "none"]));
      return { keys: ["a"] };
    },
  });
  assert.deepEqual(start.keys(host), ["a"]);
  assert.deepEqual(await Promise.all(inner), [["within", ""]]);
});

test("calls within calls within calls", async () => {
  const deepest = [];
  const nested = (depth) =>
    new ImmediateHost({
      get: () => {
        deepest.push(start.join(depth ? nested(depth - 1) : stored, ["x"]));
        return `depth ${depth}`;
      },
    });
  assert.deepEqual(start.join(nested(3), ["a"]), ["depth 3"]);
  assert.deepEqual(await Promise.all(deepest), [["depth 2"], ["depth 1"], ["depth 0"], ["within"]]);
});

test("a Web Storage whose methods call the library while Rust is at work", () => {
  const inner = [];
  class Calling extends PlainStorage {
    key(at) {
      inner.push(start.keys(stored), start.join(stored, ["x"]));
      return super.key(at);
    }
  }
  const storage = new Calling();
  storage.setItem("a", "1");
  assert.deepEqual(start.keysOf(storage), ["a"]);
  assert.deepEqual(inner, [["x"], ["within"]]);
});

test("a host that replies before the request is through, again and again", async () => {
  const asked = [];
  const host = {
    immediate: false,
    get: (key) => `value of ${key}`,
    set: (...entry) => asked.push(entry),
    remove: (key) => asked.push([key]),
    list: () => ({ keys: ["a", "b"] }),
  };
  const calls = [start.keys(host), start.claim(host, "job"), start.join(host, ["a", "b"]), start.clear(host)];
  assert.deepEqual(await Promise.all(calls), [["a", "b"], ["job"], ["value of a", "value of b"], ["a", "b"]]);
  assert.deepEqual(asked, [["job", "claimed"], ["a"], ["b"]]);
});

test("a host that aborts another call while it is asked", async () => {
  const slow = new SlowHost();
  const stop = new AbortController();
  const dropped = start.join(slow, ["never leaves"], stop.signal);
  const host = new ImmediateHost({
    get: () => {
      stop.abort();
      return "1";
    },
  });
  assert.deepEqual(start.join(host, ["a"]), ["1"]);
  await assert.rejects(dropped, { name: "AbortError" });
  await turn();
  assert.deepEqual(slow.asked, []);
});

test("a host that aborts the very call that asks it is heard", async () => {
  const slow = new SlowHost();
  const stop = new AbortController();
  let inner;
  const aborting = new ImmediateHost({
    get: () => {
      // This one is started, and not yet awaited, when the abort comes.
      inner = start.join(slow, ["a"], stop.signal);
      stop.abort();
      return "1";
    },
  });
  start.join(aborting, ["a"]);
  await assert.rejects(inner, { name: "AbortError" });
  const waiting = new AbortController();
  const mixed = call(() => {
    const task = glue.probe_select(slow, "b", 60_000);
    waiting.abort();
    return task;
  }, waiting.signal);
  await assert.rejects(async () => mixed, { name: "AbortError" });
  await turn();
  assert.deepEqual(slow.asked, []);
});
