// A claim that nobody waits for any more is undone, once; one that somebody got is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { failureOf, ImmediateHost, Scope, SlowHost, start, turn, unhandled, watched } from "./support.mjs";

const reason = new Error("never mind");
const isReason = (thrown) => thrown === reason;
const WRITE = ["set", "job", "claimed"];
const UNDO = ["remove", "job"];

test("a claim that is awaited is kept", async () => {
  const host = new SlowHost();
  const claimed = start.claim(host, "job", new AbortController().signal);
  await turn();
  host.sent[0].resolve();
  assert.deepEqual(await claimed, ["job"]);
  await turn();
  assert.deepEqual(host.asked, [WRITE]);
});

test("a claim that is aborted while it is under way is undone when it has come", async () => {
  const host = new SlowHost();
  const stop = new AbortController();
  const claimed = start.claim(host, "job", stop.signal);
  await turn();
  stop.abort(reason);
  await assert.rejects(claimed, isReason);
  await turn();
  assert.deepEqual(host.asked, [WRITE], "nothing is there to be undone yet");
  host.sent[0].resolve();
  await turn();
  assert.deepEqual(host.asked, [WRITE, UNDO]);
  host.sent[1].resolve();
  await turn();
  assert.deepEqual(host.asked, [WRITE, UNDO]);
});

test("a claim that is aborted in its own turn may leave all the same, and is undone", async () => {
  const host = new SlowHost();
  const stop = new AbortController();
  const claimed = start.claim(host, "job", stop.signal);
  stop.abort(reason);
  await assert.rejects(claimed, isReason);
  await turn();
  for (const { resolve } of host.sent) resolve();
  await turn();
  assert.deepEqual(host.asked, [WRITE, UNDO]);
});

// Between the host's reply and the caller's `await` lie a few microtasks: whenever the abort falls among them, either
// the caller has the claim or it is undone, never both and never neither.
for (let microtasks = 0; microtasks < 8; microtasks++) {
  test(`an abort ${microtasks} microtasks after the reply leaves no claim without an owner`, async () => {
    const host = new SlowHost();
    const stop = new AbortController();
    const fate = watched(start.claim(host, "job", stop.signal));
    await turn();
    host.sent[0].resolve();
    for (let passed = 0; passed < microtasks; passed++) await null;
    stop.abort(reason);
    await turn();
    if (fate.value) assert.deepEqual(host.asked, [WRITE]);
    else {
      assert.equal(fate.error, reason);
      assert.deepEqual(host.asked, [WRITE, UNDO]);
    }
    if (microtasks === 0) assert.equal(fate.error, reason);
    if (microtasks === 7) assert.deepEqual(fate.value, ["job"]);
  });
}

test("an aborted claim that failed has nothing to undo", async (context) => {
  const lost = unhandled(context);
  const host = new SlowHost();
  const stop = new AbortController();
  const claimed = start.claim(host, "job", stop.signal);
  await turn();
  stop.abort(reason);
  await assert.rejects(claimed, isReason);
  host.sent[0].reject(new Error("taken"));
  await turn();
  assert.deepEqual(host.asked, [WRITE]);
  assert.deepEqual(lost, []);
});

test("an undoing that fails harms nobody", async (context) => {
  const lost = unhandled(context);
  const host = new SlowHost();
  const stop = new AbortController();
  const claimed = start.claim(host, "job", stop.signal);
  await turn();
  stop.abort(reason);
  await assert.rejects(claimed, isReason);
  host.sent[0].resolve();
  await turn();
  host.sent[1].reject(new Error("gone"));
  await turn();
  assert.deepEqual(lost, []);
  assert.deepEqual(start.claim(new ImmediateHost(), "next"), ["next"]);
});

test("a claim that fails tells why", async () => {
  const host = new SlowHost();
  const claimed = start.claim(host, "job");
  await turn();
  const cause = new Error("taken");
  host.sent[0].reject(cause);
  await assert.rejects(claimed, failureOf(cause));
});

test("ten claims side by side, every other one aborted: those are undone, the others kept", async () => {
  const host = new SlowHost();
  const stops = Array.from({ length: 10 }, () => new AbortController());
  const fates = stops.map(({ signal }, at) => watched(start.claim(host, `job ${at}`, signal)));
  await turn();
  stops.forEach((stop, at) => {
    if (at % 2) stop.abort(reason);
  });
  for (const { resolve } of [...host.sent].reverse()) resolve();
  await turn();
  const undone = host.asked.slice(10).map(([verb, key]) => `${verb} ${key}`);
  assert.deepEqual(undone.sort(), ["remove job 1", "remove job 3", "remove job 5", "remove job 7", "remove job 9"]);
  fates.forEach((fate, at) => {
    assert.deepEqual(fate, at % 2 ? { error: reason } : { value: [`job ${at}`] });
  });
});

test("a context is given the undoing, which outlives the response", async () => {
  const kept = [];
  const host = new SlowHost();
  const stop = new AbortController();
  const scope = new Scope({ waitUntil: (promise) => kept.push(promise) });
  const claimed = start.claim(host, "job", stop.signal, scope);
  await turn();
  stop.abort(reason);
  await assert.rejects(claimed, isReason);
  const until = watched(Promise.all(kept));
  host.sent[0].resolve();
  await turn();
  assert.equal(kept.length, 2);
  assert.ok("value" in until);
  host.sent[1].reject(new Error("gone"));
  await Promise.all(kept);
});

test("a context that takes nothing keeps no claim from being undone", async (context) => {
  const lost = unhandled(context);
  const host = new SlowHost();
  const stop = new AbortController();
  const refused = new Error("too late");
  const waitUntil = () => {
    throw refused;
  };
  const scope = new Scope({ waitUntil });
  const claimed = start.claim(host, "job", stop.signal, scope);
  const beside = start.join(host, ["a"], undefined, scope);
  await turn();
  host.sent.pop().resolve("1");
  assert.deepEqual(await beside, ["1"]);
  stop.abort(reason);
  await assert.rejects(claimed, isReason);
  host.sent[0].resolve();
  await turn();
  assert.deepEqual(host.asked, [WRITE, UNDO]);
  assert.deepEqual(lost, [refused, refused, refused]);
});
