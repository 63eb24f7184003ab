/** A key of a store has a new value, or none any more. */
export interface Change {
  /** The key; undefined when all of them went at once. */
  readonly key: string | undefined;
  /** What is there now: text, or bytes as base64. */
  readonly value: string | undefined;
  /** Whether it was changed through durastate in this process, or elsewhere. */
  readonly origin: "local" | "remote";
}

/** Is told of changes. What it throws is reported as the error of an event listener is. */
export type ChangeListener = (change: Change) => void;

/** Connects to news of changes that others make, for as long as somebody wants to know. */
export type Connect = (tell: (key: string | undefined, value: string | undefined) => void) => () => void;

/** Who wants to know of the changes of one store. */
export class Changes {
  readonly #listeners = new Set<ChangeListener>();
  readonly #connect: Connect | undefined;
  #disconnect: (() => void) | undefined;

  constructor(connect?: Connect) {
    this.#connect = connect;
  }

  /** Whether anybody listens. */
  get wanted(): boolean {
    return this.#listeners.size > 0;
  }

  /** Adds a listener until the function it gives is called. */
  listen(listener: ChangeListener): () => void {
    // One function may listen twice, so each time is an entry of its own.
    const entry: ChangeListener = (change) => listener(change);
    this.#disconnect ??= this.#connect?.((key, value) => this.tell({ key, value, origin: "remote" }));
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
      if (this.wanted) return;
      this.#disconnect?.();
      this.#disconnect = undefined;
    };
  }

  /** Tells everybody who listens now. */
  tell(change: Change): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (thrown) {
        report(thrown);
      }
    }
  }
}

/** Reports what no caller can be told, as the error of an event listener is: it must not be lost, nor stop anybody. */
export function report(thrown: unknown): void {
  if (typeof reportError === "function") reportError(thrown);
  else {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}
