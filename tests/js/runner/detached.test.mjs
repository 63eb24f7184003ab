// Tasks that nobody awaits end with their owner and keep no process alive.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Clock } from "./clock.mjs";
import { ImmediateHost, SlowHost, start, turn, unhandled } from "./support.mjs";

function counting() {
  const written = [];
  return { written, host: new ImmediateHost({ set: (key, value) => written.push([key, value]) }) };
}

test("a refresher goes on until its owner is stopped, and leaves no timer", async (context) => {
  const clock = new Clock(context);
  const { host, written } = counting();
  const owner = start.refresh(host, "lease", 100);
  assert.equal(typeof owner, "number");
  assert.deepEqual(written, [["lease", "0"]]);
  await clock.pass(250);
  assert.deepEqual(written.at(-1), ["lease", "2"]);
  start.stop(owner);
  assert.equal(clock.timers.size, 0);
  await clock.pass(1000);
  assert.equal(written.length, 3);
});

test("to stop one owner leaves the others alone, and twice is once", async (context) => {
  const clock = new Clock(context);
  const [mine, yours] = [counting(), counting()];
  const owners = [mine, yours].map(({ host }) => start.refresh(host, "lease", 100));
  assert.notEqual(owners[0], owners[1]);
  start.stop(owners[0]);
  start.stop(owners[0]);
  await clock.pass(300);
  assert.equal(mine.written.length, 1);
  assert.equal(yours.written.length, 4);
  start.stop(owners[1]);
  assert.equal(clock.timers.size, 0);
});

test("an owner that is stopped while its host is at work", async (context) => {
  const clock = new Clock(context);
  const lost = unhandled(context);
  const host = new SlowHost();
  const owner = start.refresh(host, "lease", 100);
  await turn();
  start.stop(owner);
  host.sent[0].reject(new Error("late"));
  await clock.pass(1000);
  assert.deepEqual(host.asked, [["set", "lease", "0"]]);
  assert.deepEqual(lost, []);
});

test("an owner that is stopped in the turn of its first request sends none", async () => {
  const host = new SlowHost();
  start.stop(start.refresh(host, "lease", 100));
  await turn();
  assert.deepEqual(host.asked, []);
});

test("only a sleep that somebody awaits holds the process", async (context) => {
  const clock = new Clock(context);
  const stop = new AbortController();
  const owner = start.refresh(counting().host, "lease", 100);
  assert.equal(clock.holding, 0);
  const waiting = assert.rejects(start.wait(500, stop.signal));
  assert.equal(clock.holding, 1);
  await clock.pass(200);
  assert.deepEqual([clock.holding, clock.timers.size], [1, 2]);
  stop.abort();
  await waiting;
  assert.deepEqual([clock.holding, clock.timers.size], [0, 1]);
  start.stop(owner);
});

/** Runs a program of `children/` to its end, and no longer than it may take on a slow machine. */
function ended(name, context) {
  const program = fileURLToPath(new URL(`children/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [program], { timeout: 60_000, killSignal: "SIGKILL" });
  context.after(() => child.kill("SIGKILL"));
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, said: Buffer.concat(said).toString() }));
  });
}

const children = {
  refreshes: "refreshing",
  waits: "waiting\ndone",
  waits_and_refreshes: "waiting\ndone",
  stops_waiting: "aborted",
};
for (const [name, said] of Object.entries(children)) {
  test(`a process that ${name.replaceAll("_", " ")} ends when it should`, { timeout: 90_000 }, async (context) => {
    assert.deepEqual(await ended(name, context), { code: 0, signal: null, said: `${said}\n` });
  });
}
