// fromUpstash behind Redis.make, on a bridge that speaks Upstash's REST API in front of a real server.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe } from "node:test";
import { Redis, RedisError } from "durastate";
import { fromUpstash, UpstashError } from "durastate/redis/upstash";
import { UpstashRedis } from "../clients/redis.mjs";
import { startRedis } from "../support/redis_server.mjs";
import { startUpstashBridge } from "../support/upstash_bridge.mjs";
import { contract, timed } from "./suite.mjs";

const cause = (error) => error instanceof UpstashError && error.name === "UpstashError";
const SECRET = "T0ken-T0ken";

contract("upstash", {
  make: async ({ port }) => {
    const bridge = await startUpstashBridge({ port, token: SECRET });
    return { host: fromUpstash({ url: bridge.url, token: SECRET }), close: () => bridge.stop() };
  },
  traits: { cause, bytes: false, subscribe: false },
});

describe("the REST API of Upstash", () => {
  let server;
  let bridge;
  before(async () => {
    server = await startRedis();
    bridge = await startUpstashBridge({ port: server.port, token: SECRET });
  });
  after(async () => {
    await bridge.stop();
    await server.stop();
  });

  timed("each command is one request, and so is a pipeline", async () => {
    const redis = Redis.make(fromUpstash({ url: `${bridge.url}/`, token: SECRET }));
    bridge.requests.length = 0;
    await redis.send("SET", "a", new TextEncoder().encode("é"));
    await redis.host.pipeline([
      ["GET", "a"],
      ["GET", "b"],
    ]);
    assert.deepEqual(
      bridge.requests.map(({ path, body }) => [path, JSON.parse(body)]),
      [
        ["/", ["SET", "a", "é"]],
        [
          "/pipeline",
          [
            ["GET", "a"],
            ["GET", "b"],
          ],
        ],
      ],
    );
    const [first, second] = bridge.requests.map(({ headers }) => headers);
    assert.equal(first.authorization, `Bearer ${SECRET}`);
    assert.equal(first["upstash-encoding"], "base64");
    // so that a replica that has not seen the write does not answer the read
    assert.equal(first["upstash-sync-token"], undefined);
    assert.match(second["upstash-sync-token"], /^seen:\d+$/);
  });

  timed("an address may have a path", async () => {
    const asked = [];
    const fetch = async (url, request) => {
      asked.push([url, request.body]);
      return new Response(url.endsWith("/pipeline") ? "[]" : '{"result":null}');
    };
    const host = fromUpstash({ url: "https://example.com/base//", token: SECRET, fetch });
    assert.equal(await host.send("GET", "a"), null);
    assert.deepEqual(await host.pipeline([]), []);
    assert.deepEqual(asked, [
      ["https://example.com/base", '["GET","a"]'],
      ["https://example.com/base/pipeline", "[]"],
    ]);
  });

  timed("what @upstash/redis wrote is read, and the other way round", async () => {
    const theirs = new UpstashRedis({ url: bridge.url, token: SECRET, enableTelemetry: false, retry: false });
    const ours = Redis.make(fromUpstash({ url: bridge.url, token: SECRET }));
    await theirs.set("theirs", "é 👩‍👩‍👧");
    assert.equal(await ours.send("GET", "theirs"), "é 👩‍👩‍👧");
    await ours.send("SET", "ours", "é 👩‍👩‍👧");
    assert.equal(await theirs.get("ours"), "é 👩‍👩‍👧");
    const transaction = theirs.multi();
    transaction.incr("n");
    transaction.get("n");
    assert.deepEqual(await transaction.exec(), [1, 1]);
  });

  timed("commands may be paths, as the documentation has it", async () => {
    const headers = { authorization: `Bearer ${SECRET}` };
    const ask = async (path, init) => (await fetch(`${bridge.url}${path}`, { headers, ...init })).json();
    assert.deepEqual(await ask("/set/path/v%C3%A4lue/EX/100"), { result: "OK" });
    assert.deepEqual(await ask("/get/path"), { result: "välue" });
    assert.deepEqual(await ask("/set/path?EX=100", { method: "POST", body: "body" }), { result: "OK" });
    assert.deepEqual(await ask(`/get/path?_token=${SECRET}`, { headers: {} }), { result: "body" });
    assert.deepEqual(await ask("/get/path", { headers: { ...headers, "upstash-encoding": "base64" } }), {
      result: "Ym9keQ==",
    });
    assert.deepEqual(await ask("/get/path", { method: "DELETE" }), { error: "Method Not Allowed" });
  });
});

describe("what goes wrong with Upstash", () => {
  /** Checks that such an error rejects every way of asking, and that nothing in it shows what it must not. */
  async function fails(host, pattern) {
    const redis = Redis.make(host);
    const pipelined = async () => {
      const answer = await redis.host.pipeline([["GET", "a secret key"]]).catch((error) => [error]);
      throw new RedisError({ message: "", cause: answer[0] });
    };
    for (const ask of [
      () => redis.send("GET", "a secret key"),
      () => redis.sendBytes("GET", "a secret key"),
      pipelined,
    ]) {
      await assert.rejects(ask, (error) => {
        assert.ok(error instanceof RedisError);
        assert.ok(error.cause instanceof UpstashError, error.cause);
        assert.match(error.cause.message, pattern);
        for (const shown of [error.message, error.cause.message, JSON.stringify(error.toJSON({ cause: true }))]) {
          assert.doesNotMatch(shown, /T0ken|a secret/);
        }
        return true;
      });
    }
  }

  async function answering(status, body, run, headers = {}) {
    const server = createServer((_, response) => response.writeHead(status, headers).end(body)).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      await run(fromUpstash({ url: `http://127.0.0.1:${server.address().port}`, token: SECRET }));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  timed("a wrong token", async () => {
    const server = await startRedis();
    const bridge = await startUpstashBridge({ port: server.port, token: "another" });
    await fails(fromUpstash({ url: bridge.url, token: SECRET }), /^Unauthorized$/);
    await bridge.stop();
    await server.stop();
  });

  timed("nobody at the address", async () => {
    // port 1 is nobody's
    await fails(fromUpstash({ url: "http://127.0.0.1:1", token: SECRET }), /^the Upstash REST API was not reached$/);
  });

  timed("a proxy's page in its place", async () => {
    await answering(502, "<h1>Bad gateway</h1>", (host) => fails(host, /^Upstash answered with status 502$/));
  });

  timed("a page that says all is well", async () => {
    await answering(200, "<h1>Hello</h1>", (host) => fails(host, /^Upstash answered with something that is not JSON$/));
  });

  timed("JSON that is no answer", async () => {
    for (const body of ["null", "7", '"text"', "{}", "[null]", "[{}]"]) {
      await answering(200, body, (host) => fails(host, /^Upstash answered /));
    }
  });

  timed("a redirection, which would carry the token elsewhere", async () => {
    const headers = { location: "http://127.0.0.1:1/" };
    await answering(307, "", (host) => fails(host, /^Upstash answered with status 307$/), headers);
  });

  timed("an answer that ends too early", async () => {
    await answering(200, '{"resu', (host) => fails(host, /^the Upstash REST API was not reached$/), {
      "content-length": "100",
      connection: "close",
    });
  });

  timed("options that are none", () => {
    const url = "https://example.com";
    for (const [options, message] of [
      [undefined, /^token of fromUpstash must be a string/],
      [{ token: SECRET }, /^url of fromUpstash must be a string/],
      [{ url, token: undefined }, /^token of fromUpstash must be a string/],
      [{ url: "no address", token: SECRET }, /^url of fromUpstash must begin with https/],
      [{ url: "redis://default:T0ken@example.com", token: SECRET }, /^url of fromUpstash must begin with https/],
      [{ url: "https://default:T0ken@example.com", token: SECRET }, /^url of fromUpstash must be without credentials/],
      [{ url, token: SECRET, fetch: "fetch" }, /^fetch of fromUpstash must be a function/],
    ]) {
      assert.throws(
        () => fromUpstash(options),
        (error) => {
          assert.ok(error instanceof TypeError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /T0ken/);
          return true;
        },
      );
    }
  });
});
