// A store for caches that says what it was asked, fails when it is told to, and that several "processes" can share: what
// the real ones can not be asked for. What real stores do with a cache is in the contract suite.
import { Codec, Persistable, PersistedCache, Persistence } from "durastate";

const Place = Persistence.memory().constructor;

/** What all processes share. */
export class World {
  entries = new Map();
  claims = new Map();
  epochs = new Map();
  #listeners = new Set();

  /** A persistence as one process sees it. */
  process(options) {
    return new Process(this, options);
  }

  /** The exit under a key, as it is stored. */
  stored(key) {
    const entry = this.entries.get(key);
    return entry && entry.until > Date.now() ? JSON.parse(entry.text) : undefined;
  }

  /** Puts a text under a key, as somebody else might. */
  plant(key, text) {
    this.entries.set(key, { text, until: Number.POSITIVE_INFINITY });
  }

  tell(from, kind, names) {
    for (const listener of this.#listeners)
      if (listener.process !== from) for (const n of names) listener.heard(kind, n);
  }

  listen(process, heard) {
    const listener = { process, heard };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners() {
    return this.#listeners.size;
  }
}

class Process {
  /** What the store was asked, as "verb keys". */
  asked = [];
  /** What each verb throws, while it does. */
  fails = {};
  /** What each verb waits for before it answers. */
  waits = {};

  constructor(world, { claims = false, news = false, immediate = false } = {}) {
    this.world = world;
    this.immediate = immediate;
    this.persistence = new Place(() => this.#backing(claims, news));
  }

  /** Those of a verb. */
  of(verb) {
    return this.asked.filter((asked) => asked.split(" ")[0] === verb);
  }

  #backing(claims, news) {
    const { world } = this;
    const now = () => Date.now();
    const claimed = (key) => {
      const claim = world.claims.get(key);
      return claim && claim.until > now() ? claim : undefined;
    };
    const write = ({ key, text, ttl }) => world.entries.set(key, { text, ttl, until: now() + ttl });
    const ask = (verb, keys, answer) => this.#ask(verb, keys, answer);
    return {
      read: (keys) =>
        ask("read", keys, () =>
          keys.map((key) => {
            const entry = world.entries.get(key);
            return entry && entry.until > now() ? entry.text : undefined;
          }),
        ),
      write: (entries) => ask("write", keysOf(entries), () => entries.forEach(write)),
      remove: (keys) =>
        ask("remove", keys, () => {
          for (const key of keys) world.entries.delete(key);
        }),
      clear: () => ask("clear", [], () => world.entries.clear()),
      forget: (keys) =>
        ask("forget", keys, () => {
          for (const key of keys) {
            world.entries.delete(key);
            world.claims.delete(key);
          }
        }),
      epochs: (tags) => ask("epochs", tags, () => tags.map((tag) => world.epochs.get(tag) ?? 0)),
      bump: (tags) =>
        ask("bump", tags, () => {
          for (const tag of tags) world.epochs.set(tag, (world.epochs.get(tag) ?? 0) + 1);
        }),
      news: news
        ? {
            tell: (kind, names) => {
              this.asked.push(`tell ${kind} ${names}`);
              queueMicrotask(() => world.tell(this, kind, names));
            },
            listen: (heard) => world.listen(this, heard),
          }
        : undefined,
      claims: claims
        ? {
            claim: (key, token, lease, seen) =>
              ask("claim", [key], () => {
                const claim = claimed(key);
                if (claim && claim.token !== token && !(claim.done && seen === claim.token)) {
                  return claim.done ? { done: claim.token } : { wait: claim.until - now() };
                }
                world.claims.set(key, { token, done: false, until: now() + lease });
                return true;
              }),
            renew: (key, token, lease) =>
              ask("renew", [key], () => {
                const claim = claimed(key);
                if (claim?.token !== token || claim.done) return false;
                claim.until = now() + lease;
                return true;
              }),
            finish: (key, token, entry) =>
              ask("finish", [key], () => {
                const claim = claimed(key);
                if (claim?.token !== token || claim.done) return false;
                Object.assign(claim, { done: true, until: now() + 5000 });
                if (entry) write(entry);
                return true;
              }),
            release: (key, token) =>
              ask("release", [key], () => {
                const claim = claimed(key);
                if (claim?.token === token && !claim.done) world.claims.delete(key);
              }),
          }
        : undefined,
    };
  }

  #ask(verb, keys, answer) {
    this.asked.push([verb, ...keys].join(" "));
    const run = () => {
      if (this.fails[verb]) throw this.fails[verb];
      return answer();
    };
    if (this.immediate) return run();
    return Promise.resolve(this.waits[verb]).then(run);
  }
}

function keysOf(entries) {
  return entries.map(({ key }) => key);
}

/** Lets everything happen that waits for no timer. */
export async function turns(count = 5) {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Something that is decided later: a promise with its `resolve` and `reject`. */
export function later() {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return Object.assign(promise, settle);
}

/** An error that a lookup may end with. */
export class NotFound extends Error {
  constructor(id) {
    super(`there is no user ${id}`);
    this.id = id;
  }
}

const errors = {
  encode(error) {
    if (!(error instanceof NotFound)) throw new Error("no such error");
    return { id: error.id };
  },
  decode: ({ id }) => new NotFound(id),
};

export const GetUser = Persistable.make("GetUser", {
  primaryKey: ({ id }) => `user:${id}`,
  success: Codec.struct({ id: Codec.number, version: Codec.number }),
  error: errors,
});

/**
 * A cache of users in a process of this world; `lookups` lists the ids it looked up. Each lookup gives the user with how
 * many there were before, or what `lookup` says.
 */
export async function cacheOf({ process = new World().process(), lookup, ...options } = {}) {
  const lookups = [];
  const reported = [];
  const cache = await PersistedCache.make({
    persistence: process.persistence,
    storeId: "users",
    timeToLive: "1 minute",
    onError: (error) => reported.push(error),
    lookup(key, context) {
      lookups.push(key.id);
      return lookup ? lookup(key, context) : { id: key.id, version: lookups.length };
    },
    ...options,
  });
  return { cache, lookups, reported, process, world: process.world, get: (id) => cache.get(GetUser({ id })) };
}

/** The text of a user as it is stored, with what a cache may have to know of it. */
export function userText(id, version, known) {
  const exit = { _tag: "Success", value: { id, version } };
  return JSON.stringify(known ? { ...exit, durastate: known } : exit);
}

/** A lookup that gives what `next` says, one after the other: a user's version, or what it throws. */
export function script(...next) {
  return ({ id }) => {
    const result = next.shift();
    if (result instanceof Promise) return result;
    if (result instanceof Error) throw result;
    return { id, version: result };
  };
}
