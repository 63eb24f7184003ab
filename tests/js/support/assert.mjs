// Assertions that run in every runtime, as node:assert does not.

/** Fails unless the two are the same, however deep; class instances are the same when they are one. */
export function equal(actual, expected, what = "") {
  if (!isSame(actual, expected)) fail(`expected ${show(expected)}, but got ${show(actual)}`, what);
}

/** Fails unless the two lists hold the same entries, in whatever order. */
export function sameMembers(actual, expected, what) {
  equal([...actual].sort(), [...expected].sort(), what);
}

/** Fails unless it is true. */
export function ok(value, what) {
  if (!value) fail(`expected something true, but got ${show(value)}`, what);
}

/** Fails unless `run` throws such an error; gives that error. */
export function throws(run, Class, fields = {}) {
  let value;
  try {
    value = run();
  } catch (thrown) {
    return isSuch(thrown, Class, fields);
  }
  return fail(`expected a ${Class.name}, but got ${show(value)}`);
}

/** Fails unless the promise rejects with such an error; gives that error. A string field is one, a RegExp matches it. */
export async function rejects(promise, Class, fields = {}) {
  let value;
  try {
    value = await promise;
  } catch (thrown) {
    return isSuch(thrown, Class, fields);
  }
  return fail(`expected a ${Class.name}, but got ${show(value)}`);
}

function isSuch(thrown, Class, fields) {
  if (!(thrown instanceof Class)) fail(`expected a ${Class.name}, but got ${show(thrown)}`);
  for (const [field, expected] of Object.entries(fields)) {
    if (expected instanceof RegExp) ok(expected.test(thrown[field]), `${field} ${expected} of ${show(thrown)}`);
    else equal(thrown[field], expected, `${field} of ${show(thrown)}`);
  }
  return thrown;
}

function fail(message, what) {
  throw new Error(what ? `${what}: ${message}` : message);
}

function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((x, i) => x === b[i]);
  }
  if (Array.isArray(a) !== Array.isArray(b) || !(Array.isArray(a) || (isPlain(a) && isPlain(b)))) return false;
  const fields = Object.keys(a);
  return (
    fields.length === Object.keys(b).length &&
    fields.every((field) => Object.hasOwn(b, field) && isSame(a[field], b[field]))
  );
}

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function show(value) {
  if (value instanceof Error) return value.stack ?? String(value);
  if (value instanceof Uint8Array) return `bytes [${value.subarray(0, 20)}] of length ${value.length}`;
  if (typeof value !== "object" || value === null)
    return short(typeof value === "string" ? JSON.stringify(value) : String(value));
  return short(JSON.stringify(value) ?? String(value));
}

function short(text) {
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}
