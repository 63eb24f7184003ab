// The real Effect, for tests outside of this folder.
export * as NodeFileSystem from "@effect/platform-node/NodeFileSystem";
export * as NodePath from "@effect/platform-node/NodePath";
export * as PgClient from "@effect/sql-pg/PgClient";
export * as Effect from "effect/Effect";
export * as Layer from "effect/Layer";
export * as ManagedRuntime from "effect/ManagedRuntime";
export * as EffectKeyValueStore from "effect/persistence/KeyValueStore";
export * as Redacted from "effect/Redacted";
export * as Reactivity from "effect/reactivity/Reactivity";
export * as Schema from "effect/Schema";
export * as Stream from "effect/Stream";
export * as SqlClient from "effect/sql/SqlClient";
export { SqlError as EffectSqlError, UnknownError } from "effect/sql/SqlError";
export * as Statement from "effect/sql/Statement";
