// What a user must see of a fault, whatever the place: which call failed, why, and nothing secret.
import assert from "node:assert/strict";
import { DurastateError, KeyValueStoreError } from "durastate";

/** What no message may show: values, and what lets one in. */
export const secrets = {
  password: "Secret-Password-1",
  wrong: "Secret-Password-2",
  before: "Secret-Value-Before",
  after: "Secret-Value-After",
};

/**
 * Fails unless the call was refused as it must be: by a `KeyValueStoreError` of this method and key, because of a `Seam`
 * error (`RedisError` or `SqlError`), because of the client's own error, which it gives. `said` matches the first message.
 */
export async function refused(call, { method, key, Seam, said = /./ }) {
  let error;
  try {
    await call;
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error, `${method} should have been refused`);
  assert.ok(error instanceof KeyValueStoreError, `${method} gave ${error.stack ?? error}`);
  assert.equal(error.method, method);
  assert.equal(error.key, key);
  const named =
    key === undefined ? `KeyValueStore.${method} failed: ` : `KeyValueStore.${method} of key "${key}" failed: `;
  assert.ok(error.message.startsWith(named), error.message);
  assert.match(error.message, said);

  const chain = chainOf(error);
  assert.ok(
    chain.some((link) => link instanceof Seam),
    `no ${Seam.name} among the causes of ${error.message}`,
  );
  const own = chain.find((link) => !(link instanceof DurastateError));
  assert.ok(own instanceof Error, `the client's own error is not among the causes of ${error.message}`);
  for (const link of chain) if (link instanceof DurastateError) showsNothingSecret(link);
  return own;
}

/** An error and what caused it, the last cause last. */
function chainOf(error) {
  const chain = [];
  for (let link = error; link instanceof Error; link = link.cause) chain.push(link);
  return chain;
}

/** A message is what is logged and sent on: of durastate's own errors neither that nor the JSON may give anything away. */
function showsNothingSecret(error) {
  const { cause: _, ...fields } = error;
  for (const shown of [error.message, String(error), error.stack, JSON.stringify(error), JSON.stringify(fields)]) {
    for (const [name, secret] of Object.entries(secrets)) {
      assert.ok(!shown.includes(secret), `the ${name} is shown: ${shown}`);
    }
    assert.doesNotMatch(shown, /[a-z]+:\/\/[^/\s]*@/, "a connection string is shown");
  }
}

/** Asks again, with a pause after each time, until the call succeeds; its last error is what is wrong if it never does. */
export async function untilItWorks(call, milliseconds = 15_000) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
