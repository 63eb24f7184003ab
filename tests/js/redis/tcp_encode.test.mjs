// What is written, and in how many pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "durastate/redis/tcp";
import { resp, scripted, turn } from "./tcp/scripted.mjs";

test("commands of one turn are written at once, and answered in their order", async () => {
  const { redis, socket } = await scripted();
  const first = redis.send("GET", "a");
  const later = Promise.resolve().then(() => redis.send("GET", "b"));
  const pipeline = redis.pipeline([["SET", "é", "€"], ["PING"]]);
  await turn();
  const expected = resp("GET", "a") + resp("SET", "é", "€") + resp("PING") + resp("GET", "b");
  assert.deepEqual(socket.written.slice(1), [expected]);
  socket.say("+1\r\n+2\r\n+3\r\n+4\r\n");
  assert.deepEqual(await Promise.all([first, pipeline, later]), ["1", ["2", "3"], "4"]);
});

test("bytes are written as they were when they were handed over", async () => {
  const { redis, socket } = await scripted();
  const value = Uint8Array.of(0, 255, 13, 10);
  const answers = Promise.all([redis.send("GET", "ä"), redis.send("SET", "é", value), redis.send("GET", "b")]);
  value.fill(1);
  await turn();
  const set = `*3\r\n$3\r\nSET\r\n$2\r\n\xc3\xa9\r\n$4\r\n\0\xff\r\n\r\n`;
  assert.equal(socket.written.slice(1).join(""), resp("GET", "ä") + set + resp("GET", "b"));
  socket.say("+1\r\n+2\r\n+3\r\n");
  assert.deepEqual(await answers, ["1", "2", "3"]);
});

test("half a surrogate pair is written as U+FFFD, and its length is counted so", async () => {
  const { redis, socket } = await scripted();
  const answer = redis.send("SET", "\ud83d", "a\udc00b");
  await turn();
  assert.equal(socket.written[1], resp("SET", "\ufffd", "a\ufffdb"));
  socket.say("+OK\r\n");
  await answer;
});

test("much at once is written in several pieces", async () => {
  const { redis, socket } = await scripted();
  const value = "x".repeat(100_000);
  const answers = Promise.all(Array.from({ length: 10 }, (_, at) => redis.send("SET", `${at}`, value)));
  await turn();
  const written = socket.written.slice(1);
  assert.ok(written.length > 1 && written.every((piece) => piece.length < 300_000));
  assert.equal(written.join(""), Array.from({ length: 10 }, (_, at) => resp("SET", `${at}`, value)).join(""));
  socket.say("+OK\r\n".repeat(10));
  await answers;
});

test("an argument that is neither text nor bytes is refused, and the commands beside it are not", async () => {
  const { redis, socket } = await scripted();
  const refused = redis.send("SET", "a", 1);
  const answer = redis.send("GET", "a");
  await assert.rejects(refused, { name: "TypeError", message: /argument 2 of a Redis command .* the number 1/ });
  await turn();
  socket.say("+b\r\n");
  assert.equal(await answer, "b");
});

test("what would change the shared connection is refused", async () => {
  const { redis } = await scripted();
  for (const name of ["SUBSCRIBE", "psubscribe", "MONITOR", "SELECT", "AUTH", "hello", "QUIT", "RESET"]) {
    const message = `${name} cannot be sent: the connection is shared. Use subscribe, or the options of connect`;
    await assert.rejects(redis.send(name, "a"), { name: "TypeError", message });
  }
});

test("a pipeline gives an error in the place of a command that failed", async () => {
  const { redis, socket } = await scripted();
  const answers = redis.pipeline([
    ["INCR", "a"],
    ["SET", "b", {}],
    ["INCR", "c"],
  ]);
  await turn();
  socket.say("-ERR no integer\r\n:2\r\n");
  const [first, second, third] = await answers;
  assert.equal(first.name, "ReplyError");
  assert.equal(second.name, "TypeError");
  assert.equal(third, 2);
  assert.deepEqual(await redis.pipeline([]), []);
  await assert.rejects(redis.pipeline("GET"), { name: "TypeError", message: /^commands of pipeline/ });
});

test("a pipeline rejects where nothing is known of any command", async () => {
  const { redis, socket } = await scripted({ reconnect: false });
  const first = redis.pipeline([
    ["INCR", "a"],
    ["INCR", "b"],
  ]);
  await turn();
  socket.say(":1\r\n");
  socket.lose();
  const [known, unknown] = await first;
  assert.equal(known, 1);
  assert.deepEqual([unknown.name, unknown.sent], ["ConnectionError", true]);
  await assert.rejects(
    redis.pipeline([
      ["INCR", "a"],
      ["INCR", "b"],
    ]),
    { name: "ConnectionError", sent: false },
  );
});

for (const [what, options, greeting, written] of [
  ["nothing but a sign of life", {}, "+PONG\r\n", resp("PING")],
  ["a password", { password: "pä" }, "+OK\r\n+PONG\r\n", resp("AUTH", "pä") + resp("PING")],
  [
    "a user and a database",
    { username: "u", password: "p", db: 3 },
    "+OK\r\n+OK\r\n+PONG\r\n",
    resp("AUTH", "u", "p") + resp("SELECT", "3") + resp("PING"),
  ],
  ["protocol 3", { protocol: 3 }, "%0\r\n+PONG\r\n", resp("HELLO", "3") + resp("PING")],
  [
    "protocol 3 with a password",
    { protocol: 3, password: "p" },
    "%0\r\n+PONG\r\n",
    resp("HELLO", "3", "AUTH", "default", "p") + resp("PING"),
  ],
  [
    "a url",
    { url: "redis://us%20er:p%40ss@redis.example:6380/2" },
    "+OK\r\n+OK\r\n+PONG\r\n",
    resp("AUTH", "us er", "p@ss") + resp("SELECT", "2") + resp("PING"),
  ],
]) {
  test(`the greeting with ${what}`, async () => {
    const { socket } = await scripted({ greeting, ...options });
    assert.deepEqual(socket.written, [written]);
  });
}

test("where is connected to", async () => {
  const target = async (options) => (await scripted(options)).socket.target;
  assert.deepEqual(await target({}), { host: "127.0.0.1", port: 6379, tls: undefined });
  assert.deepEqual(await target({ host: "::1", port: 7, tls: true }), { host: "::1", port: 7, tls: {} });
  assert.deepEqual(await target({ url: "rediss://[::1]:8" }), { host: "::1", port: 8, tls: {} });
  assert.deepEqual(await target({ url: "redis://a:8", port: 9, host: undefined }), {
    host: "a",
    port: 9,
    tls: undefined,
  });
  assert.deepEqual(await target({ tls: { servername: "b" } }), {
    host: "127.0.0.1",
    port: 6379,
    tls: { servername: "b" },
  });
});

for (const [options, error] of [
  [null, /^the options of connect must be an object, but are null$/],
  [{ host: "" }, /^host of connect must be a name or an address/],
  [{ port: 0 }, /^port of connect must be an integer from 1 to 65535, but is 0$/],
  [{ port: "6379" }, /^port of connect must be a number/],
  [{ db: -1 }, /^db of connect/],
  [{ password: 12_345 }, /^password of connect must be a string, but is a value of type number$/],
  [{ username: "u" }, /^username of connect needs a password/],
  [{ tls: "yes" }, /^tls of connect/],
  [{ protocol: 4 }, /^protocol of connect must be 2 or 3, but is the number 4$/],
  [{ connectTimeout: 0 }, /^connectTimeout of connect must be more than 0 milliseconds, but is 0$/],
  [{ commandTimeout: NaN }, /^commandTimeout of connect/],
  [{ maxQueue: 1.5 }, /^maxQueue of connect/],
  [{ reconnect: true }, /^reconnect of connect/],
  [{ reconnect: { minDelay: 5, maxDelay: 1 } }, /^reconnect.maxDelay of connect must be 5 or more, but is 1$/],
  [{ reconnect: { attempts: 0 } }, /^reconnect.attempts of connect/],
  [{ cluster: 1 }, /^cluster of connect/],
  [{ cluster: true, db: 1 }, /^db of connect must be 0 with cluster: true/],
  [{ socket: {} }, /^socket of connect/],
  [{ url: "http://u:hidden@h" }, /^url of connect must be redis:/],
  [{ url: "hidden" }, /^url of connect must be redis:/],
  [{ url: "redis://u:hidden%@h" }, /^the password in url of connect/],
  [{ url: "redis://h/hidden" }, /^db of connect must be an integer/],
]) {
  test(`refused: ${JSON.stringify(options)}`, async () => {
    const socket = () => assert.fail("a socket was opened");
    await assert.rejects(connect(options && { socket, ...options }), (thrown) => {
      assert.ok(thrown instanceof TypeError || thrown instanceof RangeError);
      assert.match(thrown.message, error);
      assert.doesNotMatch(`${thrown.message} ${thrown.cause}`, /hidden|12345/);
      return true;
    });
  });
}
