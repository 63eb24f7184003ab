// A panic or a trap breaks the module: whoever waits is told that it is a bug, and the next call finds a fresh one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "./clock.mjs";
import * as support from "./support.mjs";

const { bugSaying, call, enter, glue, ImmediateHost, isWhole, MemoryHost, PlainStorage, SlowHost } = support;
const { start, turn, unhandled, watched } = support;

const now = (action) => async () => action();

test("a panic is thrown as a bug, with what it said and where to report it", () => {
  assert.throws(() => start.panic("the shelf fell down"), bugSaying("the shelf fell down"));
  assert.ok(isWhole());
});

test("each panic gives its own message", () => {
  for (const text of ["first", "second", "third — with ünïcödé 🦀", ""]) {
    assert.throws(() => start.panic(text), bugSaying(text));
    assert.ok(isWhole());
  }
});

test("the trap behind it is the cause", () => {
  assert.throws(
    () => start.panic("why"),
    ({ cause }) => cause instanceof WebAssembly.RuntimeError,
  );
});

for (const [name, panic] of [
  ["at once", () => assert.throws(() => start.panic("in the midst"), bugSaying("in the midst"))],
  [
    "after a reply",
    async () => {
      const host = new SlowHost();
      const call = start.panicLater(host, "in the midst");
      await turn();
      host.sent[0].resolve("go on");
      await assert.rejects(call, bugSaying("in the midst"));
    },
  ],
]) {
  test(`a panic ${name} with ten calls in flight rejects them all`, async (context) => {
    const lost = unhandled(context);
    const clock = new Clock(context);
    const host = new SlowHost();
    const calls = [
      ...Array.from({ length: 7 }, (_, at) => start.join(host, [`key ${at}`])),
      start.wait(1000),
      start.select(host, "selected", 1000),
      start.claim(host, "claimed"),
    ];
    const owner = start.refresh(new MemoryHost(), "lease", 100);
    const fates = calls.map(watched);
    await turn();
    const sent = host.sent.length;
    assert.equal(clock.timers.size, 3);
    await panic();
    await turn();
    for (const { error } of fates) assert.ok(bugSaying("in the midst")(error), String(error));
    assert.equal(clock.timers.size, 0, "timers of the old instance are cleared");

    // The fresh instance gives out the same names again: what comes late must not be taken for its replies.
    const next = Array.from({ length: 10 }, (_, at) => start.join(host, [`next ${at}`]));
    const waiting = watched(start.wait(1000));
    await turn();
    for (const { reject, resolve } of host.sent.splice(0, sent).reverse()) {
      resolve("late");
      reject(new Error("late"));
    }
    start.stop(owner);
    await turn();
    for (const { args, resolve } of host.sent) resolve(`reply to ${args[0]}`);
    const replies = Array.from({ length: 10 }, (_, at) => [`reply to next ${at}`]);
    assert.deepEqual(await Promise.all(next), replies);
    await clock.pass(999);
    assert.deepEqual(waiting, {});
    await clock.pass(1);
    assert.deepEqual(waiting, { value: true });
    assert.deepEqual(lost, []);
  });
}

test("requests that have not left yet never leave", async () => {
  const host = new SlowHost();
  const waiting = assert.rejects(start.join(host, ["a"]), bugSaying("too early"));
  assert.throws(() => start.panic("too early"), bugSaying("too early"));
  await waiting;
  await turn();
  assert.deepEqual(host.asked, []);
});

test("an abort after the module broke is no news", async (context) => {
  const lost = unhandled(context);
  const stop = new AbortController();
  const host = new SlowHost();
  const call = start.join(host, ["a"], stop.signal);
  assert.throws(() => start.panic("sooner"), bugSaying("sooner"));
  stop.abort(new Error("later"));
  await assert.rejects(call, bugSaying("sooner"));
  assert.deepEqual(lost, []);
});

test("timers that could not be cleared wake nobody in the fresh instance", async (context) => {
  const clock = new Clock(context);
  // In workerd the timers of another request are out of reach.
  globalThis.clearTimeout = () => {};
  const old = assert.rejects(start.wait(100), bugSaying("broken"));
  assert.throws(() => start.panic("broken"), bugSaying("broken"));
  await old;
  const fate = watched(start.wait(1000));
  await clock.pass(500);
  assert.deepEqual(fate, {});
  await clock.pass(500);
  assert.deepEqual(fate, { value: true });
});

test("a panic in a task that nobody awaits is told to those who wait", async () => {
  const [host, other] = [new SlowHost(), new SlowHost()];
  call(() => glue.probe_panic_detached(host, "behind the scenes"));
  const waiting = assert.rejects(start.join(other, ["a"]), bugSaying("behind the scenes"));
  await turn();
  host.sent[0].resolve("");
  await waiting;
  assert.ok(isWhole());
});

test("and reported where nobody waits", async (context) => {
  const lost = unhandled(context);
  const host = new SlowHost();
  call(() => glue.probe_panic_detached(host, "unseen"));
  await turn();
  host.sent[0].resolve("");
  await turn();
  assert.equal(lost.length, 1);
  assert.ok(bugSaying("unseen")(lost[0]));
  assert.ok(isWhole());
});

test("also when a host was asked, and answered, on the way there", async (context) => {
  const lost = unhandled(context);
  const clock = new Clock(context);
  let rounds = 0;
  const set = () => {
    rounds += 1;
    if (rounds === 2) call(() => glue.probe_panic_detached(new ImmediateHost(), "unseen"));
  };
  start.refresh(new ImmediateHost({ set }), "lease", 100);
  await clock.pass(100);
  await turn();
  assert.equal(lost.length, 1);
  assert.ok(bugSaying("unseen")(lost[0]));
});

test("a host that breaks the module while it is asked: the other requests of the old instance are not carried out", async () => {
  const asked = [];
  const host = new ImmediateHost({
    get: (key) => {
      asked.push(key);
      if (key === "b") assert.throws(() => start.panic("from within"), bugSaying("from within"));
      return `value of ${key}`;
    },
  });
  await assert.rejects(
    now(() => start.join(host, ["a", "b", "c"])),
    bugSaying("from within"),
  );
  assert.deepEqual(asked, ["a", "b"]);
  assert.ok(isWhole());
});

test("the same in the turn in which requests leave", async () => {
  const asked = [];
  const host = new SlowHost();
  host.get = (key) => {
    asked.push(key);
    if (key === "b") assert.throws(() => start.panic("from within"), bugSaying("from within"));
    return Promise.resolve(`value of ${key}`);
  };
  await assert.rejects(start.join(host, ["a", "b", "c"]), bugSaying("from within"));
  assert.deepEqual(asked, ["a", "b"]);
  assert.ok(isWhole());
});

test("a Web Storage that breaks the module under the call that asks it", async () => {
  class Breaking extends PlainStorage {
    key(at) {
      assert.throws(() => start.panic("under its feet"), bugSaying("under its feet"));
      assert.throws(() => enter(step), bugSaying("under its feet"));
      return super.key(at);
    }
  }
  let steps = 0;
  const step = () => {
    steps += 1;
  };
  const storage = new Breaking();
  storage.setItem("a", "1");
  storage.setItem("b", "2");
  const host = new SlowHost();
  const waiting = assert.rejects(start.join(host, ["a"]), bugSaying("under its feet"));
  assert.throws(() => start.keysOf(storage), bugSaying("under its feet"));
  assert.equal(steps, 0, "nothing enters what is broken");
  await waiting;
  assert.ok(isWhole());
});

test("a stack that Rust has used up is a bug like any other", async () => {
  const waiting = assert.rejects(start.join(new SlowHost(), ["a"]), bugSaying(""));
  assert.throws(() => enter(() => glue.probe_overflow(0)), bugSaying("Maximum call stack size exceeded"));
  await waiting;
  assert.ok(isWhole());
});

test("a caller who has used up the stack breaks nothing for good", async (context) => {
  const lost = unhandled(context);
  const host = new MemoryHost();
  host.set("a", "1");
  const waiting = watched(start.join(new SlowHost(), ["a"]));
  const outcomes = new Set();
  let attempts = 0;
  const attempt = () => {
    try {
      return start.keys(host).join();
    } catch (error) {
      return error.name;
    }
  };
  const dive = () => {
    try {
      dive();
    } catch {
      // At the rim there is no room for anything; further up there is more and more.
    }
    if (attempts++ > 2000) return;
    outcomes.add(attempt());
  };
  dive();
  assert.deepEqual(start.keys(host), ["a"]);
  await turn();
  for (const outcome of outcomes) assert.ok(["RangeError", "BugError", "a"].includes(outcome), outcome);
  assert.ok(outcomes.has("RangeError"), "it was deep enough");
  assert.ok(!waiting.error || bugSaying("Maximum call stack size exceeded")(waiting.error));
  assert.deepEqual(start.join(host, ["a"]), ["1"]);
  assert.deepEqual(lost, []);
});

test("any other error of the module is a bug too", () => {
  const trap = new WebAssembly.RuntimeError("memory access out of bounds");
  const step = () => {
    throw trap;
  };
  assert.throws(
    () => enter(step),
    (bug) => bugSaying("memory access out of bounds")(bug) && bug.cause === trap,
  );
  assert.ok(isWhole());
});

test("a hundred panics in a row, with a working call between them", async () => {
  const host = new SlowHost();
  for (let round = 0; round < 100; round++) {
    const broken = assert.rejects(start.join(host, ["a"]), bugSaying(`round ${round}.`));
    assert.throws(() => start.panic(`round ${round}.`), bugSaying(`round ${round}.`));
    await broken;
    const answer = start.join(host, ["a"]);
    await turn();
    host.sent.at(-1).resolve(`${round}`);
    assert.deepEqual(await answer, [`${round}`]);
  }
});
