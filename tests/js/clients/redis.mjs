// The Redis clients, for tests outside of this folder.

export { Redis as UpstashRedis } from "@upstash/redis";
export { Cluster, Redis as IoRedis } from "ioredis";
export { createClient, createClientPool, createCluster } from "redis";
