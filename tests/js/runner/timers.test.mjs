// A sleep is never over early, however long it is and whatever happens to the clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "./clock.mjs";
import { start, turn, watched } from "./support.mjs";

const DAY = 86_400_000;
const HOUR = 3_600_000;

test("a sleep of a hundred days, longer than a timer can be, ends on its day", async (context) => {
  const clock = new Clock(context);
  const fate = watched(start.wait(100 * DAY));
  await clock.pass(100 * DAY - 1);
  assert.deepEqual(fate, {});
  assert.equal(clock.timers.size, 1);
  await clock.pass(1);
  assert.deepEqual(fate, { value: true });
  assert.equal(clock.timers.size, 0);
});

for (const milliseconds of [2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 32 + 1]) {
  test(`a sleep of ${milliseconds} ms is exact`, async (context) => {
    const clock = new Clock(context);
    const fate = watched(start.wait(milliseconds));
    await clock.pass(milliseconds - 1);
    assert.deepEqual(fate, {});
    await clock.pass(1);
    assert.deepEqual(fate, { value: true });
  });
}

test("a long sleep can be called off on its way", async (context) => {
  const clock = new Clock(context);
  const stop = new AbortController();
  const sleeping = assert.rejects(start.wait(100 * DAY, stop.signal));
  await clock.pass(60 * DAY);
  stop.abort();
  await sleeping;
  assert.equal(clock.timers.size, 0);
});

test("a timer that goes off early is not believed", async (context) => {
  const clock = new Clock(context);
  const fate = watched(start.wait(10));
  const [early] = clock.timers.values();
  clock.timers.clear();
  early.action();
  await turn();
  assert.deepEqual(fate, {});
  await clock.pass(10);
  assert.deepEqual(fate, { value: true });
});

test("fractions of a millisecond are waited for", async (context) => {
  const clock = new Clock(context);
  clock.now += 0.4;
  const fate = watched(start.wait(1.2));
  await clock.pass(1);
  assert.deepEqual(fate, {});
  await clock.pass(1);
  assert.deepEqual(fate, { value: true });
});

test("a clock that is set back makes a sleep longer, not shorter", async (context) => {
  const clock = new Clock(context);
  const fate = watched(start.wait(1000));
  await clock.pass(500);
  clock.now -= HOUR;
  await clock.pass(HOUR);
  assert.deepEqual(fate, {});
  await clock.pass(500);
  assert.deepEqual(fate, { value: true });
});

test("a clock that is set ahead ends a sleep at the latest when its timer goes off", async (context) => {
  const clock = new Clock(context);
  const fate = watched(start.wait(1000));
  clock.now += HOUR;
  await clock.pass(1000);
  assert.deepEqual(fate, { value: true });
  const late = watched(start.wait(100 * DAY));
  clock.now += 100 * DAY;
  await clock.pass(2 ** 31 - 1);
  assert.deepEqual(late, { value: true });
  assert.equal(clock.timers.size, 0);
});

for (const milliseconds of [0, -1, -DAY, Number.NaN]) {
  test(`a sleep of ${milliseconds} ms is over soon`, async (context) => {
    const clock = new Clock(context);
    const fate = watched(start.wait(milliseconds));
    await clock.pass(1);
    assert.deepEqual(fate, { value: true });
  });
}

test("an endless sleep does not end", async (context) => {
  const clock = new Clock(context);
  const stop = new AbortController();
  const fate = watched(start.wait(Number.POSITIVE_INFINITY, stop.signal));
  await clock.pass(1000 * DAY);
  assert.deepEqual(fate, {});
  stop.abort();
  await turn();
  assert.equal(clock.timers.size, 0);
});
