// The loser of a select is called off, and what comes late for it is dropped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "./clock.mjs";
import { Failure, SlowHost, start, turn, unhandled } from "./support.mjs";

const tooSlow = (thrown) => thrown instanceof Failure && thrown.kind === "Unavailable" && thrown.key === "a";

test("when the reply comes first, the timer is cleared", async (context) => {
  const clock = new Clock(context);
  const host = new SlowHost();
  const selected = start.select(host, "a", 1000);
  await clock.pass(999);
  assert.equal(clock.timers.size, 1);
  host.sent[0].resolve("1");
  assert.deepEqual(await selected, ["1"]);
  assert.equal(clock.timers.size, 0);
});

for (const late of ["resolve", "reject"]) {
  test(`when time is up first, a reply that comes late changes nothing (${late})`, async (context) => {
    const clock = new Clock(context);
    const lost = unhandled(context);
    const host = new SlowHost();
    const selected = assert.rejects(start.select(host, "a", 1000), tooSlow);
    await turn();
    await clock.pass(1000);
    await selected;
    const next = start.join(host, ["b"]);
    host.sent[0][late](new Error("late"));
    await turn();
    host.sent[1].resolve("2");
    assert.deepEqual(await next, ["2"]);
    assert.deepEqual(lost, []);
  });
}

test("a request that is called off before it has left never leaves", async (context) => {
  const clock = new Clock(context);
  const host = new SlowHost();
  const selected = start.select(host, "a", 1000);
  // No microtask runs in between: this timer goes off in the turn of the call.
  const [timer] = clock.timers.values();
  clock.now += 1000;
  timer.action();
  await assert.rejects(selected, tooSlow);
  await turn();
  assert.deepEqual(host.asked, []);
});
