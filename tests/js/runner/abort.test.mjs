// An AbortSignal drops the task: the call rejects with the signal's reason and its requests are called off.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Clock } from "./clock.mjs";
import { call, ImmediateHost, SlowHost, start, turn, unhandled } from "./support.mjs";

const reason = new Error("never mind");
const isReason = (thrown) => thrown === reason;
const listeners = (signal) => getEventListeners(signal, "abort").length;

test("with a signal that was aborted before, no step is taken", () => {
  let steps = 0;
  const step = () => {
    steps += 1;
  };
  assert.throws(() => call(step, AbortSignal.abort(reason)), isReason);
  assert.equal(steps, 0);
});

test("an abort while waiting clears the timer", async (context) => {
  const clock = new Clock(context);
  const stop = new AbortController();
  const waiting = start.wait(5000, stop.signal);
  assert.equal(clock.timers.size, 1);
  stop.abort(reason);
  assert.equal(clock.timers.size, 0);
  await assert.rejects(waiting, isReason);
  assert.equal(listeners(stop.signal), 0);
});

test("an abort calls off what has not left yet, and only that", async () => {
  const host = new SlowHost();
  const stop = new AbortController();
  const dropped = start.join(host, ["a", "b"], stop.signal);
  const kept = start.join(host, ["c"]);
  stop.abort(reason);
  await assert.rejects(dropped, isReason);
  await turn();
  assert.deepEqual(host.asked, [["get", "c"]]);
  host.sent[0].resolve("3");
  assert.deepEqual(await kept, ["3"]);
});

test("the reply to an aborted call is dropped, in whatever way it comes", async (context) => {
  const lost = unhandled(context);
  const host = new SlowHost();
  const stop = new AbortController();
  const dropped = start.join(host, ["a", "b"], stop.signal);
  await turn();
  stop.abort(reason);
  await assert.rejects(dropped, isReason);
  host.sent[0].resolve("late");
  host.sent[1].reject(new Error("late"));
  await turn();
  const next = start.join(host, ["c"]);
  await turn();
  host.sent[2].resolve("3");
  assert.deepEqual(await next, ["3"]);
  assert.deepEqual(lost, []);
});

test("an abort after the answer changes nothing, and nothing listens any more", async () => {
  const host = new SlowHost();
  const stop = new AbortController();
  const answered = start.join(host, ["a"], stop.signal);
  await turn();
  assert.equal(listeners(stop.signal), 1);
  host.sent[0].resolve("1");
  await turn();
  assert.equal(listeners(stop.signal), 0);
  stop.abort(reason);
  assert.deepEqual(await answered, ["1"]);
});

test("an answer that was there at once leaves nothing at the signal", () => {
  const { signal } = new AbortController();
  start.join(new ImmediateHost(), ["a"], signal);
  assert.equal(listeners(signal), 0);
});

test("an abort without a reason, and one by time, reject with what the signal says", async () => {
  const stop = new AbortController();
  const waiting = start.wait(60_000, stop.signal);
  stop.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  await assert.rejects(async () => start.wait(60_000, AbortSignal.timeout(1)), { name: "TimeoutError" });
});
