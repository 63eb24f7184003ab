// fromDeno behind Redis.make, on a real server. The client for Deno is on jsr alone, which the tests do not reach, so
// an object with the surface that it documents stands here for it: sendCommand(command, args, { returnUint8Arrays }),
// pipeline() with sendCommand and flush(), replies of RESP2. As the client does, it takes a byte order mark off a text,
// and its errors begin with the sign that Redis sends.
import assert from "node:assert/strict";
import { describe } from "node:test";
import { Redis } from "durastate";
import { fromDeno } from "durastate/redis/deno";
import { startRedis } from "../support/redis_server.mjs";
import { ioredis } from "./open_clients.mjs";
import { contract, timed } from "./suite.mjs";

class ErrorReplyError extends Error {}

function denoClient(client) {
  const translated = (error) => (error.name === "ReplyError" ? new ErrorReplyError(`-${error.message}`) : error);
  // decode takes the mark off
  const reply = (value) => mapped(value, (bytes) => new TextDecoder().decode(bytes));
  const argument = (arg) => (typeof arg === "string" ? arg : Buffer.from(arg));
  const sendCommand = async (command, args = [], { returnUint8Arrays = false } = {}) => {
    try {
      const found = await client.callBuffer(command, ...args.map(argument));
      return returnUint8Arrays ? found : reply(found);
    } catch (error) {
      throw translated(error);
    }
  };
  return {
    sendCommand,
    pipeline() {
      const collected = client.pipeline();
      const inBytes = [];
      return {
        async sendCommand(command, args = [], { returnUint8Arrays = false } = {}) {
          collected.callBuffer(command, ...args.map(argument));
          inBytes.push(returnUint8Arrays);
          return "OK";
        },
        async flush() {
          const found = await collected.exec();
          return found.map(([error, value], i) => (error ? translated(error) : inBytes[i] ? value : reply(value)));
        },
      };
    },
  };
}

function mapped(value, decode) {
  if (Array.isArray(value)) return value.map((inner) => mapped(inner, decode));
  return value instanceof Uint8Array ? decode(value) : value;
}

function make(server) {
  const { client, close } = ioredis(server);
  return { host: fromDeno(denoClient(client)), close };
}

contract("the client for Deno", {
  make,
  traits: { integers: "refused", subscribe: false, cause: (error) => error instanceof ErrorReplyError },
});

describe("the client for Deno", () => {
  timed("an error's code is shown without the sign", async () => {
    const server = await startRedis();
    const { host, close } = make(server);
    const redis = Redis.make(host);
    await redis.send("SET", "a", "1");
    await assert.rejects(redis.send("LPUSH", "a", "1"), { message: /^Redis failed at LPUSH \(-?WRONGTYPE\)$/ });
    close();
    await server.stop();
  });
});
