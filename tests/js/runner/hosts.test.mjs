// Whatever a host does, the call that asked it fails with that cause, and nothing else does.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Failure,
  failureOf,
  isWhole,
  KeyValueStore,
  KeyValueStoreError,
  SlowHost,
  start,
  turn,
  unhandled,
} from "./support.mjs";

const cause = new Error("the host is down");
const throws = () => {
  throw cause;
};
const rejects = () => Promise.reject(cause);

/** Each verb, and a call that asks for it. */
const calls = {
  get: (host) => start.join(host, ["a"]),
  getMany: (host) => start.join(host, ["a", "b"]),
  set: (host) => start.claim(host, "a"),
  list: (host) => start.keys(host),
};

/** Runs the action while another call waits, which must not be concerned. */
async function besides(context, action) {
  const lost = unhandled(context);
  const slow = new SlowHost();
  const other = start.join(slow, ["other"]);
  await turn();
  await action();
  slow.sent[0].resolve("untouched");
  assert.deepEqual(await other, ["untouched"]);
  assert.ok(isWhole());
  await turn();
  assert.deepEqual(lost, []);
}

for (const [verb, ask] of Object.entries(calls)) {
  for (const immediate of [true, false]) {
    const how = immediate ? "an immediate host" : "a host";
    test(`${how} that throws in ${verb}`, (context) =>
      besides(context, () => assert.rejects(async () => ask({ immediate, [verb]: throws }), failureOf(cause))));
  }
  test(`a host that rejects in ${verb}`, (context) =>
    besides(context, () => assert.rejects(ask({ immediate: false, [verb]: rejects }), failureOf(cause))));
}

for (const thrown of [undefined, null, 0, "", "text", Symbol("odd"), Object.create(null)]) {
  test(`a host may throw anything (${typeof thrown} ${thrown === "" ? "empty" : ""})`, (context) =>
    besides(context, () =>
      assert.rejects(start.join({ immediate: false, get: () => Promise.reject(thrown) }, ["a"]), (failure) => {
        assert.ok(failure instanceof Failure);
        assert.equal(failure.cause, thrown === null ? failure.cause : thrown);
        return true;
      }),
    ));
}

const detached = new Uint8Array(8);
structuredClone(detached, { transfer: [detached.buffer] });

const junk = {
  get: [5, 1e300, true, {}, [], Symbol("odd"), () => {}, new Date(), detached],
  getMany: [undefined, null, 5, "ab", {}, [], ["1", "2", "3"], ["1", 2], { length: 2 }],
  list: [undefined, null, 5, "ab", {}, { keys: null }, { keys: "ab" }, { keys: ["a", 5] }, { keys: [new String("a")] }],
};
junk.list.push({ keys: ["a"], next: 5 }, { keys: ["a"], next: {} }, { keys: [undefined] }, { keys: { length: 1 } });

const shown = (value) => (typeof value === "symbol" ? "a symbol" : (JSON.stringify(value) ?? String(value)));

for (const [verb, values] of Object.entries(junk)) {
  for (const value of values) {
    for (const immediate of [true, false]) {
      test(`${immediate ? "an immediate host" : "a host"} that gives ${shown(value)} in ${verb}`, (context) =>
        besides(context, () =>
          assert.rejects(
            async () => calls[verb]({ immediate, [verb]: () => value }),
            (failure) => failure instanceof Failure && failure.cause instanceof TypeError,
          ),
        ));
    }
  }
}

test("a removal that throws beside one that rejects leaves no rejection behind", (context) =>
  besides(context, async () => {
    const host = { immediate: false, list: () => ({ keys: ["a", "b"] }) };
    host.remove = (key) => (key === "a" ? Promise.reject(new Error("unheard")) : throws());
    await assert.rejects(start.clear(host), failureOf(cause));
  }));

test("null is no value, as a missing one is", async () => {
  const host = { immediate: false, getMany: async () => [null, undefined, "3"] };
  assert.deepEqual(await start.join(host, ["a", "b", "c"]), ["", "", "3"]);
});

test("a store of the user's own that gives junk", async () => {
  const store = KeyValueStore.make({ get: () => 5, set() {}, remove() {}, keys: () => [{}] });
  for (const call of [store.get("a"), store.keys(), store.clear()]) {
    await assert.rejects(call, (error) => error instanceof KeyValueStoreError && error.cause instanceof TypeError);
  }
});
