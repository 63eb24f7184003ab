import {
  BugError,
  CheckpointError,
  CircuitBreakerError,
  DurastateError,
  type ErrorJson,
  IdempotencyError,
  KeyValueStoreError,
  LockError,
  PersistedQueueError,
  PersistenceError,
  RateLimiterError,
  RedisError,
  SchemaError,
  type SchemaIssue,
  SqlError,
  StateStoreError,
} from "durastate";
import { type Equal, is } from "./equal.js";

export const classes: Array<abstract new (...options: never[]) => DurastateError> = [
  BugError,
  CheckpointError,
  CircuitBreakerError,
  IdempotencyError,
  KeyValueStoreError,
  LockError,
  PersistedQueueError,
  PersistenceError,
  RateLimiterError,
  RedisError,
  SchemaError,
  SqlError,
  StateStoreError,
];

type Known = KeyValueStoreError | SchemaError | RateLimiterError | CircuitBreakerError | IdempotencyError | SqlError;

export function narrowed(error: Known): string {
  switch (error._tag) {
    case "KeyValueStoreError":
      is<Equal<typeof error, KeyValueStoreError>>();
      return `${error.method} ${error.key ?? ""}`;
    case "SchemaError":
      is<Equal<typeof error.issues, readonly SchemaIssue[]>>();
      return error.issues.map(({ message, path }) => `${message} ${path?.map(String).join(".")}`).join();
    case "RateLimiterError":
      return error.reason._tag === "RateLimitExceeded" ? `${error.reason.retryAfter}` : error.reason.message;
    case "CircuitBreakerError":
      return error.reason._tag === "CircuitBreakerStoreError" ? error.reason.message : error.reason.key;
    case "IdempotencyError":
      return error.reason._tag;
    case "SqlError":
      return error.statement;
    default:
      is<Equal<typeof error, never>>();
      return error;
  }
}

export function caught(thrown: unknown): ErrorJson | string {
  if (thrown instanceof KeyValueStoreError) {
    is<Equal<typeof thrown.key, string | undefined>>();
    is<Equal<typeof thrown._tag, "KeyValueStoreError">>();
  }
  if (thrown instanceof PersistedQueueError && thrown.reason?._tag === "LeaseLost") return thrown.reason.id;
  if (!(thrown instanceof DurastateError)) return String(thrown);
  is<Equal<typeof thrown.cause, unknown>>();
  is<Equal<typeof thrown.name, string>>();
  const json = thrown.toJSON();
  is<Equal<typeof json._tag, string>>();
  is<Equal<typeof json.message, string>>();
  is<Equal<(typeof json)["field"], unknown>>();
  return thrown.toJSON({ cause: true });
}

export const own: KeyValueStoreError = new KeyValueStoreError({ method: "get", key: "a", cause: new Error("gone") });

export function refused(error: Known): void {
  // @ts-expect-error there is no such tag
  if (error._tag === "NoError") return;
  // @ts-expect-error not every error has a key
  error.key;
  // @ts-expect-error a method is needed
  new KeyValueStoreError({ key: "a" });
  // @ts-expect-error it is abstract
  new DurastateError({});
  // @ts-expect-error it is read only
  own.method = "set";
}
