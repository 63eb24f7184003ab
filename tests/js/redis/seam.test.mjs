// Redis.make itself: what it asks of a host, and what it makes of what the host does.
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Redis, RedisError } from "durastate";
import { fromBun } from "durastate/redis/bun";
import { fromDeno } from "durastate/redis/deno";
import { fromIoredis } from "durastate/redis/ioredis";
import { fromNodeRedis } from "durastate/redis/node-redis";

/** A host that writes down what it is asked, and answers with what `answer(command, ...args)` gives. */
function host(answer, verbs = ["send"]) {
  const asked = [];
  const verb = (...command) => {
    asked.push(command);
    return answer(...command);
  };
  return { asked, ...Object.fromEntries(verbs.map((name) => [name, verb])) };
}

const script = (lua = "return 1") => Redis.script((...args) => args, { lua, numberOfKeys: 1 });

suite("Redis.make", () => {
  for (const [what, given, message] of [
    ["nothing", undefined, /^the host of Redis.make must be an object, but is undefined$/],
    ["null", null, /but is null$/],
    ["a text", "redis://secret@example.com", /^the host of Redis.make must be an object/],
    ["an object without send", {}, /^send of Redis.make must be a function, but is undefined$/],
    ["sendBytes that is none", { send() {}, sendBytes: true }, /^sendBytes of Redis.make must be a function/],
    ["pipeline that is none", { send() {}, pipeline: [] }, /^pipeline of Redis.make must be a function/],
    ["subscribe that is none", { send() {}, subscribe: null }, /^subscribe of Redis.make must be a function/],
  ]) {
    test(`refuses ${what}`, () => {
      assert.throws(() => Redis.make(given), { name: "TypeError", message });
    });
  }

  test("the host's functions are called on the host", async () => {
    class Host {
      answer = "mine";
      send() {
        return this.answer;
      }
      sendBytes() {
        return this.answer;
      }
    }
    const redis = Redis.make(new Host());
    assert.equal(await redis.send("GET", "a"), "mine");
    assert.equal(await redis.sendBytes("GET", "a"), "mine");
  });

  test("a command is sent as it is, and other arguments than text and bytes as text", async () => {
    const bytes = new Uint8Array([255]);
    const asking = host(() => "OK");
    await Redis.make(asking).send("set", "a", bytes, 1.5, 10n, true, null);
    assert.deepEqual(asking.asked, [["set", "a", bytes, "1.5", "10", "true", "null"]]);
    assert.equal(asking.asked[0][2], bytes);
  });

  test("a host may answer at once, and throw at once", async () => {
    assert.equal(await Redis.make({ send: () => 7 }).send("GET", "a"), 7);
    const thrown = new Error("ERR no");
    const throwing = {
      send() {
        throw thrown;
      },
    };
    await assert.rejects(Redis.make(throwing).send("GET", "a"), { name: "RedisError", cause: thrown });
  });

  test("a name that is none is refused, before the host is asked", async () => {
    const asking = host(() => null, ["send", "sendBytes"]);
    const redis = Redis.make(asking);
    for (const name of ["", undefined, null, 7, ["GET"]]) {
      await assert.rejects(redis.send(name), { name: "TypeError", message: /^command of Redis.send must be/ });
      await assert.rejects(redis.sendBytes(name), {
        name: "TypeError",
        message: /^command of Redis.sendBytes must be/,
      });
    }
    assert.deepEqual(asking.asked, []);
  });

  test("a host without sendBytes says so", async () => {
    await assert.rejects(Redis.make(host(() => "OK")).sendBytes("GET", "a"), {
      name: "RedisError",
      message: /no sendBytes/,
    });
  });
});

suite("a RedisError", () => {
  const from = async (cause, ...command) => {
    const failing = Redis.make({ send: () => Promise.reject(cause) });
    return failing.send(...(command.length ? command : ["GET", "a"])).then(assert.fail, (error) => error);
  };

  for (const [what, cause, message] of [
    ["an error with a code", new Error("WRONGTYPE Operation against x"), "Redis failed at GET (WRONGTYPE)"],
    ["one with the name before it", new Error("ReplyError: OOM command not allowed"), "Redis failed at GET (OOM)"],
    ["a text", "READONLY You can't write", "Redis failed at GET (READONLY)"],
    [
      "an error of the network",
      new TypeError("connect to secret.example.com failed"),
      "Redis failed at GET (TypeError)",
    ],
    ["nothing", undefined, "Redis failed at GET"],
  ]) {
    test(`of ${what} shows the code alone`, async () => {
      const error = await from(cause);
      assert.ok(error instanceof RedisError && error instanceof Error);
      assert.equal(error.message, message);
      assert.equal(error.cause, cause);
      assert.equal(error._tag, "RedisError");
    });
  }

  test("shows nothing of the command's arguments, and of the cause only what is asked for", async () => {
    const error = await from(new Error("ERR value is not an integer: hunter2"), "SET", "the key", "hunter2");
    for (const shown of [error.message, String(error), JSON.stringify(error), JSON.stringify(error.toJSON())]) {
      assert.doesNotMatch(shown, /hunter2|the key/);
    }
    assert.deepEqual(structuredClone(error.toJSON()), {
      _tag: "RedisError",
      message: "Redis failed at SET (ERR)",
      cause: { name: "Error" },
    });
    assert.match(JSON.stringify(error.toJSON({ cause: true })), /hunter2/);
  });

  test("that a host throws itself is given on as it is", async () => {
    const own = new RedisError({ message: "mine" });
    assert.equal(await from(own), own);
  });
});

suite("Redis.script", () => {
  for (const [what, make, error] of [
    ["a function that is none", () => Redis.script("f", { lua: "", numberOfKeys: 0 }), /^f of Redis.script must be/],
    [
      "a source that is none",
      () => Redis.script(() => [], { numberOfKeys: 0 }),
      /^lua of Redis.script must be a string/,
    ],
  ]) {
    test(`refuses ${what}`, () => assert.throws(make, { name: "TypeError", message: error }));
  }

  for (const count of [-1, 3, 0.5, Number.NaN, "1", undefined, () => 3]) {
    test(`refuses ${typeof count === "function" ? "a function that gives 3" : String(count)} keys of two arguments`, async () => {
      const asking = host(() => "hash");
      const counting = Redis.script((...args) => args, { lua: "", numberOfKeys: count });
      await assert.rejects(Redis.make(asking).eval(counting)("a", "b"), {
        name: "RangeError",
        message: /^numberOfKeys of Redis.script must be 0 to 2 here, but is /,
      });
      assert.deepEqual(asking.asked, []);
    });
  }

  test("withReturnType is the same script", async () => {
    const asking = host((command) => (command === "SCRIPT" ? "hash" : 7));
    const redis = Redis.make(asking);
    const untyped = script();
    assert.equal(await redis.eval(untyped)("a"), 7);
    assert.equal(await redis.eval(untyped.withReturnType())("b", 5), 7);
    assert.deepEqual(asking.asked, [
      ["SCRIPT", "LOAD", "return 1"],
      ["EVALSHA", "hash", "1", "a"],
      ["EVALSHA", "hash", "1", "b", "5"],
    ]);
  });

  test("each client loads a script for itself", async () => {
    const shared = script();
    const hosts = [host(() => "hash"), host(() => "hash")];
    for (const one of hosts) await Redis.make(one).eval(shared)("a");
    for (const { asked } of hosts) assert.deepEqual(asked[0], ["SCRIPT", "LOAD", "return 1"]);
  });

  for (const [what, error] of [
    ["an Error", new Error("NOSCRIPT No matching script. Please use EVAL.")],
    ["an Error with the name before it", new Error("ReplyError: NOSCRIPT No matching script.")],
    ["an Error with the sign of the protocol", new Error("-NOSCRIPT No matching script.")],
    ["an Error that wraps it in words", new Error("command failed: NOSCRIPT No matching script.")],
    ["a text", "NOSCRIPT No matching script."],
  ]) {
    test(`a forgotten script is seen by the text of ${what}`, async () => {
      const asking = host((command) => {
        if (command === "EVALSHA") return Promise.reject(error);
        return command === "SCRIPT" ? "hash" : 7;
      });
      assert.equal(await Redis.make(asking).eval(script("return 7"))("a", "b"), 7);
      assert.deepEqual(asking.asked, [
        ["SCRIPT", "LOAD", "return 7"],
        ["EVALSHA", "hash", "1", "a", "b"],
        ["EVAL", "return 7", "1", "a", "b"],
      ]);
    });
  }

  test("another error than NOSCRIPT runs nothing a second time", async () => {
    const asking = host((command) => (command === "SCRIPT" ? "hash" : Promise.reject(new Error("OOM no memory"))));
    await assert.rejects(Redis.make(asking).eval(script())("a"), { name: "RedisError", message: /EVALSHA \(OOM\)/ });
    assert.deepEqual(
      asking.asked.map(([command]) => command),
      ["SCRIPT", "EVALSHA"],
    );
  });

  test("a load that failed is not remembered, and fails all who waited for it", async () => {
    let broken = true;
    const asking = host((command) => {
      if (command !== "SCRIPT") return 7;
      return broken ? Promise.reject(new Error("LOADING Redis is loading")) : "hash";
    });
    const run = Redis.make(asking).eval(script());
    const outcomes = await Promise.allSettled([run("a"), run("b")]);
    assert.deepEqual(
      outcomes.map(({ reason }) => reason?.message),
      ["Redis failed at SCRIPT (LOADING)", "Redis failed at SCRIPT (LOADING)"],
    );
    assert.equal(asking.asked.length, 1);
    broken = false;
    assert.equal(await run("a"), 7);
    assert.equal(asking.asked.length, 3);
  });
});

suite("the adapters", () => {
  for (const [name, adapt] of Object.entries({ fromIoredis, fromNodeRedis, fromBun, fromDeno })) {
    test(`${name} refuses what is no client`, () => {
      for (const client of [undefined, null, {}, "redis://secret@example.com"]) {
        assert.throws(() => adapt(client), { name: "TypeError", message: new RegExp(`of ${name} must be a function`) });
      }
    });
  }
});
