import { report } from "./hosts/changes.ts";

/** What an edge runtime hands to the handler of a request. */
export interface Context {
  /** Lets work go on after the response was sent. */
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Whatever calls share while they run. In workerd nothing that one request started may be awaited by another, so
 * there a scope belongs to one request; everywhere else there is one for all.
 */
export class Scope {
  readonly #turns: Queues = new WeakMap();
  readonly #lines: Queues = new WeakMap();

  /** Whether calls of this scope may wait for each other. */
  shared = true;

  constructor(private readonly context?: Context) {}

  /** Hands work that may outlive its call to the context, where there is one. */
  background(work: Promise<unknown>): void {
    try {
      this.context?.waitUntil(work.catch(() => undefined));
    } catch (thrown) {
      report(thrown);
    }
  }

  /** Runs `body` when all that came before it under this key is over. A scope that is not shared lets it run at once. */
  async inTurn<T>(store: object, key: string, body: () => T | Promise<T>): Promise<T> {
    return this.shared ? queue(this.#turns, store, key, body) : body();
  }

  /**
   * The same for what may wait for others that stand in this line: whoever is at it for longer than `patience`
   * milliseconds is passed.
   */
  async inLine<T>(store: object, key: string, patience: number, body: () => T | Promise<T>): Promise<T> {
    return this.shared ? queue(this.#lines, store, key, body, patience) : body();
  }
}

/** For each key of each store, the end of what goes on under it. */
type Queues = WeakMap<object, Map<string, Promise<unknown>>>;

async function queue<T>(
  queues: Queues,
  store: object,
  key: string,
  body: () => T | Promise<T>,
  patience?: number,
): Promise<T> {
  const ends = queues.get(store) ?? new Map<string, Promise<unknown>>();
  queues.set(store, ends);
  const before = ends.get(key) ?? Promise.resolve();
  const result = before.then(body);
  const over = result.then(ignore, ignore);
  const end = patience === undefined ? over : before.then(() => atMost(patience, over));
  ends.set(key, end);
  try {
    return await result;
  } finally {
    if (ends.get(key) === end) ends.delete(key);
  }
}

/** Resolves when this is over, or has taken this many milliseconds. */
function atMost(milliseconds: number, over: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    over.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function ignore(): void {}

const everywhere = new Scope();

/** The scope of calls that were given no context. */
export function defaultScope(): Scope {
  return everywhere;
}

/** Says that calls without a context may belong to different requests, which must not wait for each other. */
export function isolateRequests(): void {
  everywhere.shared = false;
}
