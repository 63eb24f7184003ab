// What goes wrong between a client and a server, and what is left of the commands under way.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { ConnectionError, connect, ReplyError, TimeoutError } from "durastate/redis/tcp";
import { startRedis } from "../support/redis_server.mjs";
import { blocked, eventually } from "./tcp/eventually.mjs";
import { scripted, turn } from "./tcp/scripted.mjs";

const quick = { reconnect: { minDelay: 1, maxDelay: 20 } };
const LOST = { name: "ConnectionError", sent: true, message: /^the connection to Redis at 127\.0\.0\.1:\d+ was lost/ };
let server;
let admin;
const opened = [];
const closing = [];

async function open(options) {
  const redis = await connect({ port: server.port, ...quick, ...options });
  opened.push(redis);
  return redis;
}

/** A server that does to a connection what no Redis does when asked. */
async function strange(onConnection) {
  const listening = createServer(onConnection).listen(0, "127.0.0.1");
  await once(listening, "listening");
  closing.push(() => listening.close());
  return listening.address().port;
}

/** Ends the connection of a client from outside. */
async function cut(redis) {
  const id = await redis.send("CLIENT", "ID");
  await admin.send("CLIENT", "KILL", "ID", String(id));
}

before(async () => {
  // after 20 ms of a script Redis says that it is busy
  server = await startRedis({ args: ["--busy-reply-threshold", 20] });
  admin = await connect({ port: server.port, ...quick });
});
afterEach(async () => {
  for (const redis of opened.splice(0)) await redis.close();
  for (const close of closing.splice(0)) close();
});
after(async () => {
  await admin.close();
  await server.stop();
});

test("nobody listens", async () => {
  const port = await strange();
  closing.pop()();
  const refused = connect({ port });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, new RegExp(`^Redis at 127.0.0.1:${port} cannot be reached: .*ECONNREFUSED`));
    assert.equal(error.sent, false);
    assert.equal(error.cause.code, "ECONNREFUSED");
    return true;
  });
});

test("a server that never answers", async () => {
  const port = await strange((socket) => closing.push(() => socket.destroy()));
  await assert.rejects(connect({ port, connectTimeout: 50 }), {
    name: "ConnectionError",
    message: `connecting to Redis at 127.0.0.1:${port} took more than 50 ms`,
  });
});

test("a socket that opens after connectTimeout is closed", async () => {
  let resolve;
  const events = [];
  const socket = (_target, _events, signal) => {
    signal.addEventListener("abort", () => events.push("abort"));
    return new Promise((opened) => {
      resolve = opened;
    });
  };
  await assert.rejects(connect({ socket, connectTimeout: 10 }), { message: /took more than 10 ms$/ });
  resolve({ write: () => events.push("write"), close: () => events.push("close") });
  await turn();
  assert.deepEqual(events, ["abort", "close"]);
});

test("a server that talks nonsense", async () => {
  const ended = [];
  const port = await strange((socket) => {
    ended.push(once(socket, "close"));
    socket.on("error", () => {}).resume();
    socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  await assert.rejects(connect({ port }), { name: "ConnectionError", message: /does not speak RESP/ });
  await ended[0];
});

test("a server that closes at once", async () => {
  const port = await strange((socket) => socket.end());
  await assert.rejects(connect({ port }), { name: "ConnectionError", message: /was lost/ });
});

test("a connection that is lost with the last word of the greeting", async () => {
  const socket = async (_target, events) => ({
    write() {
      events.data(new TextEncoder().encode("+PONG\r\n"));
      events.closed();
    },
    close() {},
  });
  await assert.rejects(connect({ socket }), { name: "ConnectionError", message: /was lost$/ });
});

test("users and passwords", async () => {
  await admin.send("ACL", "SETUSER", "alice", "on", ">hidden", "~*", "&*", "+@all");
  await admin.send("ACL", "SETUSER", "mute", "on", ">hidden", "~*", "+get");
  for (const protocol of [2, 3]) {
    const redis = await open({ username: "alice", password: "hidden", protocol });
    assert.equal(await redis.send("ACL", "WHOAMI"), "alice");
    const mute = await open({ username: "mute", password: "hidden", protocol });
    assert.equal(await mute.send("GET", "none"), null);
    for (const [username, password] of [
      ["alice", "hidden wrong"],
      ["hidden nobody", "hidden"],
    ]) {
      await assert.rejects(connect({ port: server.port, username, password, protocol }), (error) => {
        assert.equal(error.name, "ConnectionError");
        assert.equal(error.message, "Redis refused the username or the password (WRONGPASS)");
        assert.doesNotMatch(`${error.stack} ${error.cause} ${JSON.stringify(error)}`, /hidden/);
        return true;
      });
    }
  }
});

test("a server that wants a password", async () => {
  await admin.send("CONFIG", "SET", "requirepass", "hidden");
  try {
    const redis = await open({ url: `redis://:hidden@127.0.0.1:${server.port}` });
    assert.equal(await redis.send("PING"), "PONG");
    const message = "Redis wants a password (NOAUTH): pass password, and username if there is one";
    for (const protocol of [2, 3]) {
      await assert.rejects(connect({ port: server.port, protocol }), { name: "ConnectionError", message });
    }
  } finally {
    await admin.send("CONFIG", "SET", "requirepass", "");
  }
});

test("a server that quotes the password is not quoted", async () => {
  for (const [options, quoting] of [
    [{ password: "hidden" }, "-ERR unknown command `AUTH`, with args beginning with: `hidden`\r\n+PONG\r\n"],
    [{ password: "hidden", protocol: 3 }, "-ERR unknown command `HELLO`, with args `3`, `hidden`\r\n+PONG\r\n"],
  ]) {
    await assert.rejects(scripted({ ...options, greeting: quoting }), (error) => {
      assert.match(error.message, /^Redis refused (AUTH|HELLO) \(ERR\)/);
      assert.doesNotMatch(`${error.stack} ${error.cause}`, /hidden/);
      return true;
    });
  }
});

test("a database that does not exist", async () => {
  const refused = connect({ port: server.port, db: 1000 });
  await assert.rejects(refused, { name: "ConnectionError", message: /^Redis refused the db: ERR DB index/ });
});

test("a server that still loads is not ready", async () => {
  const greeting = "-LOADING Redis is loading the dataset in memory\r\n";
  await assert.rejects(scripted({ greeting }), { name: "ConnectionError", message: /still loading/ });
});

test("a lost connection is made again, with its user and its database", async () => {
  await admin.send("ACL", "SETUSER", "bob", "on", ">hidden", "~*", "+@all");
  for (const protocol of [2, 3]) {
    const redis = await open({ username: "bob", password: "hidden", db: 2, protocol });
    await redis.send("SET", "kept", "here");
    await cut(redis);
    await eventually(() => redis.send("PING"));
    assert.equal(await redis.send("ACL", "WHOAMI"), "bob");
    assert.equal(await redis.send("GET", "kept"), "here");
  }
});

for (const [what, ends] of [
  ["closed", (socket) => socket.end()],
  ["reset", (socket) => socket.resetAndDestroy()],
]) {
  test(`a connection that is ${what} while commands are under way: what was written is not sent again`, async () => {
    const commands = [];
    const port = await strange((socket) => {
      socket.on("error", () => {});
      socket.setEncoding("latin1").on("data", (data) => {
        if (data.includes("PING")) return socket.write("+PONG\r\n");
        commands.push(data);
        if (data.includes("first")) ends(socket);
        else socket.write("+OK\r\n");
      });
    });
    const redis = await open({ port });
    const written = Promise.allSettled([redis.send("SET", "first", "1"), redis.send("SET", "second", "2")]);
    for (const { reason } of await written) {
      assert.ok(reason instanceof ConnectionError);
      assert.deepEqual([reason.sent, LOST.message.test(reason.message)], [true, true]);
    }
    assert.equal(await redis.send("SET", "third", "3"), "OK");
    assert.equal(commands.length, 2);
    assert.equal(commands[1].match(/SET/g).length, 1);
  });
}

test("a server that is killed in the middle of a command, and starts again", async () => {
  const redis = await open({ maxQueue: 3 });
  const running = assert.rejects(redis.send("EVAL", "while true do end", "0"), LOST);
  await eventually(async () => {
    const [answer] = await Promise.allSettled([admin.send("PING")]);
    assert.match(String(answer.reason?.message), /^BUSY/);
  });
  await server.kill();
  await running;
  const waiting = [1, 2, 3].map((n) => redis.send("RPUSH", "list", `${n}`));
  await assert.rejects(redis.send("PING"), {
    name: "ConnectionError",
    sent: false,
    message: "3 commands wait for the connection to Redis: maxQueue takes no more",
  });
  await server.start();
  assert.deepEqual(await Promise.all(waiting), [1, 2, 3]);
  assert.deepEqual(await redis.send("LRANGE", "list", "0", "-1"), ["1", "2", "3"]);
});

test("a reply that is later than commandTimeout: it is left out, and the next ones are who they are for", async () => {
  const redis = await open({ commandTimeout: 50 });
  const late = assert.rejects(redis.send("BLPOP", "slow", "0"), (error) => {
    assert.ok(error instanceof TimeoutError);
    assert.deepEqual([error.message, error.sent], ["Redis did not reply within 50 ms", true]);
    return true;
  });
  await blocked(admin);
  await late;
  const behind = assert.rejects(redis.send("ECHO", "never heard"), { name: "TimeoutError" });
  await behind;
  await admin.send("RPUSH", "slow", "late");
  assert.equal(await eventually(() => redis.send("ECHO", "heard")), "heard");
  assert.deepEqual(
    await redis.pipeline([
      ["ECHO", "a"],
      ["ECHO", "b"],
    ]),
    ["a", "b"],
  );
});

test("commands that wait for the connection have a commandTimeout too, and are not written after it", async () => {
  const { redis, socket, sockets } = await scripted({ commandTimeout: 200, maxQueue: 1, ...quick });
  let refuse = true;
  const open = sockets.push.bind(sockets);
  sockets.push = (next) => {
    if (refuse) throw new Error("refused by the test");
    return open(next);
  };
  socket.lose();
  await assert.rejects(redis.send("GET", "a"), (error) => {
    assert.deepEqual([error.name, error.sent], ["TimeoutError", false]);
    assert.match(error.cause.message, /was lost|cannot be reached: refused by the test/);
    return true;
  });
  const next = redis.send("GET", "b");
  refuse = false;
  await eventually(() => assert.equal(sockets[1]?.written.length, 2));
  assert.match(sockets[1].written[1], /^\*2\r\n\$3\r\nGET\r\n\$1\r\nb\r\n$/);
  sockets[1].say("+B\r\n");
  assert.equal(await next, "B");
});

test("after so many attempts the client is closed, and says why", async () => {
  const attempts = [];
  const { redis, socket, sockets } = await scripted({ reconnect: { minDelay: 1, maxDelay: 2, attempts: 3 } });
  sockets.push = () => {
    attempts.push(1);
    throw new Error("no route");
  };
  socket.lose(new Error("cable pulled"));
  const failed = {
    name: "ConnectionError",
    sent: false,
    message: "Redis at 127.0.0.1:6379 cannot be reached: no route",
  };
  await assert.rejects(redis.send("PING"), failed);
  assert.equal(attempts.length, 3);
  await assert.rejects(redis.send("PING"), failed);
});

test("reconnect: false", async () => {
  const redis = await open({ reconnect: false });
  await cut(redis).catch(() => {});
  await eventually(() => assert.rejects(redis.send("PING"), { ...LOST, sent: false }));
});

test("close waits for the replies of what was sent, and takes nothing more", async () => {
  const redis = await open();
  const under = redis.send("BLPOP", "closing", "0");
  const handed = redis.send("ECHO", "handed over");
  await blocked(admin);
  const closed = redis.close();
  await assert.rejects(redis.send("PING"), { name: "ConnectionError", sent: false, message: "the client was closed" });
  await admin.send("RPUSH", "closing", "value");
  await closed;
  assert.deepEqual(await under, ["closing", "value"]);
  assert.equal(await handed, "handed over");
  await redis.close();
});

test("close gives up what is not answered in time", async () => {
  const { redis, socket } = await scripted({ commandTimeout: 30 });
  const answer = assert.rejects(redis.send("GET", "a"), ({ name, sent }) => {
    assert.match(name, /^(TimeoutError|ConnectionError)$/);
    return sent === true;
  });
  await redis.close();
  await answer;
  assert.ok(socket.closed);
});

test("close while the connection is lost rejects what waits", async () => {
  const { redis, socket, sockets } = await scripted({ reconnect: { minDelay: 60_000, maxDelay: 60_000 } });
  socket.lose();
  const waiting = assert.rejects(redis.send("GET", "a"), { name: "ConnectionError", sent: false });
  await redis[Symbol.asyncDispose]();
  await waiting;
  assert.equal(sockets.length, 1);
});

test("close while a new connection is being made", async () => {
  const { redis, socket, sockets } = await scripted({ greeted: 1, reconnect: { minDelay: 1 } });
  socket.lose();
  const waiting = assert.rejects(redis.send("GET", "a"), { name: "ConnectionError", sent: false });
  await eventually(() => assert.equal(sockets[1]?.written.length, 1));
  await redis.close();
  await waiting;
  assert.ok(sockets[1].closed && sockets[1].signal.aborted);
});

test("an error of Redis is its own, word for word", async () => {
  const redis = await open();
  await redis.send("SET", "text", "a");
  await assert.rejects(redis.send("LPUSH", "text", "b"), (error) => {
    assert.ok(error instanceof ReplyError);
    assert.equal(error.message, "WRONGTYPE Operation against a key holding the wrong kind of value");
    return true;
  });
});

test("a server without memory", async () => {
  const redis = await open();
  await admin.send("CONFIG", "SET", "maxmemory", "1");
  try {
    await assert.rejects(redis.send("SET", "more", "a"), { name: "ReplyError", message: /^OOM command not allowed/ });
  } finally {
    await admin.send("CONFIG", "SET", "maxmemory", "0");
  }
  assert.equal(await redis.send("SET", "more", "a"), "OK");
});

test("a replica", async () => {
  const redis = await open();
  await admin.send("REPLICAOF", "127.0.0.1", "1");
  try {
    await assert.rejects(redis.send("SET", "more", "a"), { name: "ReplyError", message: /^READONLY/ });
  } finally {
    await admin.send("REPLICAOF", "NO", "ONE");
  }
  assert.equal(await redis.send("SET", "more", "a"), "OK");
});
