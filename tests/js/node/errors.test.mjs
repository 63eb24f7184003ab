// The words in which things go wrong.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import * as durastate from "durastate";

const { DurastateError, KeyValueStore } = durastate;
const secret = () => new Error("a password");

/** For every class: what it is made of, and the fields it has beside message and cause. */
const made = {
  KeyValueStoreError: [
    { method: "get", key: "a" },
    { method: "get", key: "a" },
  ],
  PersistenceError: [{}, {}],
  PersistedQueueError: [{ reason: { _tag: "LeaseLost", id: "7" } }, { reason: { _tag: "LeaseLost", id: "7" } }],
  RateLimiterError: [
    { reason: { _tag: "RateLimitExceeded", key: "a", retryAfter: 5, limit: 1, remaining: 0 } },
    { reason: { _tag: "RateLimitExceeded", key: "a", retryAfter: 5, limit: 1, remaining: 0 } },
  ],
  LockError: [{ reason: { _tag: "Lost" } }, { reason: { _tag: "Lost" } }],
  CircuitBreakerError: [
    { reason: { _tag: "CircuitOpen", key: "a", retryAfter: 5 } },
    { reason: { _tag: "CircuitOpen", key: "a", retryAfter: 5 } },
  ],
  CheckpointError: [{}, {}],
  IdempotencyError: [
    { reason: { _tag: "InProgress", retryAfter: 5 } },
    { reason: { _tag: "InProgress", retryAfter: 5 } },
  ],
  StateStoreError: [{}, {}],
  RedisError: [{}, {}],
  SqlError: [{ statement: "SELECT ?" }, { statement: "SELECT ?" }],
  SchemaError: [
    { issues: [{ message: "no name", path: ["a", 0] }] },
    { issues: [{ message: "no name", path: ["a", 0] }] },
  ],
};

test("every class of errors is tested here", () => {
  const classes = Object.keys(durastate).filter((name) => name.endsWith("Error"));
  assert.deepEqual(classes.sort(), [...Object.keys(made), "BugError", "DurastateError"].sort());
});

for (const [name, [options, fields]] of Object.entries(made)) {
  describe(name, () => {
    const Class = new Map(Object.entries(durastate)).get(name);
    const make = (more) => new Class({ ...options, ...more });

    test("is an error that knows its name and its fields", () => {
      const error = make({ message: "it failed" });
      assert.ok(error instanceof Error && error instanceof DurastateError && error instanceof Class);
      assert.equal(error._tag, name);
      assert.equal(error.name, name);
      assert.match(error.message, /it failed/);
      assert.equal(String(error), `${name}: ${error.message}`);
      for (const [field, value] of Object.entries(fields)) assert.deepEqual(error[field], value);
      assert.equal(Object.hasOwn(error, "cause"), false);
    });

    test("shows its name where it is printed", () => {
      const error = make({ message: "it failed" });
      assert.ok(inspect(error).startsWith(`${name}: `), inspect(error));
      assert.ok(error.stack.startsWith(`${name}: `), error.stack);
    });

    test("keeps the very cause", () => {
      for (const cause of [secret(), new DOMException("full", "QuotaExceededError"), "text", null, 0, { odd: true }]) {
        assert.equal(make({ message: "it failed", cause }).cause, cause);
      }
    });

    test("toJSON survives structuredClone and leaves out the cause's details", () => {
      const json = make({ message: "it failed", cause: secret() }).toJSON();
      assert.deepEqual(structuredClone(json), json);
      assert.deepEqual({ ...json, message: "" }, { _tag: name, message: "", ...fields, cause: { name: "Error" } });
      assert.match(json.message, /it failed/);
      assert.ok(!JSON.stringify(json).includes("password"));
      assert.deepEqual(JSON.parse(JSON.stringify(make({ message: "it failed", cause: secret() }))), json);
    });

    test("toJSON tells the cause when it is asked to", () => {
      const asked = make({ message: "it failed", cause: secret() }).toJSON({ cause: true });
      assert.deepEqual(asked.cause, { name: "Error", message: "a password" });
    });
  });
}

describe("toJSON", () => {
  const { CircuitBreakerError, KeyValueStoreError, RateLimiterError, SchemaError } = durastate;

  test("leaves out the details of a cause within the reason", () => {
    const cause = Object.assign(secret(), { socket: () => {} });
    for (const error of [
      new RateLimiterError({ reason: { _tag: "RateLimitStoreError", message: "down", cause } }),
      new CircuitBreakerError({ reason: { _tag: "CircuitBreakerStoreError", message: "down", cause } }),
    ]) {
      const json = structuredClone(error.toJSON());
      assert.deepEqual(json.reason, { _tag: error.reason._tag, message: "down", cause: { name: "Error" } });
      assert.equal(error.reason.cause, cause);
      const asked = error.toJSON({ cause: true });
      assert.deepEqual(asked.reason.cause, { name: "Error", message: "a password" });
    }
  });

  test("shows what can not be cloned as text", () => {
    const symbol = new SchemaError({ issues: [{ message: "wrong", path: [Symbol("s"), "a"] }] });
    assert.deepEqual(structuredClone(symbol.toJSON()).issues, [{ message: "wrong", path: ["Symbol(s)", "a"] }]);
    assert.match(symbol.message, /wrong at Symbol\(s\)\.a/);
    const odd = new KeyValueStoreError({ method: "get", cause: () => {} });
    assert.deepEqual(odd.toJSON().cause, { name: "function" });
    assert.equal(typeof structuredClone(odd.toJSON({ cause: true })).cause, "string");
  });

  test("goes down a chain of our own errors when it is asked to", () => {
    const inner = new KeyValueStoreError({ method: "get", key: "a", cause: secret() });
    const outer = new durastate.PersistenceError({ message: "it failed", cause: inner });
    assert.deepEqual(outer.toJSON().cause, { name: "KeyValueStoreError" });
    const asked = outer.toJSON({ cause: true }).cause;
    assert.deepEqual([asked._tag, asked.key, asked.cause.message], ["KeyValueStoreError", "a", "a password"]);
  });

  test("is what other realms get of a real failure", async () => {
    const kv = KeyValueStore.make({ get: () => Promise.reject(secret()), set() {}, remove() {} });
    const error = await kv.get("a").catch((thrown) => thrown);
    assert.deepEqual(structuredClone(error.toJSON()), {
      _tag: "KeyValueStoreError",
      message: error.message,
      method: "get",
      key: "a",
      cause: { name: "Error" },
    });
  });
});

test("a bug is an error of ours that says where to report it", () => {
  const cause = new Error("unreachable executed");
  const bug = new durastate.BugError("what broke", cause);
  assert.ok(bug instanceof DurastateError);
  assert.equal(bug._tag, "BugError");
  assert.equal(bug.cause, cause);
  assert.match(bug.message, /bug in durastate.*https:\/\/.*issues.*what broke/);
});
