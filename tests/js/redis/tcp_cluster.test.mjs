// The tcp client and a Redis Cluster of three nodes, whose slots move while it is used.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { connect } from "durastate/redis/tcp";
import { startCluster, startRedis } from "../support/redis_server.mjs";
import { eventually } from "./tcp/eventually.mjs";
import { scripted } from "./tcp/scripted.mjs";

let cluster;
let nodes;
const opened = [];

async function open(options) {
  const redis = await connect({ port: cluster.ports[0], cluster: true, ...options });
  opened.push(redis);
  return redis;
}

/** How often the nodes have refused commands with this error. */
async function refusals(code) {
  let count = 0;
  for (const node of nodes) {
    const stats = await node.send("INFO", "errorstats");
    count += Number(new RegExp(`errorstat_${code}:count=(\\d+)`).exec(stats)?.[1] ?? 0);
  }
  return count;
}

/** How many commands of this name the nodes were sent. */
async function calls(name) {
  const stats = await Promise.all(nodes.map((node) => node.send("INFO", "commandstats")));
  return stats.map((text) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text)?.[1] ?? 0));
}

/** The node that has the slot of a key, another one, and what commands call them. */
async function around(key) {
  const slot = String(await nodes[0].send("CLUSTER", "KEYSLOT", key));
  const ids = await Promise.all(nodes.map((node) => node.send("CLUSTER", "MYID")));
  const ranges = await nodes[0].send("CLUSTER", "SLOTS");
  const [, , [, , owner]] = ranges.find(([from, to]) => from <= slot && slot <= to);
  const at = ids.indexOf(owner);
  const to = (at + 1) % nodes.length;
  return { slot, from: nodes[at], fromId: ids[at], to: nodes[to], toId: ids[to], toPort: cluster.ports[to] };
}

async function move({ slot, from, fromId, to, toId }) {
  await to.send("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
  await from.send("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
}

async function moved({ slot, toId }) {
  for (const node of nodes) await node.send("CLUSTER", "SETSLOT", slot, "NODE", toId);
}

before(async () => {
  cluster = await startCluster();
  nodes = await Promise.all(cluster.ports.map((port) => connect({ port })));
});
afterEach(async () => {
  for (const redis of opened.splice(0)) await redis.close();
});
after(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await cluster.stop();
});

test("every command goes to the node that has its key", async () => {
  const redis = await open();
  const before = await refusals("MOVED");
  const names = ["a", "{tag}a", "{}a", "a{", "a}{b}", "{é€😀}x", "é".repeat(300)];
  const keys = [...names, ...Array.from({ length: 100 }, (_, at) => `key ${at}`)];
  const lua = "return redis.call('GET', KEYS[1])";
  for (const key of keys) {
    assert.equal(await redis.send("SET", key, key), "OK");
    assert.equal(await redis.send("EVAL", lua, "1", key), key);
    assert.equal(await redis.send("eval_ro", lua, new TextEncoder().encode("1"), key), key);
    assert.deepEqual(await redis.send("MGET", new TextEncoder().encode(key)), [key]);
    assert.equal(await redis.send("OBJECT", "REFCOUNT", key), 1);
    assert.equal(await redis.send("SINTERCARD", "1", `set ${key}`), 0);
  }
  assert.deepEqual(await redis.pipeline(keys.map((key) => ["GET", key])), keys);
  for (const tag of ["one", "two", "three", "four"]) {
    assert.equal(await redis.send("XGROUP", "CREATE", `{${tag}}stream`, "group", "$", "MKSTREAM"), "OK");
    assert.equal(await redis.send("XREAD", "COUNT", "1", "STREAMS", `{${tag}}stream`, "0"), null);
    assert.equal(await redis.send("BITOP", "AND", `{${tag}}to`, `{${tag}}from`), 0);
  }
  assert.equal((await refusals("MOVED")) - before, 0);
  await redis.send("UNLINK", "a");
});

test("commands without a key go anywhere", async () => {
  const redis = await open();
  assert.equal(await redis.send("EVAL", "return 1", "0"), 1);
  assert.equal(await redis.send("PING"), "PONG");
  assert.equal(typeof (await redis.send("SCRIPT", "LOAD", "return 2")), "string");
});

test("SCAN of a pattern that begins with a hash tag asks the node that has all of it", async () => {
  const redis = await open();
  for (const tag of ["one", "two", "three", "four"]) {
    await redis.send("SET", `scan:{${tag}}:a`, "1");
    let cursor = "0";
    const found = [];
    do {
      const [next, keys] = await redis.send("SCAN", cursor, "MATCH", `scan:{${tag}}:*`, "COUNT", "1000");
      found.push(...keys);
      cursor = next;
    } while (cursor !== "0");
    assert.deepEqual(found, [`scan:{${tag}}:a`]);
  }
});

test("commands are sent on while their slot moves, and after it has", async () => {
  const redis = await open();
  const [old, fresh] = ["{moving}old", "{moving}fresh"];
  await redis.send("SET", old, "1");
  const places = await around(old);
  await move(places);
  const asked = await refusals("ASK");
  // what is still there is read there; what is not is asked for at the other node
  assert.equal(await redis.send("GET", old), "1");
  const replies = await Promise.all([redis.send("SET", fresh, "2"), redis.send("GET", old), redis.send("GET", fresh)]);
  assert.deepEqual(replies, ["OK", "1", "2"]);
  assert.equal((await refusals("ASK")) - asked, 2);
  assert.equal(await redis.send("EVAL", "return redis.call('INCR', KEYS[1])", "1", fresh), 3);

  // a command with a key here and one there is tried again until both are on one node
  const both = redis.send("MGET", old, fresh);
  await eventually(async () => assert.ok((await refusals("TRYAGAIN")) > 0));
  await places.from.send("MIGRATE", "127.0.0.1", String(places.toPort), old, "0", "5000");
  assert.deepEqual(await both, ["1", "3"]);

  await moved(places);
  const before = await refusals("MOVED");
  assert.deepEqual(await Promise.all([redis.send("GET", old), redis.send("GET", fresh)]), ["1", "3"]);
  assert.ok((await refusals("MOVED")) - before <= 2);
  const learnt = await refusals("MOVED");
  for (let time = 0; time < 5; time++) assert.equal(await redis.send("INCR", fresh), 4 + time);
  assert.equal((await refusals("MOVED")) - learnt, 0);
});

test("a redirected command is carried out once", async () => {
  const redis = await open();
  const key = "{counted}";
  assert.equal(await redis.send("INCR", key), 1);
  const places = await around(key);
  await move(places);
  await places.from.send("MIGRATE", "127.0.0.1", String(places.toPort), key, "0", "5000");
  await moved(places);
  const before = await calls("incr");
  const replies = await Promise.all(Array.from({ length: 50 }, () => redis.send("INCR", key)));
  assert.deepEqual(
    replies.sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, at) => at + 2),
  );
  const counted = (await calls("incr")).map((count, at) => count - before[at]);
  // Redis counts what it refuses apart
  assert.equal(
    counted.reduce((sum, count) => sum + count),
    50,
  );
});

test("nodes that send a command on and on", async () => {
  const asked = [];
  // No real nodes disagree for long enough.
  const answer = (written, { port }) => {
    if (written.includes("SLOTS")) return slots([0, 16383, 1]);
    if (!written.includes("GET")) return "+PONG\r\n";
    asked.push(port);
    return `-MOVED 5 :${port + 1}\r\n`;
  };
  const { redis, sockets } = await scripted({ ...node, answer });
  await assert.rejects(redis.send("GET", "b"), { name: "ReplyError", message: "MOVED 5 :7" });
  assert.deepEqual(asked, [1, 2, 3, 4, 5, 6]);
  // without a host it is another port of the same node
  assert.deepEqual(new Set(sockets.map(({ target }) => target.host)), new Set(["a"]));
  await redis.close();
});

/** A reply to CLUSTER SLOTS: which port of the host "a" has the slots from and to. */
function slots(...ranges) {
  const said = ranges.map(([from, to, port]) => `*3\r\n:${from}\r\n:${to}\r\n*2\r\n$1\r\na\r\n:${port}\r\n`);
  return `*${ranges.length}\r\n${said.join("")}`;
}

const node = { cluster: true, host: "a", port: 1, reconnect: { minDelay: 1, maxDelay: 5 } };

/** No socket to this port opens any more. */
function refuse(sockets, port) {
  const push = sockets.push.bind(sockets);
  sockets.push = (next) => {
    if (next.target.port === port) throw new Error("refused by the test");
    return push(next);
  };
}

test("what waits for a node that is gone goes to the one that has its slots now", async () => {
  let known = slots([0, 99, 2], [100, 16383, 1]);
  const answer = (written, { port }) => {
    if (written.includes("SLOTS")) return known;
    return written.includes("GET") ? `:${port}\r\n` : "+PONG\r\n";
  };
  const { redis, socket, sockets } = await scripted({ ...node, answer });
  // the slot of the first key is 95, that of the second 3300
  assert.deepEqual([await redis.send("GET", "key37"), await redis.send("GET", "b")], [2, 1]);
  refuse(sockets, 1);
  known = slots([0, 16383, 2]);
  socket.lose();
  assert.equal(await redis.send("GET", "b"), 2);
  await redis.close();
});

test("what has no key does not wait for a node that is gone while there is another one", async () => {
  const answer = (written, { port }) => {
    if (written.includes("SLOTS")) return slots([0, 16383, 2]);
    return written.includes("GET") || written.includes("TIME") ? `:${port}\r\n` : "+PONG\r\n";
  };
  const { redis, socket, sockets } = await scripted({ ...node, answer });
  refuse(sockets, 1);
  socket.lose();
  const waiting = redis.send("TIME");
  assert.deepEqual([await redis.send("GET", "b"), await waiting, await redis.send("TIME")], [2, 2, 2]);
  await redis.close();
});

test("one refusal is enough to know where a slot is", async () => {
  const asked = [];
  let learnt = false;
  const answer = (written, { port }) => {
    if (written.includes("SLOTS")) {
      // the second time there is no answer
      if (learnt) return undefined;
      learnt = true;
      return slots([0, 16383, 1]);
    }
    if (!written.includes("GET")) return "+PONG\r\n";
    asked.push(port);
    return port === 1 ? "-MOVED 3300 a:2\r\n" : ":2\r\n";
  };
  const { redis } = await scripted({ ...node, answer, commandTimeout: 500 });
  assert.deepEqual([await redis.send("GET", "b"), await redis.send("GET", "b")], [2, 2]);
  assert.deepEqual(asked, [1, 2, 2]);
  await redis.close();
});

test("without cluster: true the refusal says what to do", async () => {
  const key = "{elsewhere}";
  const { slot, toPort } = await around(key);
  const redis = await open({ cluster: false, port: toPort });
  await assert.rejects(redis.send("GET", key), ({ name, message }) => {
    assert.equal(name, "ReplyError");
    assert.match(message, new RegExp(`^MOVED ${slot} 127.0.0.1:\\d+: .*pass cluster: true$`));
    return true;
  });
});

test("a server that is no cluster", async () => {
  const single = await startRedis();
  try {
    await assert.rejects(connect({ port: single.port, cluster: true }), {
      name: "ConnectionError",
      message: /^the server does not say who is in its cluster: ERR This instance has cluster support disabled/,
    });
  } finally {
    await single.stop();
  }
});

test("channels are heard whichever node is told", async () => {
  const redis = await open({ reconnect: { minDelay: 1, maxDelay: 20 } });
  const heard = [];
  const leave = await redis.subscribe("news", (message) => heard.push(message));
  for (const [at, node] of nodes.entries()) await node.send("PUBLISH", "news", `${at}`);
  await eventually(() => assert.deepEqual([...heard].sort(), ["0", "1", "2"]));
  await leave();
});

test("a node that is killed and comes back: its commands wait, the others do not", async () => {
  const redis = await open({ reconnect: { minDelay: 1, maxDelay: 20 } });
  const server = cluster.servers[2];
  const ranges = (await nodes[0].send("CLUSTER", "SLOTS")).filter(([, , [, port]]) => port === server.port);
  const isThere = async (key) => {
    const slot = await nodes[0].send("CLUSTER", "KEYSLOT", key);
    return ranges.some(([from, to]) => from <= slot && slot <= to);
  };
  const keys = Array.from({ length: 50 }, (_, at) => `k${at}`);
  const there = [];
  for (const key of keys) if (await isThere(key)) there.push(key);
  const here = keys.filter((key) => !there.includes(key));
  await redis.send("SET", there[0], "before");
  await server.kill();
  const waiting = eventually(() => redis.send("SET", there[0], "after"));
  assert.equal(await redis.send("SET", here[0], "here"), "OK");
  await server.start();
  assert.equal(await waiting, "OK");
  assert.equal(await redis.send("GET", there[0]), "after");
});
