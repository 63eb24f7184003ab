// A ready answer makes no promise; one that waits is a promise.
import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { test } from "node:test";
import { failureOf, ImmediateHost, MemoryHost, PlainStorage, SlowHost, start, turn } from "./support.mjs";

/** How many promises the action made. */
function promisesOf(action) {
  let promises = 0;
  const hook = createHook({ init: (_id, type) => (promises += type === "PROMISE" ? 1 : 0) }).enable();
  try {
    action();
  } finally {
    hook.disable();
  }
  return promises;
}

test("counting promises finds one", () => {
  assert.equal(
    promisesOf(() => Promise.resolve()),
    1,
  );
});

test("a store in memory answers at once, and no promise is made", () => {
  const host = new MemoryHost();
  host.set("a", "1");
  host.set("b", "2");
  let answers;
  const promises = promisesOf(() => {
    answers = [start.join(host, ["b", "a", "none"]), start.keys(host), start.claim(host, "mine")];
  });
  assert.deepEqual(answers, [["2", "1", ""], ["a", "b"], ["mine"]]);
  assert.equal(promises, 0);
  assert.equal(host.get("mine"), "claimed");
});

test("so does a Web Storage", () => {
  const storage = new PlainStorage();
  storage.setItem("a", "1");
  let keys;
  const promises = promisesOf(() => {
    keys = start.keysOf(storage);
  });
  assert.deepEqual(keys, ["a"]);
  assert.equal(promises, 0);
});

test("what fails at once is thrown at once", () => {
  const cause = new Error("no");
  const fails = () => {
    throw cause;
  };
  assert.throws(() => start.join(new ImmediateHost({ get: fails }), ["a"]), failureOf(cause));
});

test("whoever has to wait gets a promise", async () => {
  const host = new SlowHost();
  const answer = start.join(host, ["a"]);
  assert.ok(answer instanceof Promise);
  await turn();
  host.sent[0].resolve("1");
  assert.deepEqual(await answer, ["1"]);
});

test("a host that may make one wait gives a promise even where it answers at once", async () => {
  const answer = start.join({ immediate: false, get: (key) => `value of ${key}` }, ["a", "b"]);
  assert.ok(answer instanceof Promise);
  assert.deepEqual(await answer, ["value of a", "value of b"]);
});
