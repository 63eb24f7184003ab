// What is asked of one Redis in one turn of the event loop leaves together, where the client has a pipeline.
import assert from "node:assert/strict";
import { after, before, beforeEach, suite, test } from "node:test";
import { KeyValueStore, Redis, withContext } from "durastate";
import { fromIoredis } from "durastate/redis/ioredis";
import { IoRedis } from "../clients/redis.mjs";
import { startRedis } from "../support/redis_server.mjs";

/** A promise, and what resolves it. */
function deferred() {
  const parts = {};
  parts.promise = new Promise((resolve) => {
    parts.resolve = resolve;
  });
  return parts;
}

suite("turns", () => {
  let server;
  let client;
  let host;
  const calls = [];
  const counted = (verb, ...args) => {
    calls.push(verb === "pipeline" ? args[0].map(([name]) => name) : args[0]);
    return host[verb](...args);
  };
  const pipelined = () =>
    Redis.make({ send: (...args) => counted("send", ...args), pipeline: (commands) => counted("pipeline", commands) });

  before(async () => {
    server = await startRedis();
    client = new IoRedis(server.port);
    host = fromIoredis(client);
  });
  after(async () => {
    client.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await client.flushdb();
    calls.length = 0;
  });

  test("calls of several stores of one turn are one pipeline", async () => {
    const redis = pipelined();
    const [a, b] = [KeyValueStore.redis(redis, { prefix: "a:" }), KeyValueStore.redis(redis, { prefix: "b:" })];
    await Promise.all([a.set("x", "1"), b.set("x", "2"), a.get("y"), b.prefix("z:").remove("z")]);
    assert.deepEqual(calls, [["SET", "SET", "GET", "UNLINK"]]);
    assert.deepEqual(await Promise.all([a.get("x"), b.get("x")]), ["1", "2"]);
    assert.deepEqual(calls.slice(1), [["GET", "GET"]]);
  });

  test("a call by itself needs no pipeline", async () => {
    const kv = KeyValueStore.redis(pipelined());
    await kv.set("x", "1");
    await kv.get("x");
    assert.deepEqual(calls, ["SET", "GET"]);
  });

  test("a command that fails among others fails alone", async () => {
    const kv = KeyValueStore.redis(pipelined(), { prefix: "" });
    await client.lpush("list", "1");
    const [got, failed] = await Promise.allSettled([kv.get("nothing"), kv.get("list")]);
    assert.deepEqual(got, { status: "fulfilled", value: undefined });
    assert.equal(failed.reason.key, "list");
    assert.match(failed.reason.message, /WRONGTYPE/);
    assert.deepEqual(calls, [["GET", "GET"]]);
  });

  test("without a pipeline each command is sent by itself, in order", async () => {
    const redis = Redis.make({ send: (...args) => counted("send", ...args) });
    const kv = KeyValueStore.redis(redis);
    await Promise.all([kv.set("x", "1"), kv.get("x")]);
    assert.deepEqual(calls, ["SET", "GET"]);
  });

  test("requests of an edge worker share no pipeline", async () => {
    const redis = pipelined();
    const request = () => withContext({ waitUntil: () => {} }).KeyValueStore.redis(redis);
    await Promise.all([request().get("x"), request().get("x")]);
    assert.deepEqual(calls, ["GET", "GET"]);
  });

  test("a pipeline that gives too few replies fails every call in it", async () => {
    const redis = Redis.make({ send: host.send, pipeline: async () => ["only one"] });
    const kv = KeyValueStore.redis(redis);
    const ended = await Promise.allSettled([kv.get("x"), kv.get("y")]);
    for (const { reason } of ended) assert.match(reason.message, /did not give a reply for each command/);
  });

  test("modify is one read and one script; the first on a server also sends the source", async () => {
    await client.script("FLUSH");
    const kv = KeyValueStore.redis(pipelined());
    await kv.set("n", "1");
    calls.length = 0;
    await kv.modify("n", (text) => `${text}1`);
    assert.deepEqual(calls, ["GET", "EVALSHA", "EVAL"]);
    calls.length = 0;
    await kv.modify("n", (text) => `${text}1`);
    assert.deepEqual(calls, ["GET", "EVALSHA"]);
    assert.equal(await kv.get("n"), "111");
  });

  test("two clients of one process hear of each other's changes, and none of its own twice", async () => {
    const { subscribe } = host;
    const stores = [1, 2].map(() => KeyValueStore.redis(Redis.make({ ...host, subscribe }), { prefix: "heard:" }));
    const heard = [[], []];
    const remote = deferred();
    const stops = stores.map((kv, i) =>
      kv.watch(undefined, ({ key, value, origin }) => {
        heard[i].push([key, value, origin]);
        if (origin === "remote") remote.resolve();
      }),
    );
    // A subscription takes a moment; what is told before is heard by nobody.
    for (let tries = 0; tries < 500; tries++) {
      if ((await client.pubsub("NUMSUB", "durastate:changes:heard:"))[1] >= 1) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await stores[0].set("x", "1");
    await remote.promise;
    for (const stop of stops) stop();
    assert.deepEqual(heard, [[["x", "1", "local"]], [["x", "1", "remote"]]]);
  });

  test("clear of the whole database is refused, and of a part it is not", async () => {
    const kv = KeyValueStore.redis(pipelined(), { prefix: "" });
    await client.mset("mine:1", "x", "other", "y");
    await assert.rejects(kv.clear(), { name: "KeyValueStoreError", method: "clear" });
    await assert.rejects(kv.clearPrefix(""), { name: "KeyValueStoreError" });
    await kv.prefix("mine:").clear();
    assert.deepEqual(await client.keys("*"), ["other"]);
  });
});
