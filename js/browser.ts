export {
  BugError,
  DurastateError,
  type ErrorJson,
  KeyValueStoreError,
  SchemaError,
  type SchemaIssue,
} from "./errors.ts";
export type { Change, ChangeListener } from "./hosts/changes.ts";
export type { KeyValueImplementation } from "./hosts/implementation.ts";
export type { IndexedDbOptions } from "./hosts/indexed_db.ts";
export type { Atomicity } from "./hosts/store.ts";
export type { Seal } from "./layers/key_value/face.ts";
export type { PageStores } from "./layers/key_value/page.ts";
export { KeyValueStore } from "./layers/key_value/page.ts";
export type { SchemaStore } from "./layers/key_value/schema_store.ts";
export type { Codec, Schema, StandardSchema } from "./schema.ts";
