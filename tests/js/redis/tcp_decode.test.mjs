// What the replies of a server become, wherever the pieces end in which they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { replied, scripted, turn } from "./tcp/scripted.mjs";

const HELLO = { protocol: 3, greeting: "%1\r\n+proto\r\n:3\r\n+PONG\r\n" };
const bytes = (...values) => Uint8Array.from(values);

for (const [what, reply, expected] of [
  ["a status", "+OK\r\n", "OK"],
  ["an empty status", "+\r\n", ""],
  ["an integer", ":42\r\n", 42],
  ["a negative integer", ":-42\r\n", -42],
  ["the largest safe integer", ":9007199254740991\r\n", 9007199254740991],
  ["an integer beyond it", ":9007199254740993\r\n", 9007199254740993n],
  ["a negative integer beyond it", ":-9223372036854775808\r\n", -9223372036854775808n],
  ["a bulk", "$5\r\nhello\r\n", "hello"],
  ["an empty bulk", "$0\r\n\r\n", ""],
  ["a bulk with line ends", "$6\r\n\r\n$1\r\n\r\n", "\r\n$1\r\n"],
  ["a bulk beyond ASCII", "$9\r\né€😀\r\n", "é€😀"],
  ["a bulk with a byte order mark", "$4\r\n\ufeffa\r\n", "\ufeffa"],
  ["no bulk", "$-1\r\n", null],
  ["no array", "*-1\r\n", null],
  ["an empty array", "*0\r\n", []],
  ["arrays in arrays", "*3\r\n*2\r\n:1\r\n*0\r\n$-1\r\n*1\r\n+a\r\n", [[1, []], null, ["a"]]],
  ["null", "_\r\n", null],
  ["true", "#t\r\n", true],
  ["false", "#f\r\n", false],
  ["a double", ",-1.5e3\r\n", -1500],
  ["infinity", ",-inf\r\n", -Infinity],
  ["no number", ",nan\r\n", NaN],
  ["a big number", "(-3492890328409238509324850943850943825024385\r\n", -3492890328409238509324850943850943825024385n],
  ["a small big number", "(7\r\n", 7n],
  ["a verbatim text", "=7\r\ntxt:abc\r\n", "abc"],
  ["a set", "~2\r\n:1\r\n+a\r\n", [1, "a"]],
  [
    "a map",
    "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*1\r\n#t\r\n",
    new Map([
      ["a", 1],
      ["b", [true]],
    ]),
  ],
  ["an empty map in an array", "*1\r\n%0\r\n", [new Map()]],
  ["attributes, which are left out", "|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+x\r\n*0\r\n:1\r\n:2\r\n", [1, 2]],
]) {
  test(`${what}, split anywhere`, async () => {
    assert.deepEqual(await replied(reply, HELLO), expected);
    const stream = Buffer.from(reply + reply);
    for (let at = 1; at < stream.length; at++) {
      const { redis, socket } = await scripted(HELLO);
      const answers = Promise.all([redis.send("ANY"), redis.send("ANY")]);
      await turn();
      socket.say(stream.subarray(0, at));
      socket.say(stream.subarray(at));
      assert.deepEqual(await answers, [expected, expected], `split at ${at}`);
    }
  });
}

test("an error reply rejects, one inside of an array is an element", async () => {
  for (const reply of ["-WRONGTYPE not a list\r\n", "!20\r\nWRONGTYPE not a list\r\n"]) {
    await assert.rejects(replied(reply, HELLO), { name: "ReplyError", message: "WRONGTYPE not a list" });
    const [first, error] = await replied(`*2\r\n:1\r\n${reply}`, HELLO);
    assert.equal(first, 1);
    assert.equal(error.name, "ReplyError");
  }
});

test("sendBytes gives bulk replies as bytes, and all others as send does", async () => {
  const reply = Buffer.concat([
    Buffer.from("*4\r\n$3\r\n"),
    bytes(0, 255, 13),
    Buffer.from("\r\n$-1\r\n+OK\r\n:7\r\n"),
  ]);
  for (let at = 1; at < reply.length; at++) {
    const { redis, socket } = await scripted();
    const answers = Promise.all([redis.sendBytes("ANY"), redis.send("ANY"), redis.sendBytes("ANY")]);
    await turn();
    socket.say(reply.subarray(0, at));
    socket.say(Buffer.concat([reply.subarray(at), Buffer.from("$1\r\na\r\n$1\r\na\r\n")]));
    const [array, text, single] = await answers;
    assert.deepEqual(array, [bytes(0, 255, 13), null, "OK", 7]);
    assert.equal(Object.getPrototypeOf(array[0]), Uint8Array.prototype);
    assert.equal(text, "a");
    assert.deepEqual(single, bytes(97));
  }
});

test("bytes that were given do not change when the socket uses its memory again", async () => {
  const { redis, socket } = await scripted();
  const answer = redis.sendBytes("ANY");
  await turn();
  const memory = Buffer.from("$3\r\nabc\r\n");
  socket.say(memory);
  memory.fill(0);
  assert.deepEqual(await answer, Uint8Array.from(Buffer.from("abc")));
});

test("what is no UTF-8 becomes U+FFFD in a text", async () => {
  assert.equal(await replied(Buffer.from("$3\r\na\xffb\r\n", "latin1")), "a\ufffdb");
});

test("any replies in any pieces", async () => {
  let seed = 20_240_607;
  const random = (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const any = (depth) => {
    const kind = random(depth > 0 ? 8 : 6);
    if (kind === 0) return null;
    if (kind === 1) return random(1_000_000) - 500_000;
    if (kind === 2) return BigInt(random(2 ** 24)) * 2n ** 40n + 2n ** 62n;
    if (kind < 6) return Array.from({ length: random(40) }, () => String.fromCodePoint(random(0xd000))).join("");
    return Array.from({ length: random(6) }, () => any(depth - 1));
  };
  const encoded = (value) => {
    if (value === null) return "$-1\r\n";
    if (Array.isArray(value)) return `*${value.length}\r\n${value.map(encoded).join("")}`;
    return typeof value === "string" ? `$${Buffer.byteLength(value)}\r\n${value}\r\n` : `:${value}\r\n`;
  };
  const { redis, socket } = await scripted();
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: 1 + random(10) }, () => any(4));
    const answers = Promise.all(values.map(() => redis.send("ANY")));
    await turn();
    const stream = Buffer.from(values.map(encoded).join(""));
    for (let at = 0; at < stream.length; ) {
      const next = at + 1 + random(random(3) ? 8 : 2000);
      socket.say(stream.subarray(at, next));
      at = next;
    }
    assert.deepEqual(await answers, values);
  }
});

test("a large bulk in small pieces, and in large ones", async () => {
  const value = "0123456789é".repeat(100_000);
  for (const size of [7, 1000, 65_536]) {
    const { redis, socket } = await scripted();
    const answers = Promise.all([redis.send("ANY"), redis.send("ANY")]);
    await turn();
    const stream = Buffer.from(`$${Buffer.byteLength(value)}\r\n${value}\r\n+next\r\n`);
    for (let at = 0; at < stream.length; at += size) socket.say(stream.subarray(at, at + size));
    const [text, next] = await answers;
    assert.ok(text === value);
    assert.equal(next, "next");
  }
});

for (const [what, reply] of [
  ["a page of the web", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["a byte that begins nothing", "\0"],
  ["a length that is no number", "$abc\r\n"],
  ["a length below -1", "$-2\r\n"],
  ["a bulk of more than 512 MB", "$536870913\r\n"],
  ["an array of more than anybody sends", "*134217729\r\n"],
  ["a bulk that is longer than it says", "$1\r\nabc\r\n"],
  ["a bulk whose line ends wrongly", "$1\r\na\rb"],
  ["arrays that are too deep", "*1\r\n".repeat(129)],
  ["an integer that is none", ":1x\r\n"],
  ["a boolean that is none", "#x\r\n"],
  ["a double that is none", ",constructor\r\n"],
  ["a line without end", `+${"a".repeat(1024 * 1024 + 1)}`],
  ["a reply that nobody asked for", "+OK\r\n+OK\r\n"],
]) {
  test(`${what}: the connection is given up, with a clear error`, async () => {
    for (const cut of [false, true]) {
      const { redis, socket } = await scripted({ reconnect: false });
      const answers = Promise.allSettled([redis.send("ANY")]);
      await turn();
      if (cut) for (const byte of Buffer.from(reply)) socket.say(bytes(byte));
      else socket.say(reply);
      assert.ok(socket.closed);
      const [{ status, reason }] = await answers;
      if (!reply.startsWith("+OK")) {
        assert.equal(status, "rejected");
        assert.equal(reason.name, "ConnectionError");
        assert.equal(reason.sent, true);
      }
      await assert.rejects(redis.send("ANY"), {
        name: "ConnectionError",
        sent: false,
        message: /was given up: (the server (does not speak RESP|sent|announced)|a reply that nobody asked for)/,
      });
    }
  });
}

test("arrays as deep as they may be", async () => {
  let depth = 0;
  for (let value = await replied(`${"*1\r\n".repeat(128)}:1\r\n`); value !== 1; [value] = value) depth += 1;
  assert.equal(depth, 128);
});
