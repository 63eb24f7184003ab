import { KeyValueStore, Redis, type RedisHost, Sql, type SqlHost, type SqlResult } from "durastate";
import { fromCloudflareKv } from "durastate/kv/cloudflare";
import { fromIoredis } from "durastate/redis/ioredis";
import { connect } from "durastate/redis/tcp";
import { fromUpstash } from "durastate/redis/upstash";
import { fromPg } from "durastate/sql/pg";
import { type Equal, is } from "./equal.js";

declare const ioredis: Parameters<typeof fromIoredis>[0];
declare const pool: Parameters<typeof fromPg>[0];
declare const namespace: Parameters<typeof fromCloudflareKv>[0];

export async function seams(): Promise<void> {
  const hosts: RedisHost[] = [
    { send: async (command, ...args) => [command, ...args] },
    fromIoredis(ioredis),
    fromUpstash({ url: "https://example.com", token: "t" }),
    await connect({ host: "127.0.0.1", port: 6379 }),
  ];
  for (const host of hosts) {
    const redis = Redis.make(host);
    is<Equal<Awaited<ReturnType<typeof redis.send>>, unknown>>();
    const incrBy = Redis.script((key: string, amount: number) => [key, amount], {
      lua: "return 1",
      numberOfKeys: (key, amount) => key.length * 0 + amount * 0 + 1,
    }).withReturnType<number>();
    const count: number = await redis.eval(incrBy)("visits", 5);
    // @ts-expect-error an amount is a number
    redis.eval(incrBy)("visits", "5");
    await KeyValueStore.redis(redis, { prefix: "app:" }).set("count", String(count));
  }

  const database: SqlHost = {
    dialect: "sqlite",
    query: () => ({ rows: [{ n: 1n, bytes: new Uint8Array(), none: null }] }),
  };
  for (const sql of [Sql.make(database), Sql.make(fromPg(pool))]) {
    const result: SqlResult = await sql.query("SELECT $1", [1]);
    await KeyValueStore.sql(sql, { table: "kv" }).set("rows", String(result.rows.length));
  }
  await KeyValueStore.make(fromCloudflareKv(namespace)).get("key");
  await KeyValueStore.indexedDb({ name: "app", store: "kv" }).get("key");
  await KeyValueStore.fileSystem("/var/lib/app").get("key");
}

export function refused(): void {
  // @ts-expect-error there is no such dialect
  Sql.make({ dialect: "oracle", query: async () => ({ rows: [] }) });
  // @ts-expect-error a host needs its one function
  Redis.make({ pipeline: async () => [] });
  // @ts-expect-error a host is no Redis yet
  KeyValueStore.redis(fromIoredis(ioredis));
}
