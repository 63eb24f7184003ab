import { Refused } from "../kv/refused.ts";

/** How often a connection that the browser took away is opened again for one call. */
const ATTEMPTS = 5;

/** The errors of a transaction that had to end because its connection did. */
const TAKEN_AWAY = ["AbortError", "InvalidStateError", "UnknownError"];

/** A transaction that has begun: how its outcome is told. */
export interface Step<T> {
  /** The object store that it is about. */
  readonly records: IDBObjectStore;
  /** Ends the step with this result. What is written counts only when its transaction has completed. */
  readonly done: (result: T) => void;
  /** Goes on with what a request gives; what `then` throws ends the step, and undoes it. */
  readonly on: <R>(request: IDBRequest<R>, then: (result: R) => void) => void;
  /** Goes on once a request has written. */
  readonly wrote: (request: IDBRequest<IDBValidKey> | IDBRequest<undefined>) => void;
}

/** One object store of a database, opened when it is needed, and again after somebody closed it. */
export class Connection {
  readonly #name: string;
  readonly #store: string;
  readonly #patience: number;
  #open: IDBDatabase | undefined;
  #opening: Promise<IDBDatabase> | undefined;
  /** Whether somebody who keeps the database open holds up its upgrade. */
  #blocked = false;

  constructor(name: string, store: string, patience: number) {
    this.#name = name;
    this.#store = store;
    this.#patience = patience;
  }

  /** Begins a transaction with this step, and gives its result. */
  async run<T>(mode: "readonly" | "readwrite", step: (step: Step<T>) => void): Promise<T> {
    for (let left = ATTEMPTS; ; left--) {
      let database: IDBDatabase | undefined;
      let attempt: Attempt<T> | undefined;
      try {
        database = this.#open ?? (await this.#opened());
        // Strict, though it costs a flush to the disk: what is reported as written must outlive a loss of power.
        const transaction = database.transaction(this.#store, mode, { durability: "strict" });
        const begun = new Attempt<T>(transaction);
        attempt = begun;
        return await begun.result(() => step(begun.step(this.#records(transaction))));
      } catch (thrown) {
        // Where a request has written, nobody knows what became of it: that is for the caller to decide.
        if (left === 1 || attempt?.mustEnd || !TAKEN_AWAY.includes((thrown as Error | undefined)?.name ?? ""))
          throw thrown;
        if (database) this.#forget(database);
      }
    }
  }

  #records(transaction: IDBTransaction): IDBObjectStore {
    const records = transaction.objectStore(this.#store);
    if (records.keyPath === "key") return records;
    throw new Refused(
      `the object store "${this.#store}" of the database "${this.#name}" holds records of another shape`,
    );
  }

  #forget(database: IDBDatabase): void {
    if (this.#open === database) this.#open = undefined;
    database.close();
  }

  /** The database once it is open. Whoever has waited too long is told so, while the request stays: it may yet succeed. */
  #opened(): Promise<IDBDatabase> {
    this.#opening ??= this.#find().finally(() => {
      this.#opening = undefined;
      this.#blocked = false;
    });
    const opening = this.#opening;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#late()), this.#patience);
      opening.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  #late(): Refused {
    const why = this.#blocked ? ": another tab keeps an older version of it open" : "";
    return new Refused(`the database "${this.#name}" did not open in ${this.#patience} ms${why}`);
  }

  async #find(): Promise<IDBDatabase> {
    const factory = globalThis.indexedDB as IDBFactory | null | undefined;
    if (!factory) throw new Refused("there is no indexedDB here");
    let version: number | undefined;
    for (;;) {
      let database: IDBDatabase;
      try {
        database = await this.#request(factory, version);
      } catch (thrown) {
        // Another tab has upgraded it in the meantime: its version is looked up again.
        if (version === undefined || (thrown as Error | undefined)?.name !== "VersionError") throw thrown;
        version = undefined;
        continue;
      }
      if (database.objectStoreNames.contains(this.#store)) return this.#keep(database);
      // Only an upgrade adds an object store, and a connection of our own would block it.
      version = database.version + 1;
      database.close();
    }
  }

  #request(factory: IDBFactory, version: number | undefined): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = factory.open(this.#name, version);
      request.onupgradeneeded = () => {
        const { result } = request;
        if (!result.objectStoreNames.contains(this.#store)) result.createObjectStore(this.#store, { keyPath: "key" });
      };
      request.onblocked = () => {
        this.#blocked = true;
      };
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const { result } = request;
        // From now on: another tab may ask for an upgrade before anybody here runs again.
        result.onversionchange = () => this.#forget(result);
        result.onclose = () => this.#forget(result);
        resolve(result);
      };
    });
  }

  #keep(database: IDBDatabase): IDBDatabase {
    this.#open = database;
    return database;
  }
}

/** One transaction, from its beginning to its end. */
class Attempt<T> {
  /** Whether it must not be begun again: it has written, or failed by itself. */
  mustEnd = false;
  readonly #transaction: IDBTransaction;
  #resolve: (result: T) => void = () => {};
  #reject: (thrown: unknown) => void = () => {};

  constructor(transaction: IDBTransaction) {
    this.#transaction = transaction;
  }

  result(begin: () => void): Promise<T> {
    const transaction = this.#transaction;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      transaction.onabort = () => reject(transaction.error ?? new DOMException("the browser aborted it", "AbortError"));
      this.#attempt(begin);
    });
  }

  step(records: IDBObjectStore): Step<T> {
    const transaction = this.#transaction;
    return {
      records,
      done: (result) => {
        if (transaction.mode === "readonly") return this.#resolve(result);
        transaction.oncomplete = () => this.#resolve(result);
      },
      on: (request, then) => {
        this.#listen(request);
        request.onsuccess = () => this.#attempt(() => then(request.result));
      },
      wrote: (request) => {
        this.#listen(request);
        request.onsuccess = () => {
          this.mustEnd = true;
        };
      },
    };
  }

  /** A request that failed takes its transaction with it, of which Chromium does not always tell. */
  #listen(request: EventTarget & { readonly error: unknown }): void {
    request.addEventListener("error", () => this.#reject(request.error));
  }

  #attempt(body: () => void): void {
    try {
      body();
    } catch (thrown) {
      this.mustEnd = true;
      this.#reject(thrown);
      this.#transaction.abort();
    }
  }
}
