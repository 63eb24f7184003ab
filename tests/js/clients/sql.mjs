// The database clients that the adapters are tried with.
export { PGlite } from "@electric-sql/pglite";
export { createClient as createLibsqlClient } from "@libsql/client";
export { neon, neonConfig } from "@neondatabase/serverless";
export { default as BetterSqlite3 } from "better-sqlite3";
export { default as mysqlCallbacks } from "mysql2";
export { default as mysql } from "mysql2/promise";
export { default as pg } from "pg";
export { default as postgres } from "postgres";
