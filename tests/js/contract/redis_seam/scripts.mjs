import { equal, ok, rejects } from "../../support/assert.mjs";

let scriptCount = 0;

/** The source of a script that no other test has loaded. */
const unheard = (lua) => `-- ${++scriptCount} of ${Math.random()}\n${lua}`;

export function scripts({ test, open, durastate, traits, newKey }) {
  const { Redis, RedisError } = durastate;
  const incrBy = () =>
    Redis.script((key, amount) => [key, amount], {
      lua: unheard("return redis.call('INCRBY', KEYS[1], ARGV[1])"),
      numberOfKeys: 1,
    }).withReturnType();

  test("a script gets its keys and arguments, and gives its reply", async () => {
    const { redis } = await open();
    const key = newKey();
    const script = incrBy();
    equal(await redis.eval(script)(key, 5), 5);
    equal(await redis.eval(script)(key, 5), 10);
    equal(await redis.send("GET", key), "10");
  });

  test("numberOfKeys may depend on the parameters", async () => {
    const { redis } = await open();
    const script = Redis.script((keys, ...rest) => [...keys, ...rest], {
      lua: unheard("return { #KEYS, #ARGV, ARGV[1] }"),
      numberOfKeys: (keys) => keys.length,
    });
    const keys = [newKey("a"), newKey("b", { same: true })];
    equal(await redis.eval(script)(keys, "x", "y"), [2, 2, "x"]);
    equal(await redis.eval(script)([], "z"), [0, 1, "z"]);
  });

  test("parameters that are no strings are sent as text", async () => {
    const { redis } = await open();
    const script = Redis.script((...args) => args, { lua: unheard("return ARGV"), numberOfKeys: 0 });
    equal(await redis.eval(script)(1.5, 12345678901234567890n, true, null, undefined, "é", new Uint8Array([65])), [
      "1.5",
      "12345678901234567890",
      "true",
      "null",
      "undefined",
      "é",
      "A",
    ]);
  });

  test("a script that fails is a RedisError, and is still loaded", async () => {
    const { redis } = await open();
    const key = newKey();
    await redis.send("SET", key, "no number");
    await rejects(redis.eval(incrBy())(key, 1), RedisError, { message: /EVAL(SHA)? \(-?ERR\)/ });
  });

  if (traits.cluster) return;

  /** How often the server was asked for each of these while `run` ran. */
  async function counted(redis, run) {
    const names = ["script|load", "evalsha", "eval"];
    const calls = async () => {
      const stats = await redis.send("INFO", "commandstats");
      return names.map((name) => {
        const line = stats.split("\r\n").find((line) => line.startsWith(`cmdstat_${name}:`));
        return Number(/calls=(\d+)/.exec(line ?? "calls=0")[1]);
      });
    };
    const before = await calls();
    await run();
    return Object.fromEntries((await calls()).map((count, i) => [names[i], count - before[i]]));
  }

  test("a script is loaded once and then run by its hash", async () => {
    const { redis } = await open();
    const key = newKey();
    const script = incrBy();
    const counts = await counted(redis, async () => {
      for (let i = 1; i <= 3; i++) equal(await redis.eval(script)(key, 1), i);
    });
    equal(counts, { "script|load": 1, evalsha: 3, eval: 0 });
  });

  test("ten who need a script at first load it once", async () => {
    const { redis } = await open();
    const key = newKey();
    const script = incrBy();
    const counts = await counted(redis, async () => {
      await Promise.all(Array.from({ length: 10 }, () => redis.eval(script)(key, 1)));
    });
    equal(counts, { "script|load": 1, evalsha: 10, eval: 0 });
    equal(await redis.send("GET", key), "10");
  });

  test("a script that the server forgot is run by its source once, which loads it again", async () => {
    const { redis } = await open();
    const key = newKey();
    const script = incrBy();
    await redis.eval(script)(key, 1);
    await redis.send("SCRIPT", "FLUSH");
    const counts = await counted(redis, async () => {
      for (let i = 2; i <= 4; i++) equal(await redis.eval(script)(key, 1), i);
    });
    equal(counts, { "script|load": 0, evalsha: 3, eval: 1 });
  });

  test("a script that could not be loaded is loaded when it is needed again", async () => {
    const { redis } = await open();
    const key = newKey();
    const script = incrBy();
    await redis.send("ACL", "SETUSER", "default", "-script|load");
    try {
      await rejects(redis.eval(script)(key, 1), RedisError, { message: /SCRIPT \(-?NOPERM\)/ });
    } finally {
      await redis.send("ACL", "SETUSER", "default", "+script|load");
    }
    equal(await redis.send("GET", key), null);
    const counts = await counted(redis, async () => {
      equal(await redis.eval(script)(key, 1), 1);
    });
    equal(counts, { "script|load": 1, evalsha: 1, eval: 0 });
  });

  test("a script that is no Lua is refused each time", async () => {
    const { redis } = await open();
    const script = Redis.script(() => [], { lua: unheard("return ("), numberOfKeys: 0 });
    for (let i = 0; i < 2; i++) {
      const { cause } = await rejects(redis.eval(script)(), RedisError);
      ok(/compiling script/.test(cause.message), cause);
    }
  });
}
