// What a client of Redis does behind Redis.make, whichever it is: the same tests for every adapter.
//   test(name, run)   registers a test
//   durastate         the package
//   open()            gives { redis, server }: a Redis on a client of its own, and the server behind it, with kill and start
//   traits.integers   of integers beyond 2^53: "exact" (a bigint), "refused", "rounded"
//   traits.bytes      whether every byte may be an argument; else bytes must be UTF-8
//   traits.sendBytes, traits.subscribe   whether the adapter has them
//   traits.cause(error)  whether this is an error reply as the client throws it
//   traits.cluster    whether there are several servers, so that there is no one to count at or to kill
import { equal, ok, rejects } from "../support/assert.mjs";
import { faults } from "./redis_seam/faults.mjs";
import { scripts } from "./redis_seam/scripts.mjs";
import { subscriptions } from "./redis_seam/subscriptions.mjs";

const usual = { integers: "exact", bytes: true, sendBytes: true, subscribe: true, cluster: false, cause: () => true };

export function redisSeam({ traits, ...given }) {
  const suite = { ...given, traits: { ...usual, ...traits }, newKey };
  for (const part of [replies, binary, errors, pipelines, scripts]) part(suite);
  if (suite.traits.subscribe) subscriptions(suite);
  if (!suite.traits.cluster) faults(suite);
}

let keys = 0;

/** A key that nothing else uses; those of one number are in one slot of a cluster. */
function newKey(name = "key", { same = false } = {}) {
  if (!same) keys++;
  return `{seam ${keys}}:${name}`;
}

const TEXTS = {
  empty: "",
  blank: " \t\r\n ",
  "with line ends": "a\r\n$5\r\nb\n",
  emoji: "👩‍👩‍👧 ☃ é",
  "with nul characters": "a\u0000b\u0000",
  "with a byte order mark": "\ufeffx",
  "what looks like an integer": "9007199254740993",
  "what looks like a status": "OK",
  large: "é".repeat(512 * 1024),
};

function replies({ test, open, traits, newKey }) {
  for (const [what, text] of Object.entries(TEXTS)) {
    test(`text comes back as it was: ${what}`, async () => {
      const { redis } = await open();
      const key = newKey(what);
      equal(await redis.send("SET", key, text), "OK");
      equal(await redis.send("GET", key), text);
    });
  }

  test("nothing is null", async () => {
    const { redis } = await open();
    equal(await redis.send("GET", newKey()), null);
    equal(await redis.send("EVAL", "return false", "0"), null);
  });

  test("integers are numbers", async () => {
    const { redis } = await open();
    const key = newKey();
    equal(await redis.send("INCRBY", key, "41"), 41);
    equal(await redis.send("DECRBY", key, "141"), -100);
    equal(await redis.send("DEL", key), 1);
    equal(await redis.send("EXISTS", key), 0);
    equal(await redis.send("INCRBY", key, "9007199254740991"), Number.MAX_SAFE_INTEGER);
  });

  test(`integers beyond 2^53 are ${traits.integers}`, async () => {
    const { redis } = await open();
    for (const digits of ["9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808"]) {
      const key = newKey();
      const asked = redis.send("INCRBY", key, digits);
      if (traits.integers === "exact") equal(await asked, BigInt(digits));
      if (traits.integers === "rounded") equal(await asked, Number(digits));
      if (traits.integers !== "refused") continue;
      const { cause } = await rejects(asked, Error, { _tag: "RedisError" });
      ok(cause instanceof RangeError && /2\^53/.test(cause.message), cause);
      equal(await redis.send("GET", key), digits);
    }
  });

  test("a status is text", async () => {
    const { redis } = await open();
    equal(await redis.send("PING"), "PONG");
    equal(await redis.send("TYPE", newKey()), "none");
  });

  test("lists may lie in lists", async () => {
    const { redis } = await open();
    const lua = "return { 1, 'a', { 2, false, { 'b', {} }, redis.status_reply('FINE') }, '7' }";
    equal(await redis.send("EVAL", lua, "0"), [1, "a", [2, null, ["b", []], "FINE"], "7"]);
    equal(await redis.send("MGET", newKey("a"), newKey("b", { same: true })), [null, null]);
  });

  test("commands of one turn are answered in their order", async () => {
    const { redis } = await open();
    const key = newKey();
    equal(await redis.send("INCR", key), 1);
    const all = await Promise.all(Array.from({ length: 100 }, () => redis.send("INCR", key)));
    equal(
      all,
      Array.from({ length: 100 }, (_, i) => i + 2),
    );
  });

  test("a command may have thousands of arguments", async () => {
    const { redis } = await open();
    const key = newKey();
    const members = Array.from({ length: 5000 }, (_, i) => `member ${i}`);
    equal(await redis.send("RPUSH", key, ...members), 5000);
    equal(await redis.send("LRANGE", key, "0", "-1"), members);
  });
}

function binary({ test, open, traits, newKey }) {
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);

  test("bytes that are UTF-8 may be an argument", async () => {
    const { redis } = await open();
    const key = newKey("é");
    const within = new TextEncoder().encode(`before${key}after`).subarray(6, -5);
    equal(await redis.send("SET", within, new TextEncoder().encode("väl\u0000ue")), "OK");
    equal(await redis.send("GET", key), "väl\u0000ue");
    equal(await redis.send("SET", key, new Uint8Array()), "OK");
    equal(await redis.send("GET", key), "");
  });

  if (traits.bytes) {
    test("every byte may be an argument", async () => {
      const { redis } = await open();
      const key = newKey();
      equal(await redis.send("SET", key, every), "OK");
      equal(await redis.send("STRLEN", key), 256);
      const sum = "local n = 0; for i = 1, 256 do n = n + i * redis.call('GET', KEYS[1]):byte(i) end; return n";
      equal(
        await redis.send("EVAL", sum, "1", key),
        every.reduce((n, byte, i) => n + (i + 1) * byte, 0),
      );
    });
  } else {
    test("bytes that are not UTF-8 are refused", async () => {
      const { redis } = await open();
      const { cause } = await rejects(redis.send("SET", newKey(), every), Error, { _tag: "RedisError" });
      ok(cause instanceof TypeError && /UTF-8/.test(cause.message), cause);
    });
  }

  if (!traits.sendBytes) return;

  test("bytes come back as they were", async () => {
    const { redis } = await open();
    const key = newKey();
    const bytes = traits.bytes ? every : new TextEncoder().encode("\ufeff é\r\n\u0000");
    await redis.send("SET", key, bytes);
    const found = await redis.sendBytes("GET", key);
    equal(found, bytes);
    equal(found.constructor, Uint8Array);
    equal(await redis.sendBytes("MGET", key, newKey("b", { same: true })), [bytes, null]);
    equal(await redis.sendBytes("GET", newKey()), null);
    equal(await redis.sendBytes("STRLEN", key), bytes.length);
    for (const text of ["OK", "42", ""]) {
      await redis.send("SET", key, text);
      equal(await redis.sendBytes("GET", key), new TextEncoder().encode(text));
    }
  });

  test("bytes that Redis made come back, whatever they are", async () => {
    const { redis } = await open();
    const key = newKey();
    const lua = "local s = ''; for i = 0, 255 do s = s .. string.char(i) end; redis.call('SET', KEYS[1], s); return s";
    equal(await redis.sendBytes("EVAL", lua, "1", key), every);
    equal(await redis.sendBytes("GET", key), every);
  });
}

function errors({ test, open, durastate, traits, newKey }) {
  test("an error reply is a RedisError with the client's own error", async () => {
    const { redis } = await open();
    const key = newKey();
    await redis.send("SET", key, "a secret");
    const error = await rejects(redis.send("LPUSH", key, "another"), durastate.RedisError, { message: /WRONGTYPE/ });
    ok(error.cause instanceof Error && !(error.cause instanceof durastate.RedisError), error.cause);
    ok(/WRONGTYPE Operation against a key/.test(error.cause.message), error.cause);
    ok(traits.cause(error.cause), error.cause);
    for (const shown of [error.message, JSON.stringify(error)]) ok(!/secret|another|seam/.test(shown), shown);
    equal(await redis.send("GET", key), "a secret");
  });

  test("an unknown command is a RedisError", async () => {
    const { redis } = await open();
    await rejects(redis.send("NONSENSE", newKey()), durastate.RedisError, { message: /NONSENSE \(-?ERR\)/ });
  });
}

function pipelines({ test, open, newKey }) {
  test("a pipeline gives a reply for each command, and an error in its place", async () => {
    const { redis } = await open();
    const key = newKey();
    const list = newKey("list", { same: true });
    // so that a client of a cluster has found the node by now
    await redis.send("DEL", key);
    const replies = await redis.host.pipeline([
      ["SET", key, "é\r\n"],
      ["LPUSH", key, "x"],
      ["GET", key],
      ["EVALSHA", "0".repeat(40), "1", key],
      ["RPUSH", list, "a", new TextEncoder().encode("b")],
      ["LRANGE", list, "0", "-1"],
      ["GET", newKey("none")],
    ]);
    equal(replies.length, 7);
    const [set, wrong, get, forgotten, ...rest] = replies;
    equal([set, get, ...rest], ["OK", "é\r\n", 2, ["a", "b"], null]);
    ok(wrong instanceof Error && /WRONGTYPE/.test(wrong.message), wrong);
    ok(forgotten instanceof Error && /NOSCRIPT/.test(forgotten.message), forgotten);
  });

  test("a pipeline of one, of none and of thousands", async () => {
    const { redis } = await open();
    const key = newKey();
    equal(await redis.host.pipeline([["INCR", key]]), [1]);
    equal(await redis.host.pipeline([]), []);
    const many = await redis.host.pipeline(Array.from({ length: 3000 }, () => ["INCR", key]));
    equal(
      many,
      Array.from({ length: 3000 }, (_, i) => i + 2),
    );
  });

  test("pipelines and commands of one turn do not mix up their replies", async () => {
    const { redis } = await open();
    const [a, b] = [newKey("a"), newKey("b")];
    const answers = await Promise.all([
      redis.send("INCR", a),
      redis.host.pipeline([
        ["INCR", a],
        ["INCR", b],
      ]),
      redis.send("INCR", a),
      redis.host.pipeline([["INCR", b]]),
    ]);
    equal(answers.flat().sort(), [1, 1, 2, 2, 3]);
    equal(await redis.send("GET", a), "3");
  });
}
