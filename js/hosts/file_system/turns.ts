/** Runs what belongs to one thing one after the other, and different things side by side. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `body` after all that was begun for this name before. */
  take<T>(name: string, body: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const own = before.then(body, body);
    this.#last.set(name, own);
    const leave = () => {
      if (this.#last.get(name) === own) this.#last.delete(name);
    };
    own.then(leave, leave);
    return own;
  }
}

/** Lets so many run at once and no more. */
export class Gate {
  #free: number;
  readonly #waiting: Array<() => void> = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Runs `body` when there is room. */
  async pass<T>(body: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((enter) => this.#waiting.push(enter));
    try {
      return await body();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** One piece of work at a time: whoever comes while it is done is served, with all others who came, by the next one. */
export class Shared {
  readonly #work: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Waits for work that began after this call. */
  after(): Promise<void> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<void> {
    const turn = this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#work();
      });
    this.#running = turn;
    return turn;
  }
}
