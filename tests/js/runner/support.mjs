// What the tests of the runner share: the probe build, hosts that answer when a test says so, and a clock it moves.
import { BugError, call, enter, Failure, glue, MemoryHost } from "../../../target/probe/index.js";

export * from "../../../target/probe/index.js";

/** Lets everything happen that waits for no timer and no host. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The calls that the tests make, by name: `start.join(host, keys)` takes a step of the runner. */
export const start = {
  join: (host, keys, signal, scope) => call(() => glue.probe_join(host, keys), signal, scope),
  select: (host, key, milliseconds) => call(() => glue.probe_select(host, key, milliseconds)),
  wait: (milliseconds, signal) => call(() => glue.probe_wait(milliseconds), signal),
  claim: (host, key, signal, scope) => call(() => glue.probe_claim(host, key), signal, scope),
  refresh: (host, key, milliseconds, scope) =>
    call(() => glue.probe_refresh(host, key, milliseconds), undefined, scope),
  stop: (owner) => call(() => glue.probe_stop(owner)),
  panic: (message) => call(() => glue.probe_panic(undefined, message, false)),
  panicLater: (host, message, signal) => call(() => glue.probe_panic(host, message, true), signal),
  keys: (host) => call(() => glue.key_value_list(host, "", "keys", "")),
  clear: (host) => call(() => glue.key_value_list(host, "", "clear", "")),
  keysOf: (storage) => call(() => glue.web_storage_keys(storage, "")),
};

/** A step that needs no host, to see that the module is whole. */
export const isWhole = () => enter(() => glue.key_value_text_of(new Uint8Array([104, 105]))) === "aGk=";

/** A host that keeps every question until the test answers it. */
export class SlowHost {
  immediate = false;
  sent = [];

  ask(verb, ...args) {
    return new Promise((resolve, reject) => this.sent.push({ verb, args, resolve, reject }));
  }

  get = (key) => this.ask("get", key);
  set = (key, value) => this.ask("set", key, value);
  remove = (key) => this.ask("remove", key);
  list = (prefix) => this.ask("list", prefix);

  /** The verbs that were asked, each with what it was asked for. */
  get asked() {
    return this.sent.map(({ verb, args }) => [verb, ...args]);
  }
}

/** One that can read many keys at once. */
export class BatchingHost extends SlowHost {
  getMany = (keys) => this.ask("getMany", keys);
}

/** A host that is asked while Rust's requests are handed out; a test replaces the verb it is about. */
export class ImmediateHost extends MemoryHost {
  constructor(verbs) {
    super();
    Object.assign(this, verbs);
  }
}

/** An object with the methods of a Web Storage. */
export class PlainStorage {
  texts = new Map();

  get length() {
    return this.texts.size;
  }

  key(at) {
    return [...this.texts.keys()][at] ?? null;
  }

  getItem(key) {
    return this.texts.get(key) ?? null;
  }

  setItem(key, text) {
    this.texts.set(key, text);
  }

  removeItem(key) {
    this.texts.delete(key);
  }
}

/** For assert.rejects and assert.throws: a failure of that kind with that very cause. */
export const failureOf =
  (cause, kind = "Unknown") =>
  (thrown) =>
    thrown instanceof Failure && thrown.kind === kind && thrown.cause === cause;

/** The same for a bug: it says what happened and where to report it. */
export const bugSaying = (text) => (thrown) =>
  thrown instanceof BugError &&
  thrown.message.includes(text) &&
  thrown.message.includes("https://github.com/durastate/durastate/issues") &&
  !thrown.message.includes("unreachable");

/** What became of a call: `{ value }`, `{ error }`, or `{}` while it waits. */
export function watched(promise) {
  const fate = {};
  promise.then(
    (value) => Object.assign(fate, { value }),
    (error) => Object.assign(fate, { error }),
  );
  return fate;
}

/** Collects what nobody handled, which would end the process outside of a test. */
export function unhandled(context) {
  const found = [];
  const listen = (thrown) => found.push(thrown);
  for (const event of ["unhandledRejection", "uncaughtException"]) {
    const before = process.listeners(event);
    process.removeAllListeners(event);
    process.on(event, listen);
    context.after(() => {
      process.off(event, listen);
      for (const listener of before) process.on(event, listener);
    });
  }
  return found;
}
