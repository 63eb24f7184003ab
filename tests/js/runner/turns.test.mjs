// Requests of one turn of the event loop leave together, and their replies may come in any order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchingHost, failureOf, Scope, SlowHost, start, turn, watched } from "./support.mjs";

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

test("a join of three requests leaves in one turn", async () => {
  const host = new SlowHost();
  let over = false;
  const turns = [];
  host.get = (key) => {
    queueMicrotask(() => {
      over = true;
    });
    turns.push(over);
    return Promise.resolve(key);
  };
  assert.deepEqual(await start.join(host, ["a", "b", "c"]), ["a", "b", "c"]);
  assert.deepEqual(turns, [false, false, false]);
});

for (const order of ORDERS) {
  test(`replies that come in the order ${order} find their requests`, async () => {
    const host = new SlowHost();
    const joined = start.join(host, ["a", "b", "c"]);
    const fate = watched(joined);
    await turn();
    assert.deepEqual(host.asked, [
      ["get", "a"],
      ["get", "b"],
      ["get", "c"],
    ]);
    for (const at of order) {
      assert.deepEqual(fate, {});
      host.sent[at].resolve(`reply ${at}`);
      await turn();
    }
    assert.deepEqual(await joined, ["reply 0", "reply 1", "reply 2"]);
  });
}

test("a join of three reads of one store is one read", async () => {
  const host = new BatchingHost();
  const joined = start.join(host, ["a", "b", "c"]);
  await turn();
  assert.deepEqual(host.asked, [["getMany", ["a", "b", "c"]]]);
  host.sent[0].resolve(["1", undefined, "3"]);
  assert.deepEqual(await joined, ["1", "", "3"]);
});

test("three calls of one turn are one read for each store, and each gets its own part", async () => {
  const [host, other] = [new BatchingHost(), new BatchingHost()];
  const calls = [
    start.join(host, ["a"]),
    start.join(host, ["b", "c"]),
    start.join(other, ["x"]),
    start.join(host, ["d"]),
  ];
  await turn();
  assert.deepEqual(host.asked, [["getMany", ["a", "b", "c", "d"]]]);
  assert.deepEqual(other.asked, [["getMany", ["x"]]]);
  host.sent[0].resolve(["1", "2", "3", "4"]);
  other.sent[0].resolve(["5"]);
  assert.deepEqual(await Promise.all(calls), [["1"], ["2", "3"], ["5"], ["4"]]);
});

test("what is asked in the next turn does not wait for the reply to this one", async () => {
  const host = new BatchingHost();
  const calls = [start.join(host, ["a"])];
  await turn();
  calls.push(start.join(host, ["b"]));
  await turn();
  assert.deepEqual(host.asked, [
    ["getMany", ["a"]],
    ["getMany", ["b"]],
  ]);
  host.sent[1].resolve(["2"]);
  assert.deepEqual(await calls[1], ["2"]);
  host.sent[0].resolve(["1"]);
  assert.deepEqual(await calls[0], ["1"]);
});

test("a read that fails or waits does not concern the other calls of its turn", async () => {
  const host = new SlowHost();
  const [slow, failing, quick] = ["a", "b", "c"].map((key) => start.join(host, [key]));
  const fate = watched(slow);
  await turn();
  const cause = new Error("b is gone");
  host.sent[1].reject(cause);
  host.sent[2].resolve("3");
  await assert.rejects(failing, failureOf(cause));
  assert.deepEqual(await quick, ["3"]);
  assert.deepEqual(fate, {});
  host.sent[0].resolve("1");
  assert.deepEqual(await slow, ["1"]);
});

test("calls of different contexts are never one read", async () => {
  const host = new BatchingHost();
  const [mine, yours] = [new Scope({ waitUntil() {} }), new Scope({ waitUntil() {} })];
  const calls = [mine, yours, mine].map((scope, at) => start.join(host, [`key ${at}`], undefined, scope));
  await turn();
  assert.deepEqual(host.asked, [
    ["getMany", ["key 0", "key 2"]],
    ["getMany", ["key 1"]],
  ]);
  host.sent[0].resolve(["0", "2"]);
  host.sent[1].resolve(["1"]);
  assert.deepEqual(await Promise.all(calls), [["0"], ["1"], ["2"]]);
});

test("a task that goes on while its turn leaves loses no request", async () => {
  const slow = new SlowHost();
  const stop = new AbortController();
  const removed = [];
  const host = {
    immediate: false,
    remove: (key) => removed.push(key),
    list: () => {
      stop.abort();
      return { keys: ["a", "b"] };
    },
  };
  const cleared = start.clear(host);
  const dropped = start.join(slow, ["dropped"], stop.signal);
  const last = start.join(slow, ["last"]);
  await assert.rejects(dropped, { name: "AbortError" });
  assert.deepEqual(await cleared, ["a", "b"]);
  assert.deepEqual(removed, ["a", "b"]);
  slow.sent.at(-1).resolve("1");
  assert.deepEqual(await last, ["1"]);
});
