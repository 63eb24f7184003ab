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
  readonly #ends = new WeakMap<object, Map<string, Promise<unknown>>>();

  /** Whether calls of this scope may wait for each other. */
  shared = true;

  constructor(private readonly context?: Context) {}

  /** Hands work that nobody awaits to the context, where there is one. */
  background(work: Promise<unknown>): void {
    this.context?.waitUntil(work.catch(() => undefined));
  }

  /** What is going on under this key of this store, if anything. */
  pending(store: object, key: string): Promise<unknown> | undefined {
    return this.#ends.get(store)?.get(key);
  }

  /** Runs `body` when all that came before it under this key is over. A scope that is not shared lets it run at once. */
  async inTurn<T>(store: object, key: string, body: () => T | Promise<T>): Promise<T> {
    if (!this.shared) return body();
    let ends = this.#ends.get(store);
    if (!ends) this.#ends.set(store, (ends = new Map()));
    const before = ends.get(key);
    const result = before ? before.then(body) : Promise.resolve().then(body);
    const end = result.then(ignore, ignore);
    ends.set(key, end);
    try {
      return await result;
    } finally {
      if (ends.get(key) === end) ends.delete(key);
    }
  }
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
