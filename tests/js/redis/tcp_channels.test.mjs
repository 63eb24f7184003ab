// Channels of the tcp client beyond what every client does: lost connections, RESP3, refusals.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { connect } from "durastate/redis/tcp";
import { startRedis } from "../support/redis_server.mjs";
import { reportedBy } from "../support/reported.mjs";
import { eventually } from "./tcp/eventually.mjs";
import { resp, scripted, turn } from "./tcp/scripted.mjs";

let server;
let admin;
const opened = [];

async function open(options) {
  const redis = await connect({ port: server.port, reconnect: { minDelay: 1, maxDelay: 20 }, ...options });
  opened.push(redis);
  return redis;
}

/** The ids of the connections that listen to a channel. */
async function listening() {
  const list = await admin.send("CLIENT", "LIST");
  return [...list.matchAll(/^id=(\d+).* sub=[1-9]/gm)].map(([, id]) => id);
}

before(async () => {
  server = await startRedis();
  admin = await connect({ port: server.port });
});
afterEach(async () => {
  for (const redis of opened.splice(0)) await redis.close();
});
after(async () => {
  await admin.close();
  await server.stop();
});

for (const protocol of [2, 3]) {
  test(`protocol ${protocol}: a lost connection listens again to all that it listened to`, async () => {
    const redis = await open({ protocol });
    const heard = { a: [], b: [], gone: [] };
    await redis.subscribe("a", (message) => heard.a.push(message));
    await redis.subscribe("b", (message) => heard.b.push(message));
    const leave = await redis.subscribe("gone", (message) => heard.gone.push(message));
    await leave();
    const [id] = await listening();
    await admin.send("CLIENT", "KILL", "ID", id);
    await eventually(async () => assert.equal(await admin.send("PUBLISH", "b", "again"), 1));
    assert.equal(await admin.send("PUBLISH", "a", "again"), 1);
    assert.equal(await admin.send("PUBLISH", "gone", "again"), 0);
    await eventually(() => assert.deepEqual(heard, { a: ["again"], b: ["again"], gone: [] }));
  });

  test(`protocol ${protocol}: after close nobody listens`, async () => {
    const redis = await open({ protocol });
    await redis.subscribe("a", () => {});
    assert.equal((await listening()).length, 1);
    await redis.close();
    await eventually(async () => assert.deepEqual(await listening(), []));
    await assert.rejects(
      redis.subscribe("a", () => {}),
      { name: "ConnectionError", message: "the client was closed" },
    );
  });

  test(`protocol ${protocol}: what a listener throws is reported, and the others are told`, async () => {
    const redis = await open({ protocol });
    const heard = [];
    const reported = await reportedBy(async () => {
      await redis.subscribe("a", () => {
        throw new Error("thrown by a listener");
      });
      await redis.subscribe("a", (message) => heard.push(message));
      await admin.send("PUBLISH", "a", "told");
      await eventually(() => assert.deepEqual(heard, ["told"]));
    });
    assert.deepEqual(
      reported.map(({ message }) => message),
      ["thrown by a listener"],
    );
  });

  test(`protocol ${protocol}: a channel that this user may not listen to`, async () => {
    await admin.send("ACL", "SETUSER", "deaf", "on", ">hidden", "~*", "+@all", "resetchannels", "&allowed");
    const redis = await open({ username: "deaf", password: "hidden", protocol });
    await assert.rejects(
      redis.subscribe("forbidden", () => {}),
      { name: "ReplyError", message: /^NOPERM/ },
    );
    const heard = [];
    await redis.subscribe("allowed", (message) => heard.push(message));
    await admin.send("PUBLISH", "allowed", "told");
    await eventually(() => assert.deepEqual(heard, ["told"]));
    assert.equal(await redis.send("ECHO", "in order"), "in order");
  });
}

test("protocol 3 listens on the connection that there is, between the replies to commands", async () => {
  const redis = await open({ protocol: 3 });
  const heard = [];
  const leave = await redis.subscribe("a", (message) => heard.push(message));
  assert.deepEqual(await listening(), [String(await redis.send("CLIENT", "ID"))]);
  const replies = await redis.pipeline(
    Array.from({ length: 10 }, (_, at) => [
      ["PUBLISH", "a", `${at}`],
      ["ECHO", `${at}`],
    ]).flat(),
  );
  assert.deepEqual(replies, Array.from({ length: 10 }, (_, at) => [1, `${at}`]).flat());
  assert.deepEqual(
    heard,
    Array.from({ length: 10 }, (_, at) => `${at}`),
  );
  await leave();
  assert.deepEqual(await listening(), []);
});

test("protocol 3: a push between the pieces of nothing, and one of bytes, are told apart from replies", async () => {
  const { redis, socket } = await scripted({ protocol: 3, greeting: "%0\r\n+PONG\r\n" });
  const heard = [];
  const subscribed = redis.subscribe("a", (message) => heard.push(message));
  const bytes = redis.sendBytes("GET", "b");
  await turn();
  socket.say(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nfirst\r\n");
  socket.say("$1\r\nb\r\n>2\r\n+invalidate\r\n*0\r\n>3\r\n+message\r\n+a\r\n+second\r\n");
  await subscribed;
  assert.deepEqual(await bytes, Uint8Array.of(98));
  assert.deepEqual(heard, ["first", "second"]);
});

test("the connection is lost before a channel is confirmed: it is asked for again", async () => {
  const { redis, sockets } = await scripted({ reconnect: { minDelay: 1 } });
  const heard = [];
  const subscribed = redis.subscribe("a", (message) => heard.push(message));
  await eventually(() => assert.equal(sockets[1]?.written[1], resp("SUBSCRIBE", "a")));
  sockets[1].lose();
  await eventually(() => assert.equal(sockets[2]?.written[1], resp("SUBSCRIBE", "a")));
  sockets[2].say("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n");
  const leave = await subscribed;
  assert.deepEqual(heard, ["hi"]);
  const left = leave();
  await eventually(() => assert.equal(sockets[2].written[2], resp("UNSUBSCRIBE", "a")));
  sockets[2].say("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n");
  await left;
  assert.ok(sockets[2].closed);
});

test("arguments", async () => {
  const redis = await open();
  await assert.rejects(
    redis.subscribe(1, () => {}),
    { name: "TypeError", message: /^channel of subscribe/ },
  );
  await assert.rejects(redis.subscribe("a"), { name: "TypeError", message: /^onMessage of subscribe/ });
});
