// The clients' own types are those that the adapters take.
import type { fromBun } from "durastate/redis/bun";
import { fromIoredis } from "durastate/redis/ioredis";
import { fromNodeRedis } from "durastate/redis/node-redis";
import { fromUpstash } from "durastate/redis/upstash";
import { Cluster, createClient, createClientPool, createCluster, IoRedis } from "../../clients/redis.mjs";

fromIoredis(new IoRedis());
fromIoredis(new IoRedis({ stringNumbers: true, enableAutoPipelining: true }));
fromIoredis(new Cluster([]));
fromNodeRedis(createClient());
fromNodeRedis(createClient({ RESP: 2, commandOptions: { timeout: 5 } }));
fromNodeRedis(createClientPool());
fromNodeRedis(createCluster({ rootNodes: [] }));
fromUpstash({ url: "https://example.com", token: "t" });
fromUpstash({ url: "https://example.com", token: "t", fetch });
fromUpstash({
  url: "https://example.com",
  token: "t",
  fetch: (url, request) => fetch(url, { ...request, signal: AbortSignal.timeout(5) }),
});

// @ts-expect-error a client of another make
fromIoredis(createClient());
// @ts-expect-error a client of another make
fromNodeRedis(new IoRedis());
// @ts-expect-error no client
fromNodeRedis({});
// @ts-expect-error no token
fromUpstash({ url: "https://example.com" });
// @ts-expect-error no client of Bun
const none: Parameters<typeof fromBun>[0] = new IoRedis();
void none;
