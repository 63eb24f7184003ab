// What the package exports, and nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";

const errors = ["BugError", "DurastateError", "KeyValueStoreError", "SchemaError"];
const later = [
  "CheckpointError",
  "CircuitBreakerError",
  "IdempotencyError",
  "LockError",
  "PersistedQueueError",
  "PersistenceError",
  "RateLimiterError",
  "RedisError",
  "SqlError",
  "StateStoreError",
];
const layers = ["KeyValueStore", "PersistedCache", "Persistence"];
const values = ["Codec", "Exit", "Persistable"];
const all = [...layers, ...values, "Redis", "Sql", "withContext", ...errors, ...later];
const expected = {
  durastate: all,
  "durastate/slim": [...all, "init"],
  "durastate/browser": ["KeyValueStore", ...errors],
};

for (const [entry, names] of Object.entries(expected)) {
  test(`${entry} exports these names`, async () => {
    assert.deepEqual(Object.keys(await import(entry)).sort(), [...names].sort());
  });
}
