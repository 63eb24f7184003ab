// The REST API of Upstash in front of a Redis of our own, as Upstash documents it: commands as paths or as JSON,
// /pipeline and /multi-exec, the token in a header or in the query, replies as base64 where that is asked for.
import { once } from "node:events";
import { createServer } from "node:http";
import { IoRedis } from "../clients/redis.mjs";

/** Starts a bridge to the Redis at this port; `requests` lists what it was asked: path, headers, body. */
export async function startUpstashBridge({ port, token = "a-token" }) {
  const redis = new IoRedis({
    port,
    host: "127.0.0.1",
    // then integers are strings, and the only ones: all else is a Buffer
    stringNumbers: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 20,
  });
  redis.on("error", () => undefined);
  const requests = [];
  let writes = 0;

  async function answer(request) {
    const body = await bodyOf(request);
    const url = new URL(request.url, "http://bridge");
    requests.push({ path: url.pathname, headers: request.headers, body: body.toString() });
    if (!["HEAD", "GET", "POST", "PUT"].includes(request.method)) return [405, failed("Method Not Allowed")];
    const given = request.headers.authorization ?? `Bearer ${url.searchParams.get("_token")}`;
    if (given !== `Bearer ${token}`) return [401, failed("Unauthorized")];
    const encode = request.headers["upstash-encoding"] === "base64" ? base64 : plain;
    const path = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    try {
      if (path[0] === "pipeline") return [200, await pipeline(commandsIn(body), encode)];
      if (path[0] === "multi-exec") return await transaction(commandsIn(body), encode);
      const command = path.length ? pathCommand(path, url, body) : commandIn(JSON.parse(body));
      return [200, succeeded(await redis.callBuffer(...command), encode)];
    } catch (error) {
      return [400, failed(error.message)];
    }
  }

  async function pipeline(commands, encode) {
    const outcomes = await collected(redis.pipeline(), commands).exec();
    return listed(outcomes, encode);
  }

  async function transaction(commands, encode) {
    const outcomes = await collected(redis.multi(), commands).exec();
    return [200, listed(outcomes, encode)];
  }

  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    writes++;
    response.writeHead(status, { "content-type": "application/json", "upstash-sync-token": `seen:${writes}` });
    response.end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    token,
    requests,
    async stop() {
      redis.disconnect();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A command in a path; a body is its last argument, and what the query says comes after that. */
function pathCommand(path, url, body) {
  const query = [...url.searchParams].filter(([name]) => name !== "_token");
  return [...path, ...(body.length ? [body] : []), ...query.flat().filter(Boolean)];
}

function commandIn(value) {
  if (Array.isArray(value) && value.length && value.every((part) => typeof part !== "object")) return value.map(String);
  throw new Error("ERR failed to parse command");
}

function commandsIn(body) {
  const value = JSON.parse(body);
  if (!Array.isArray(value)) throw new Error("ERR failed to parse pipeline request");
  return value.map(commandIn);
}

function collected(pipeline, commands) {
  for (const command of commands) pipeline.callBuffer(...command);
  return pipeline;
}

const failed = (message) => JSON.stringify({ error: message });
const succeeded = (reply, encode) => `{"result":${json(reply, encode)}}`;

function listed(outcomes, encode) {
  return `[${outcomes.map(([error, reply]) => (error ? failed(error.message) : succeeded(reply, encode)))}]`;
}

/** Integers go out as they are, whatever their size. */
function json(reply, encode) {
  if (reply === null || typeof reply === "string") return String(reply);
  if (Array.isArray(reply)) return `[${reply.map((inner) => json(inner, encode))}]`;
  return JSON.stringify(reply instanceof Error ? reply.message : encode(reply));
}

const plain = (bytes) => bytes.toString();
const base64 = (bytes) => (bytes.toString() === "OK" ? "OK" : bytes.toString("base64"));
