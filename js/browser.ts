export {
  BugError,
  DurastateError,
  type ErrorJson,
  KeyValueStoreError,
  SchemaError,
  type SchemaIssue,
} from "./errors.ts";
export type * from "./layers/key_value.ts";
export { KeyValueStore } from "./layers/key_value.ts";
export type { Codec, Schema, StandardSchema } from "./schema.ts";
