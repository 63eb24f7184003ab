// One cache in several processes: they run one lookup for each key, and go on without one that is killed in it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "durastate/redis/tcp";
import { startPostgres } from "../support/postgres_server.mjs";
import { startRedis } from "../support/redis_server.mjs";

const program = fileURLToPath(new URL("programs/cache.mjs", import.meta.url));
const timed = (name, run) => test(name, { timeout: 60_000 }, run);
/** How long a lookup is waited for that is not renewed, in milliseconds: a server counts them. */
const LEASE = 1_500;

/** A process with a cache, which takes its steps when it is told to. */
class User {
  /** The keys that it has begun to look up. */
  looking = [];
  #child;
  #said = [];
  #waiting = () => undefined;
  #exit;

  constructor(what) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(what)], { stdio: ["pipe", "pipe", "inherit"] });
    // one that was killed can be told nothing
    this.#child.stdin.on("error", () => undefined);
    this.#exit = once(this.#child, "exit");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      const told = JSON.parse(line);
      if (told.looking) this.looking.push(told.looking);
      this.#said.push(told);
      this.#waiting();
    });
    this.#exit.then(() => this.#waiting());
  }

  /** The first thing that it says, or has said, of this kind. */
  async says(isIt) {
    for (;;) {
      const found = this.#said.find(isIt);
      if (found) return found;
      if (this.#child.exitCode !== null) throw new Error(`a process ended with ${this.#child.exitCode}`);
      await new Promise((resolve) => (this.#waiting = resolve));
    }
  }

  tell(step) {
    this.#child.stdin.write(`${JSON.stringify(step)}\n`);
  }

  async asks(gets, keys) {
    this.tell({ gets, keys });
    await this.says((told) => told === "asked");
  }

  begins(key) {
    return this.says((told) => told.looking === key);
  }

  values() {
    return this.says((told) => told.values !== undefined);
  }

  async ended() {
    this.#child.stdin.end();
    await this.#exit;
    assert.equal(this.#child.exitCode, 0);
  }

  async kill() {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

/** Starts processes of one store; they are killed when the test is over, whatever comes. */
async function users(t, many, what) {
  const all = Array.from({ length: many }, (_, name) => new User({ name, lease: 60_000, ...what }));
  t.after(() => Promise.all(all.map((user) => user.kill())));
  await Promise.all(all.map((user) => user.says((told) => told === "ready")));
  return all;
}

/** All processes ask for these keys at once, before any lookup ends. */
async function atOnce(t, gets, keys, what) {
  const all = await users(t, 4, what);
  await Promise.all(all.map((user) => user.asks(gets, keys)));
  await Promise.race(all.map((user) => user.says((told) => told.looking !== undefined)));
  for (const user of all) user.tell({ finish: true });
  const answers = await Promise.all(all.map((user) => user.values()));
  await Promise.all(all.map((user) => user.ended()));
  const looked = all.flatMap(({ looking }) => looking).sort();
  assert.deepEqual(looked, [...keys].sort(), "one lookup for each key");
  for (const { values, count } of answers) {
    assert.deepEqual(values, answers[0].values, "everybody has the same value");
    assert.equal(count, gets * keys.length);
  }
}

/** A process is killed while it looks up what another one waits for; gives what is known of the claim at that time. */
async function killed(t, what, claim = () => undefined) {
  const [first, second] = await users(t, 2, { ...what, lease: LEASE });
  await first.asks(1, ["a"]);
  await first.begins("a");
  await second.asks(5, ["a"]);
  const found = await claim();
  assert.deepEqual(second.looking, [], "it waits");
  await first.kill();
  await second.begins("a");
  second.tell({ finish: true });
  assert.deepEqual((await second.values()).values, ["a of 1"]);
  await second.ended();
  assert.deepEqual(second.looking, ["a"]);
  return found;
}

describe("on a Redis", () => {
  let server;
  let redis;
  before(async () => {
    server = await startRedis();
    redis = await connect({ port: server.port });
  });
  after(async () => {
    await redis?.close();
    await server?.stop();
  });
  const place = (storeId) => ({ client: "redis", options: { port: server.port }, storeId });

  timed("a thousand gets over four processes run one lookup", (t) => atOnce(t, 250, ["a"], place("one")));

  timed("gets of many keys over four processes run one lookup for each", (t) => {
    const keys = Array.from({ length: 25 }, (_, at) => `key ${at}`);
    return atOnce(t, 10, keys, place("many"));
  });

  timed("a process that is killed in its lookup delays the others by no more than its lease", async (t) => {
    const left = await killed(t, place("killed"), async () => {
      const [claim, ...others] = await redis.send("KEYS", "durastate:claim:killed:*");
      assert.deepEqual([claim, others], ["durastate:claim:killed:a", []]);
      return redis.send("PTTL", claim);
    });
    assert.ok(left > 0 && left <= LEASE, `the claim would last ${left} ms`);
  });
});

describe("on a PostgreSQL", () => {
  let server;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());
  const place = (storeId) => {
    const { port, database, user } = server;
    return { client: "pg", options: { host: "127.0.0.1", port, database, user }, storeId };
  };

  timed("gets over four processes run one lookup for each key", (t) => atOnce(t, 50, ["a", "b"], place("one")));
  timed("a process that is killed in its lookup is waited for no longer than its lease", (t) =>
    killed(t, place("two")),
  );
});

describe("on a file of SQLite", () => {
  let folder;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "durastate-cache-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const place = (storeId) => ({
    client: "better-sqlite3",
    options: { file: join(folder, `${storeId}.sqlite`) },
    storeId,
  });

  timed("gets over four processes run one lookup for each key", (t) => atOnce(t, 25, ["a", "b"], place("one")));
  timed("a process that is killed in its lookup is waited for no longer than its lease", (t) =>
    killed(t, place("two")),
  );
});
