// Replies find their requests among many, and nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchingHost, enter, glue, SlowHost, start, turn, watched } from "./support.mjs";

const MANY = 1000;

/** The same order every time, and far from the one they came in. */
function shuffled(things) {
  let seed = 1;
  const ranked = things.map((thing) => {
    seed = (seed * 48271) % 2147483647;
    return [seed, thing];
  });
  return ranked.sort(([a], [b]) => a - b).map(([, thing]) => thing);
}

test("1,000 tasks at once each get their own reply, in whatever order the replies come", async () => {
  const host = new SlowHost();
  const calls = Array.from({ length: MANY }, (_, at) => start.join(host, [`a${at}`, `b${at}`]));
  await turn();
  assert.equal(host.sent.length, 2 * MANY);
  for (const { args, resolve } of shuffled(host.sent)) resolve(`reply to ${args[0]}`);
  const answers = await Promise.all(calls);
  answers.forEach((answer, at) => {
    assert.deepEqual(answer, [`reply to a${at}`, `reply to b${at}`]);
  });
});

test("and so when they are all one read", async () => {
  const host = new BatchingHost();
  const calls = Array.from({ length: MANY }, (_, at) => start.join(host, [`${at}`]));
  await turn();
  assert.equal(host.sent.length, 1);
  host.sent[0].resolve(host.sent[0].args[0].map((key) => `reply to ${key}`));
  const answers = await Promise.all(calls);
  answers.forEach((answer, at) => {
    assert.deepEqual(answer, [`reply to ${at}`]);
  });
});

test("1,000 tasks of which every third is dropped", async () => {
  const host = new SlowHost();
  const stops = Array.from({ length: MANY }, () => new AbortController());
  const fates = stops.map(({ signal }, at) => watched(start.join(host, [`${at}`], signal)));
  await turn();
  stops.forEach((stop, at) => {
    if (at % 3 === 0) stop.abort();
  });
  for (const { args, resolve } of shuffled(host.sent)) resolve(`reply to ${args[0]}`);
  await turn();
  fates.forEach((fate, at) => {
    if (at % 3 === 0) assert.equal(fate.error?.name, "AbortError");
    else assert.deepEqual(fate, { value: [`reply to ${at}`] });
  });
});

test("a reply to a request that nobody made changes nothing", async () => {
  const host = new SlowHost();
  const waiting = start.join(host, ["a"]);
  const fate = watched(waiting);
  await turn();
  for (const unknown of [0, 1, -1, 7.5, 2 ** 52, Number.NaN, Number.POSITIVE_INFINITY]) {
    enter(() => glue.reply_done(unknown));
    enter(() => glue.reply_flag(unknown, true));
    enter(() => glue.reply_values(unknown, ["wrong"]));
    enter(() => glue.reply_page(unknown, ["wrong"], undefined));
    enter(() => glue.reply_failed(unknown, false, new Error("wrong")));
    enter(() => glue.cancel(unknown));
  }
  await turn();
  assert.deepEqual(fate, {});
  host.sent[0].resolve("1");
  assert.deepEqual(await waiting, ["1"]);
});
