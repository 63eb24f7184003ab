// What users meet of a Redis that is not as it should be, through clients that they have.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { KeyValueStore, Redis, RedisError } from "durastate";
import { fromIoredis } from "durastate/redis/ioredis";
import { connect } from "durastate/redis/tcp";
import { IoRedis } from "../clients/redis.mjs";
import { startRedis, until } from "../support/redis_server.mjs";
import { refused, secrets, untilItWorks } from "./support/failures.mjs";
import { wireTo } from "./support/wire.mjs";

/** How each client is opened so that a command that may have been carried out is not sent again. */
const clients = {
  ioredis: async ({ port, password, commandTimeout }) => {
    const client = new IoRedis({
      host: "127.0.0.1",
      port,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 20,
      ...(password && { password }),
      ...(commandTimeout && { commandTimeout }),
    });
    // Without a listener it prints what its commands are told anyway.
    client.on("error", () => undefined);
    return { host: fromIoredis(client), close: () => client.disconnect() };
  },
  tcp: async ({ port, ...options }) => {
    const host = await connect({ host: "127.0.0.1", port, reconnect: { minDelay: 10, maxDelay: 20 }, ...options });
    return { host, close: () => host.close() };
  },
};

const writer = fileURLToPath(new URL("programs/set.mjs", import.meta.url));
const { before: old, after: next } = secrets;

for (const [name, open] of Object.entries(clients)) {
  describe(name, () => {
    let server;
    // What was acknowledged is on the disk, so that it is there after a crash.
    before(async () => {
      server = await startRedis({
        args: ["--appendonly", "yes", "--appendfsync", "always", "--repl-diskless-sync-delay", 0],
      });
    });
    after(() => server?.stop());

    /** A store over a client of its own, which the test leaves behind closed. */
    async function store(t, options) {
      const { host, close } = await open({ port: server.port, ...options });
      t.after(close);
      const redis = Redis.make(host);
      return { redis, kv: KeyValueStore.redis(redis, { prefix: `${t.name}:` }) };
    }

    test("the server is killed in the middle of a command", async (t) => {
      const { kv } = await store(t);
      await kv.set("k", old);
      process.kill(server.pid, "SIGSTOP");
      const calls = { set: kv.set("k", next) };
      // The stopped server has it in its socket and never gets to it.
      await new Promise((resolve) => setImmediate(resolve));
      const told = refused(calls.set, { method: "set", key: "k", Seam: RedisError });
      await server.kill();
      await told;
      await server.start();
      assert.equal(await untilItWorks(() => kv.get("k")), old);
      await kv.set("k", next);
      assert.equal(await kv.modify("k", (text) => `${text}!`), `${next}!`);
    });

    test("the server is killed in the middle of a pipeline", async (t) => {
      const { kv } = await store(t);
      for (const key of ["a", "b", "c"]) await kv.set(key, old);
      process.kill(server.pid, "SIGSTOP");
      const told = Promise.all([
        refused(kv.set("a", next), { method: "set", key: "a", Seam: RedisError }),
        refused(kv.get("b"), { method: "get", key: "b", Seam: RedisError }),
        refused(kv.remove("c"), { method: "remove", key: "c", Seam: RedisError }),
        refused(
          kv.modify("a", (text) => `${text}!`),
          { method: "modify", key: "a", Seam: RedisError },
        ),
        refused(kv.keys(), { method: "keys", key: undefined, Seam: RedisError }),
      ]);
      await new Promise((resolve) => setImmediate(resolve));
      await server.kill();
      await told;
      await server.start();
      await untilItWorks(() => kv.get("a"));
      for (const key of ["a", "b", "c"]) assert.equal(await kv.get(key), old);
      await kv.clear();
      assert.deepEqual(await kv.keys(), []);
    });

    test("the server is away for a while, and those who watch go on hearing of others", async (t) => {
      const { kv } = await store(t, { commandTimeout: 500 });
      const heard = [];
      t.after(kv.watch(undefined, ({ key, origin }) => heard.push(`${origin} ${key}`)));
      const others = async (key) => {
        const args = [writer, server.port, `${t.name}:`, key, old];
        await promisify(execFile)(process.execPath, args.map(String));
        await until(() => heard.includes(`remote ${key}`));
      };
      // Before anybody else is told, the channel has to be listened to.
      await untilListened(server.port, `durastate:changes:${t.name}:`);
      await others("before");
      await server.kill();
      await refused(
        untilRefused(() => kv.set("k", next)),
        { method: "set", key: "k", Seam: RedisError },
      );
      await server.start();
      await untilItWorks(() => kv.set("k", old));
      assert.ok(heard.includes("local k"));
      await untilListened(server.port, `durastate:changes:${t.name}:`);
      await others("after");
    });

    test("the connection is reset after the server has done it, and before it can say so", async (t) => {
      const wire = await wireTo(server.port);
      t.after(() => wire.close());
      const { kv } = await store(t, { port: wire.port });
      await kv.set("k", "0");
      // So that the next swap is one command: the server knows its script.
      await kv.modify("k", (text) => text);
      for (const [method, call] of [
        ["set", () => kv.set("k", "1")],
        ["get", () => kv.get("k")],
        ["remove", () => kv.remove("gone")],
      ]) {
        const done = wire.holdReplies();
        const told = refused(call(), { method, key: method === "remove" ? "gone" : "k", Seam: RedisError });
        await done;
        wire.reset();
        await told;
        assert.equal(await untilItWorks(() => kv.get("k")), "1");
      }
      // What a modification wrote and nobody heard of is there once.
      let rounds = 0;
      let done;
      const told = refused(
        kv.modify("k", (text) => {
          rounds += 1;
          done ??= wire.holdReplies();
          return String(Number(text) + 1);
        }),
        { method: "modify", key: "k", Seam: RedisError },
      );
      await until(() => done !== undefined);
      await done;
      wire.reset();
      await told;
      assert.equal(rounds, 1);
      assert.equal(await untilItWorks(() => kv.get("k")), "2");
    });

    test("a reply that comes too late is nobody else's", async (t) => {
      const { kv } = await store(t, { commandTimeout: 150 });
      await kv.set("a", old);
      await kv.set("b", next);
      const elsewhere = other(t, server.port);
      await elsewhere.client("PAUSE", 600, "ALL");
      await refused(kv.get("a"), { method: "get", key: "a", Seam: RedisError });
      await refused(
        kv.modify("a", () => next),
        { method: "modify", key: "a", Seam: RedisError },
      );
      // Answered when the pause is over, behind the replies that nobody waits for any more.
      assert.equal(await untilItWorks(() => kv.get("b")), next);
      assert.equal(await kv.get("a"), old);
      assert.equal(await kv.get("nothing"), undefined);
    });

    test("a server that is stopped and goes on answers what was asked meanwhile", async (t) => {
      const { kv } = await store(t);
      await kv.set("n", "1");
      process.kill(server.pid, "SIGSTOP");
      const calls = [kv.modify("n", (text) => String(Number(text) + 1)), kv.set("k", next), kv.get("n")];
      const slow = new Promise((resolve) => setTimeout(resolve, 50, "nothing yet"));
      assert.equal(await Promise.race([...calls, slow]), "nothing yet");
      process.kill(server.pid, "SIGCONT");
      assert.deepEqual(await Promise.all(calls), ["2", undefined, "1"]);
      assert.equal(await kv.get("k"), next);
    });

    /** A server that wants a password, and somebody who is let in. */
    async function guarded(t) {
      const server = await startRedis({ args: ["--requirepass", secrets.password] });
      const admin = new IoRedis({ host: "127.0.0.1", port: server.port, password: secrets.password });
      t.after(async () => {
        admin.disconnect();
        await server.stop();
      });
      return { port: server.port, admin };
    }

    test("the password has changed", async (t) => {
      const { port, admin } = await guarded(t);
      const { kv } = await store(t, { port, password: secrets.password, commandTimeout: 500 });
      await kv.set("k", old);
      await admin.config("SET", "requirepass", "another one");
      await admin.client("KILL", "TYPE", "normal", "SKIPME", "yes");
      await refused(
        untilRefused(() => kv.set("k", next)),
        { method: "set", key: "k", Seam: RedisError },
      );
      await refused(kv.get("k"), { method: "get", key: "k", Seam: RedisError });
      await admin.config("SET", "requirepass", secrets.password);
      assert.equal(await untilItWorks(() => kv.get("k")), old);
      await kv.set("k", next);
    });

    test("the password is wrong, or none, from the beginning", async (t) => {
      const { port, admin } = await guarded(t);
      for (const password of [secrets.wrong, undefined]) {
        const opening = store(t, { port, password, commandTimeout: 500 });
        if (name === "tcp") {
          // The client itself refuses to begin.
          await assert.rejects(
            opening,
            ({ message }) => /WRONGPASS|NOAUTH/.test(message) && !message.includes("Secret"),
          );
          continue;
        }
        const { kv } = await opening;
        await refused(kv.set("k", next), { method: "set", key: "k", Seam: RedisError });
        await refused(
          kv.modify("k", () => next),
          { method: "modify", key: "k", Seam: RedisError },
        );
        // As wrong as it was, it is the right one now.
        await admin.config("SET", "requirepass", password ?? "");
        await untilItWorks(() => kv.set("k", old));
        assert.equal(await kv.get("k"), old);
        await admin.config("SET", "requirepass", secrets.password);
      }
    });

    test("a replica takes no changes, until it is the master", async (t) => {
      const replica = await startRedis({
        args: ["--replicaof", "127.0.0.1", server.port],
      });
      t.after(() => replica.stop());
      const { kv: master } = await store(t);
      await master.set("k", old);
      const { kv } = await store(t, { port: replica.port });
      await until(async () => (await untilItWorks(() => kv.get("k"))) === old);

      const said = /\(READONLY\)$/;
      await refused(kv.set("k", next), { method: "set", key: "k", Seam: RedisError, said });
      await refused(kv.remove("k"), { method: "remove", key: "k", Seam: RedisError, said });
      await refused(
        kv.modify("k", () => next),
        { method: "modify", key: "k", Seam: RedisError, said },
      );
      await refused(kv.clear(), { method: "clear", key: undefined, Seam: RedisError, said });
      const both = [kv.set("k", next), kv.set("other", next)];
      await Promise.all(
        both.map((call, at) => refused(call, { method: "set", key: at ? "other" : "k", Seam: RedisError, said })),
      );
      assert.equal(await kv.get("k"), old);

      await other(t, replica.port).replicaof("NO", "ONE");
      await kv.set("k", next);
      assert.equal(await kv.modify("k", (text) => `${text}!`), `${next}!`);
      assert.equal(await master.get("k"), old);
    });

    test("a key that others keep something else under", async (t) => {
      const { kv } = await store(t);
      const elsewhere = other(t, server.port);
      await elsewhere.rpush(`${t.name}:k`, secrets.before);
      const said = /\(WRONGTYPE\)$/;
      await refused(kv.get("k"), { method: "get", key: "k", Seam: RedisError, said });
      await refused(
        kv.modify("k", () => next),
        { method: "modify", key: "k", Seam: RedisError, said },
      );
      assert.deepEqual(await elsewhere.lrange(`${t.name}:k`, 0, -1), [old]);
      await kv.remove("k");
      await kv.set("k", next);
      assert.equal(await kv.get("k"), next);
    });

    test("a server without memory takes no changes, until there is room", async (t) => {
      const full = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
      t.after(() => full.stop());
      const { kv } = await store(t, { port: full.port });
      for (const key of ["k", "gone"]) await kv.set(key, old);
      const admin = other(t, full.port);
      await admin.config("SET", "maxmemory", 1);
      const said = /\(OOM\)$/;
      await refused(kv.set("k", next), { method: "set", key: "k", Seam: RedisError, said });
      await refused(
        kv.modify("k", () => next),
        { method: "modify", key: "k", Seam: RedisError, said },
      );
      // In one pipeline what needs no room is done, and the rest is refused.
      const [read, removed] = await Promise.all([
        kv.get("k"),
        kv.remove("gone"),
        refused(kv.set("new", next), { method: "set", key: "new", Seam: RedisError, said }),
      ]);
      assert.deepEqual([read, removed, await kv.keys()], [old, undefined, ["k"]]);

      await admin.config("SET", "maxmemory", 0);
      await kv.set("k", next);
      assert.equal(await kv.modify("k", (text) => `${text}!`), `${next}!`);
    });
  });
}

/** Somebody else who is connected to a server. */
function other(t, port) {
  const client = new IoRedis({ host: "127.0.0.1", port });
  t.after(() => client.disconnect());
  return client;
}

/** Waits until somebody listens to this channel. */
async function untilListened(port, channel) {
  const client = new IoRedis({ host: "127.0.0.1", port });
  await until(async () => (await client.pubsub("NUMSUB", channel))[1] === 1);
  client.disconnect();
}

/** Asks again until it is refused, and passes the refusal on. */
async function untilRefused(call) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) await call();
}
