// The clients as the tests of this folder use them: a lost server is told at once, and asked for again soon.
import { fromIoredis } from "durastate/redis/ioredis";
import { fromNodeRedis } from "durastate/redis/node-redis";
import { connect } from "durastate/redis/tcp";
import { Cluster, createClient, createClientPool, createCluster, IoRedis } from "../clients/redis.mjs";

const soon = () => 20;
const nobody = () => undefined;

export function ioredis({ port }, options = {}) {
  const client = new IoRedis({ host: "127.0.0.1", port, maxRetriesPerRequest: 1, retryStrategy: soon, ...options });
  client.on("error", nobody);
  return { client, host: fromIoredis(client), close: () => client.disconnect() };
}

export function ioredisCluster({ ports }, redisOptions = {}) {
  const nodes = ports.map((port) => ({ host: "127.0.0.1", port }));
  const client = new Cluster(nodes, { redisOptions });
  client.on("error", nobody);
  return { client, host: fromIoredis(client), close: () => client.disconnect() };
}

const nodeOptions = ({ port }, options) => ({
  disableOfflineQueue: true,
  ...options,
  socket: { host: "127.0.0.1", port, reconnectStrategy: soon, ...options.socket },
});

export async function nodeRedis(server, options = {}) {
  const client = createClient(nodeOptions(server, options));
  client.on("error", nobody);
  await client.connect();
  return { client, host: fromNodeRedis(client), close: () => client.destroy() };
}

export async function nodeRedisPool(server, options = {}) {
  const client = createClientPool(nodeOptions(server, options), { minimum: 2, maximum: 4 });
  client.on("error", nobody);
  await client.connect();
  return { client, host: fromNodeRedis(client), close: () => client.destroy() };
}

export async function nodeRedisCluster({ ports }, defaults = {}) {
  const client = createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })), defaults });
  client.on("error", nobody);
  await client.connect();
  return { client, host: fromNodeRedis(client), close: () => client.destroy() };
}

/** The client of durastate itself, in a server or a cluster. */
export async function tcp({ port, ports }, options = {}) {
  const host = await connect({ port: port ?? ports[0], cluster: ports !== undefined, ...options });
  return { host, close: () => host.close() };
}
