// Every adapter, as users import it: its declarations have to stand by themselves.

export * as kv_cloudflare from "durastate/kv/cloudflare";
export * as kv_deno from "durastate/kv/deno";
export * as kv_keyv from "durastate/kv/keyv";
export * as kv_unstorage from "durastate/kv/unstorage";
export * as redis_bun from "durastate/redis/bun";
export * as redis_deno from "durastate/redis/deno";
export * as redis_ioredis from "durastate/redis/ioredis";
export * as redis_node_redis from "durastate/redis/node-redis";
export * as redis_tcp from "durastate/redis/tcp";
export * as redis_upstash from "durastate/redis/upstash";
export * as sql_better_sqlite3 from "durastate/sql/better-sqlite3";
export * as sql_bun_sqlite from "durastate/sql/bun-sqlite";
export * as sql_d1 from "durastate/sql/d1";
export * as sql_durable_object from "durastate/sql/durable-object";
export * as sql_libsql from "durastate/sql/libsql";
export * as sql_mysql2 from "durastate/sql/mysql2";
export * as sql_neon from "durastate/sql/neon";
export * as sql_node_sqlite from "durastate/sql/node-sqlite";
export * as sql_pg from "durastate/sql/pg";
export * as sql_pglite from "durastate/sql/pglite";
export * as sql_postgres from "durastate/sql/postgres";
export * as sql_sqlite_wasm from "durastate/sql/sqlite-wasm";
