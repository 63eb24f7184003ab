import { sideBySide } from "../seams/groups.mjs";

const group = (over, program, contenders) =>
  sideBySide({
    name: `redis.send("GET") over ${over}`,
    note: "1,024 keys of 20 characters, values of 100 bytes",
    program,
    servers: ["redis"],
    columns: ["one after another", "100 at once"],
    contenders: [{ as: "durastate" }, ...contenders],
  });

export const redisSend = [
  group("ioredis", "send_ioredis", [
    { as: "call", package: "ioredis", how: 'client.call("GET")' },
    { as: "get", package: "ioredis", how: "client.get" },
  ]),
  group("node-redis", "send_node_redis", [
    { as: "sendCommand", package: "redis", how: "client.sendCommand" },
    { as: "get", package: "redis", how: "client.get" },
  ]),
  group("durastate/redis/tcp", "send_tcp", [
    { as: "collecting", package: "ioredis", how: "with enableAutoPipelining" },
    { as: "ioredis", package: "ioredis" },
    { as: "nodeRedis", package: "redis" },
  ]),
];
