// Durations in all their forms, as milliseconds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { source } from "../support/source.mjs";

const { millis } = await source("js/duration.ts");
const inf = Number.POSITIVE_INFINITY;

for (const [form, rows] of Object.entries({
  "milliseconds as a number": [
    [0, 0],
    [-0, 0],
    [5, 5],
    [-5, -5],
    [inf, inf],
    [-inf, -inf],
    [1e300, 1e300],
    [2 ** 53 + 0.5, 2 ** 53],
  ],
  "nanoseconds as a bigint": [
    [0n, 0],
    [1_500_000n, 1.5],
    [-1n, -0.000001],
    [86_400_000_000_000_000_001n, 86_400_000_000_000],
  ],
  words: [
    ["1 nano", 0.000001],
    ["1500 nanos", 0.0015],
    ["1 micro", 0.001],
    ["20 micros", 0.02],
    ["1 milli", 1],
    ["1.5 millis", 1.5],
    ["1 second", 1_000],
    ["10 seconds", 10_000],
    ["0.1 seconds", 100],
    ["1.1 seconds", 1_100],
    ["1 minute", 60_000],
    ["2 \t minutes", 120_000],
    ["1 hour", 3_600_000],
    ["-1 hours", -3_600_000],
    ["1 day", 86_400_000],
    ["0.5 days", 43_200_000],
    ["1 week", 604_800_000],
    ["2 weeks", 1_209_600_000],
    ["Infinity", inf],
    ["-Infinity", -inf],
  ],
  "a pair of seconds and nanoseconds": [
    [[1, 500_000_000], 1_500],
    [[0, 1], 0.000001],
    [[inf, 0], inf],
  ],
  parts: [
    [{ weeks: 1, days: 1, hours: 1, minutes: 1, seconds: 1, milliseconds: 1 }, 694_861_001],
    [{ milliseconds: 1, microseconds: 500, nanoseconds: 1 }, 1.500001],
    [{ seconds: 1, hours: undefined }, 1_000],
    [{ minutes: inf }, inf],
    [{ seconds: 0.1, milliseconds: 0.2 }, 100.2],
  ],
})) {
  test(`${form} are milliseconds`, () => {
    for (const [given, expected] of rows) assert.equal(millis("it", given), expected);
  });
}

test("what is between milliseconds is kept to the nanosecond, and the half is rounded away from zero", () => {
  assert.equal(millis("it", 1.0000004), 1);
  assert.equal(millis("it", 1.0000006), 1.000001);
  assert.equal(millis("it", 0.0000005), 0.000001);
  assert.equal(millis("it", -0.0000005), -0.000001);
  assert.equal(millis("it", 0.0000004), 0);
  assert.ok(Object.is(millis("it", -0.0000004), 0));
  assert.ok(Object.is(millis("it", -0), 0));
  assert.equal(millis("it", 1000 / 7), 142.857143);
});

test("what is no duration is refused, naming the argument and what was given", () => {
  for (const wrong of [undefined, null, true, Symbol("s"), () => {}, {}, { seconds: undefined }, { seconds: "5" }]) {
    assert.throws(() => millis("timeToLive", wrong), { name: "TypeError", message: /^timeToLive/ });
  }
  for (const wrong of [[], [1], [1, 2, 3], ["1", 2]]) {
    assert.throws(() => millis("timeToLive", wrong), { name: "TypeError", message: /^timeToLive as a list/ });
  }
  for (const wrong of [
    "",
    "5",
    "five seconds",
    "5seconds",
    "5 fortnights",
    "5 s",
    "5 SECONDS",
    "+5 seconds",
    "5 secondss",
  ]) {
    assert.throws(() => millis("lease", wrong), {
      name: "RangeError",
      message: new RegExp(`^lease must be a duration.*but is the string "${wrong.replace("+", "\\+")}"`),
    });
  }
  assert.throws(() => millis("lease", "5 constructor"), RangeError);
  assert.throws(() => millis("lease", "1e3 seconds"), RangeError);
  assert.throws(() => millis("lease", Number.NaN), { name: "RangeError", message: /^lease.*the number NaN/ });
  assert.throws(() => millis("lease", { days: inf, hours: -inf }), { name: "RangeError", message: /^lease/ });
  assert.throws(() => millis("lease", { secs: 5 }), {
    name: "RangeError",
    message: /^lease.*no part the string "secs"/,
  });
  assert.throws(() => millis("lease", { seconds: "5" }), { message: /^lease\.seconds must be a number/ });
});
