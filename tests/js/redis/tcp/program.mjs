// What the tcp client does in any runtime: nothing here but what all of them have.

/** Throws where something is not as it should be; gives "ok". */
export async function check(connect, options) {
  const redis = await connect({ commandTimeout: 10_000, ...options });
  try {
    const key = `{runtime}${Math.random()}`;
    const text = "\ufeffé€😀\r\n\u0000".repeat(3);
    equal(await redis.send("SET", key, text), "OK");
    equal(await redis.send("GET", key), text);
    equal([...(await redis.sendBytes("GET", key))], [...new TextEncoder().encode(text)]);
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    equal(await redis.send("SET", key, bytes), "OK");
    equal([...(await redis.sendBytes("GET", key))], [...bytes]);
    equal(await redis.send("GET", `${key} none`), null);

    const large = "0123456789é".repeat(500_000);
    equal(await redis.send("SET", key, large), "OK");
    const [whole, part] = await Promise.all([redis.send("GET", key), redis.send("GETRANGE", key, "0", "9")]);
    equal([whole === large, part], [true, "0123456789"]);
    equal(await redis.send("DEL", key), 1);

    const counted = await Promise.all(Array.from({ length: 1000 }, () => redis.send("INCR", key)));
    equal(counted.at(-1), 1000);
    const replies = await redis.pipeline([
      ["SET", key, "9007199254740993"],
      ["LPUSH", key, "a"],
      ["INCR", key],
    ]);
    equal([replies[0], replies[1].name, String(replies[2])], ["OK", "ReplyError", "9007199254740994"]);
    equal(await redis.send("EVAL", "return {1, {'a', false}}", "0"), [1, ["a", null]]);

    let hear;
    const heard = new Promise((resolve) => {
      hear = resolve;
    });
    const leave = await redis.subscribe(key, hear);
    equal(await redis.send("PUBLISH", key, text), 1);
    equal(await heard, text);
    await leave();

    await redis.send("DEL", key);
    const waiting = redis.send("BLPOP", key, "0.05");
    const closed = redis.close();
    equal(await waiting, null);
    await closed;
    equal(await nameOf(redis.send("PING")), "ConnectionError the client was closed");
  } finally {
    await redis.close();
  }
  return "ok";
}

/** Throws unless a lost connection is made again, and its command is known to have been written. */
export async function checkLoss(connect, options) {
  const redis = await connect({ ...options, reconnect: { minDelay: 1, maxDelay: 50 } });
  const other = await connect(options);
  try {
    const id = String(await redis.send("CLIENT", "ID"));
    const lost = redis.send("BLPOP", "{runtime}nothing", "0").then(
      () => "answered",
      ({ name, sent }) => `${name} ${sent}`,
    );
    equal(await other.send("CLIENT", "KILL", "ID", id), 1);
    equal(await lost, "ConnectionError true");
    equal(await redis.send("PING"), "PONG");
  } finally {
    await redis.close();
    await other.close();
  }
  return "ok";
}

/** Throws unless connecting is refused with such an error. */
export async function checkRefusal(connect, options, expected) {
  const message = await nameOf(connect(options));
  if (!expected.test(message)) throw new Error(`${message} is not ${expected}`);
  return "ok";
}

function nameOf(promise) {
  return promise.then(
    () => "nothing was refused",
    ({ name, message }) => `${name} ${message}`,
  );
}

function equal(actual, expected) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`expected ${should.slice(0, 200)}, but got ${String(is).slice(0, 200)}`);
}
