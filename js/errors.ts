import { ofKey, type PersistedPlace, persistedPlace } from "./error_words.ts";

/** What `toJSON` of an error gives: plain data that survives `structuredClone`. */
export interface ErrorJson {
  _tag: string;
  message: string;
  [field: string]: unknown;
}

/** What an error is made of beside its own fields. */
export interface ErrorOptions {
  /** One sentence for people; every class has one of its own. */
  message?: string | undefined;
  /** The host's original error. */
  cause?: unknown;
}

/** The class of every error that durastate rejects with, bad arguments aside (`TypeError`, `RangeError`). */
export abstract class DurastateError extends Error {
  /** The name of the class, to tell errors apart across realms and builds. */
  abstract readonly _tag: string;

  constructor({ message, cause }: ErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
  }

  /** The name of the class, which a minifier would have changed. Asked for before there is a `_tag`: it opens the stack. */
  override get name(): string {
    return this.constructor.name;
  }

  /** The error as plain data. The cause's details are left out unless asked for: they may hold what was stored. */
  toJSON(options?: { cause?: boolean }): ErrorJson {
    const json: ErrorJson = { _tag: this._tag, message: this.message };
    const details = options?.cause === true;
    for (const [field, value] of Object.entries(this)) {
      if (field !== "_tag" && field !== "cause") json[field] = fieldJson(value, details);
    }
    if (this.cause !== undefined) json.cause = causeJson(this.cause, details);
    return json;
  }
}

function fieldJson(value: unknown, details: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner) => fieldJson(inner, details));
  if (typeof value !== "object" || value === null) return plain(value);
  const entries = Object.entries(value).map(([field, inner]) => [
    field,
    field === "cause" ? causeJson(inner, details) : fieldJson(inner, details),
  ]);
  return Object.fromEntries(entries);
}

function causeJson(cause: unknown, details: boolean): unknown {
  if (!details) return { name: cause instanceof Error ? cause.name : typeof cause };
  if (cause instanceof DurastateError) return cause.toJSON({ cause: true });
  if (cause instanceof Error) return { name: cause.name, message: cause.message };
  return plain(cause);
}

/** A value as data that can be cloned; what can not is shown as text. */
function plain(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}

/** durastate itself is broken: the call did not work and may have done part of its work; later calls work again. */
export class BugError extends DurastateError {
  static override readonly name: string = "BugError";
  readonly _tag = "BugError";

  constructor(what: string, cause: unknown) {
    const where = "https://github.com/durastate/durastate/issues";
    super({ message: `This is a bug in durastate, please report it at ${where}: ${what}`, cause });
  }
}

/** A key-value store could not do what `method` was to do; what was stored before is still there. */
export class KeyValueStoreError extends DurastateError {
  static override readonly name: string = "KeyValueStoreError";
  readonly _tag = "KeyValueStoreError";
  /** The method that was called. */
  readonly method: string;
  /** The key it was called with, where it takes one. */
  readonly key?: string;

  constructor({ method, key, ...options }: { method: string; key?: string | undefined } & ErrorOptions) {
    super({
      ...options,
      message: `KeyValueStore.${method}${ofKey(key)} failed: ${options.message ?? "the store failed"}`,
    });
    this.method = method;
    if (key !== undefined) this.key = key;
  }
}

/** What was stored, or was to be stored, is not what the schema describes. */
export class SchemaError extends DurastateError {
  static override readonly name: string = "SchemaError";
  readonly _tag = "SchemaError";
  /** What does not fit, and where. */
  readonly issues: ReadonlyArray<SchemaIssue>;

  constructor({ issues, ...options }: { issues: ReadonlyArray<SchemaIssue> } & ErrorOptions) {
    const first = issues[0];
    const where = first?.path?.length ? ` at ${first.path.map(String).join(".")}` : "";
    super({ message: `${first?.message ?? "the value does not fit the schema"}${where}`, ...options });
    this.issues = issues;
  }
}

/** One thing that does not fit a schema. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey>;
}

/** Results could not be read or stored; what was stored before is still there. */
export class PersistenceError extends DurastateError {
  static override readonly name: string = "PersistenceError";
  readonly _tag = "PersistenceError";
  /** The store it was about. */
  declare readonly storeId?: string;
  /** The method that was called. */
  declare readonly operation?: string;
  /** The primary key it was called with, where it takes one. */
  declare readonly key?: string;

  constructor({ storeId, operation, key, ...options }: Partial<PersistedPlace> & ErrorOptions) {
    const where = operation && storeId !== undefined ? persistedPlace({ storeId, operation, key }) : undefined;
    const what = options.message ?? "the store failed";
    super({ ...options, message: where ? `${where} failed: ${what}` : what });
    if (storeId !== undefined) this.storeId = storeId;
    if (operation !== undefined) this.operation = operation;
    if (key !== undefined) this.key = key;
  }
}

/** A queue could not do what was asked, or a worker lost its lease (`reason`). */
export class PersistedQueueError extends DurastateError {
  static override readonly name: string = "PersistedQueueError";
  readonly _tag = "PersistedQueueError";
  /** Why, where the caller can act on it. */
  readonly reason?: { readonly _tag: "LeaseLost"; readonly id: string };

  constructor({ reason, ...options }: { reason?: { _tag: "LeaseLost"; id: string } | undefined } & ErrorOptions) {
    super({ message: reason && `the lease of ${reason.id} was lost`, ...options });
    if (reason) this.reason = reason;
  }
}

/** A limit is used up, or its store failed. */
export class RateLimiterError extends DurastateError {
  static override readonly name: string = "RateLimiterError";
  readonly _tag = "RateLimiterError";
  readonly reason:
    | {
        readonly _tag: "RateLimitExceeded";
        readonly key: string;
        readonly retryAfter: number;
        readonly limit: number;
        readonly remaining: number;
      }
    | { readonly _tag: "RateLimitStoreError"; readonly message: string; readonly cause?: unknown };

  constructor({ reason, ...options }: { reason: RateLimiterError["reason"] } & ErrorOptions) {
    const said = reason._tag === "RateLimitExceeded" ? `the limit of ${reason.key} is used up` : reason.message;
    super({ message: said, ...options });
    this.reason = reason;
  }
}

/** A lock was lost or refused, or its store failed. */
export class LockError extends DurastateError {
  static override readonly name: string = "LockError";
  readonly _tag = "LockError";
  readonly reason: { readonly _tag: string; readonly [field: string]: unknown };

  constructor({ reason, ...options }: { reason: LockError["reason"] } & ErrorOptions) {
    super(options);
    this.reason = reason;
  }
}

/** A circuit breaker let nothing through, or its store failed. */
export class CircuitBreakerError extends DurastateError {
  static override readonly name: string = "CircuitBreakerError";
  readonly _tag = "CircuitBreakerError";
  readonly reason:
    | { readonly _tag: "CircuitOpen"; readonly key: string; readonly retryAfter: number }
    | { readonly _tag: "CircuitHalfOpen"; readonly key: string; readonly retryAfter: number }
    | { readonly _tag: "CircuitBreakerStoreError"; readonly message: string; readonly cause?: unknown };

  constructor({ reason, ...options }: { reason: CircuitBreakerError["reason"] } & ErrorOptions) {
    super({
      message: "message" in reason ? reason.message : `the circuit of ${reason.key} lets nothing through`,
      ...options,
    });
    this.reason = reason;
  }
}

/** A checkpoint could not be read or written. */
export class CheckpointError extends DurastateError {
  static override readonly name: string = "CheckpointError";
  readonly _tag = "CheckpointError";
}

/** A call is under way elsewhere, or its key was used for another one, or its store failed. */
export class IdempotencyError extends DurastateError {
  static override readonly name: string = "IdempotencyError";
  readonly _tag = "IdempotencyError";
  readonly reason:
    | { readonly _tag: "InProgress"; readonly retryAfter: number }
    | { readonly _tag: "Conflict" }
    | { readonly _tag: string; readonly [field: string]: unknown };

  constructor({ reason, ...options }: { reason: IdempotencyError["reason"] } & ErrorOptions) {
    super(options);
    this.reason = reason;
  }
}

/** A state store could not do what was asked, or it is switched off. */
export class StateStoreError extends DurastateError {
  static override readonly name: string = "StateStoreError";
  readonly _tag = "StateStoreError";
}

/** The host's Redis failed. */
export class RedisError extends DurastateError {
  static override readonly name: string = "RedisError";
  readonly _tag = "RedisError";
}

/** The host's database failed. */
export class SqlError extends DurastateError {
  static override readonly name: string = "SqlError";
  readonly _tag = "SqlError";
  /** The text of the statement, without its parameters. */
  readonly statement: string;

  constructor({ statement, ...options }: { statement: string } & ErrorOptions) {
    super(options);
    this.statement = statement;
  }
}
