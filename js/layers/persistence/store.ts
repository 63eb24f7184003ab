import { checkFunction, listOf, shown } from "../../arguments.ts";
import { type Duration, millis } from "../../duration.ts";
import { persistedPlace } from "../../error_words.ts";
import { PersistenceError, SchemaError } from "../../errors.ts";
import type { Exit } from "../../exit.ts";
import { isOurs, told } from "../../failures.ts";
import type { Awaitable } from "../../hosts/store.ts";
import type { Backing, Entry } from "./backing.ts";
import { exitCodecOf, type PersistableRequest, primaryKeyOf } from "./persistable.ts";

/** How long the result of a request is kept: not at all for zero or less, for ever for `Infinity`. */
export type TimeToLive = (exit: Exit<unknown, unknown>, key: PersistableRequest) => Duration;

/** What a store of results is made of. */
export interface PersistenceOptions {
  /** Which of the stores of this place: one for each kind of results, under any name. */
  readonly storeId: string;
  /** How long a result is kept; for ever without it. */
  readonly timeToLive?: Duration | TimeToLive | undefined;
  /**
   * Is told once of each stored entry that can not be read, which then counts as missing and stays where it is. Without
   * it the console is warned.
   */
  readonly onError?: ((error: PersistenceError | SchemaError) => void) | undefined;
}

/** The value of a request's result. */
export type SuccessOf<R> = R extends PersistableRequest<infer A, unknown> ? A : never;
/** The errors of a request's result. */
export type ErrorOf<R> = R extends PersistableRequest<unknown, infer E> ? E : never;
/** The result of a request. */
export type ExitOf<R> = Exit<SuccessOf<R>, ErrorOf<R>>;

/**
 * Results of requests, each with a time to live. What the store below can not do rejects with a `PersistenceError`, and
 * what does not fit the schemas of a request with a `SchemaError`; both name the store, the key and the method, and what
 * was stored is still there.
 */
export class PersistenceStore {
  readonly #backing: Backing;
  readonly #storeId: string;
  readonly #timeToLive: Duration | TimeToLive;
  readonly #reports: Reports;

  /** Made by `make` of a persistence. */
  constructor(backing: Backing, { storeId, timeToLive = Number.POSITIVE_INFINITY, onError }: PersistenceOptions) {
    if (typeof timeToLive !== "function") millis("timeToLive of Persistence.make", timeToLive);
    this.#backing = backing;
    this.#storeId = storeId;
    this.#timeToLive = timeToLive;
    this.#reports = new Reports(onError, "Persistence.make");
  }

  /** The result of a request, if there is one. */
  async get<R extends PersistableRequest>(key: R): Promise<ExitOf<R> | undefined> {
    const id = primaryKeyOf(key);
    const [text] = await this.#try("get", id, () => this.#backing.read([id]));
    return text === undefined ? undefined : this.#decode("get", key, id, text);
  }

  /** The results of several requests, in their order, in one request to the store. One that can not be read is missing. */
  async getMany<R extends PersistableRequest>(keys: Iterable<R>): Promise<Array<ExitOf<R> | undefined>> {
    const requests = listOf("keys of Persistence.getMany", keys);
    if (requests.length === 0) return [];
    const ids = requests.map(primaryKeyOf);
    const found = await this.#try("getMany", undefined, () => this.#backing.read(ids));
    const decode = async (key: R, i: number) => {
      const [id, text] = [ids[i] as string, found[i]];
      if (text === undefined) return undefined;
      try {
        return await this.#decode("getMany", key, id, text);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        this.#reports.once(id, error);
        return undefined;
      }
    };
    return Promise.all(requests.map(decode));
  }

  /** Stores the result of a request, unless its time to live is zero or less. */
  async set<R extends PersistableRequest>(key: R, exit: ExitOf<R>): Promise<void> {
    const entry = await this.#entry("set", key, exit);
    if (entry) await this.#try("set", entry.key, () => this.#backing.write([entry]));
  }

  /** Stores several results in one request to the store. If one of them does not fit its schemas, none is stored. */
  async setMany<R extends PersistableRequest>(entries: Iterable<readonly [key: R, exit: ExitOf<R>]>): Promise<void> {
    const kept = new Map<string, Entry>();
    const given = listOf("entries of Persistence.setMany", entries);
    for (const entry of await Promise.all(given.map(([key, exit]) => this.#entry("setMany", key, exit)))) {
      if (entry) kept.set(entry.key, entry);
    }
    if (kept.size > 0) await this.#try("setMany", undefined, () => this.#backing.write([...kept.values()]));
  }

  /** Removes the result of a request; that there is none is no error. */
  async remove(key: PersistableRequest): Promise<void> {
    const id = primaryKeyOf(key);
    await this.#try("remove", id, () => this.#backing.remove([id]));
  }

  /** Removes all results of this store. */
  async clear(): Promise<void> {
    await this.#try("clear", undefined, () => this.#backing.clear());
  }

  async #entry<R extends PersistableRequest>(operation: string, key: R, exit: ExitOf<R>): Promise<Entry | undefined> {
    const id = primaryKeyOf(key);
    checkExit(operation, exit);
    const lives = typeof this.#timeToLive === "function" ? this.#timeToLive(exit, key) : this.#timeToLive;
    const ttl = millis("timeToLive of Persistence.make", lives);
    if (ttl <= 0) return undefined;
    const text = await this.#try(operation, id, () => exitCodecOf(key).encode(exit));
    return { key: id, text, ttl };
  }

  async #decode<R extends PersistableRequest>(
    operation: string,
    key: R,
    id: string,
    text: string,
  ): Promise<ExitOf<R> | undefined> {
    const read = parsed(text);
    if ("stored" in read) {
      const exit = await this.#try(operation, id, () => exitCodecOf(key).decode(read.stored));
      return exit as ExitOf<R>;
    }
    const { message, cause } = read;
    this.#reports.once(id, new PersistenceError({ storeId: this.#storeId, operation, key: id, message, cause }));
    return undefined;
  }

  async #try<T>(operation: string, key: string | undefined, attempt: () => Awaitable<T>): Promise<T> {
    try {
      return await attempt();
    } catch (thrown) {
      throw failed({ storeId: this.#storeId, operation, key }, thrown);
    }
  }
}

/** Reports each entry that can not be read once: not to hide it, and not to say so with every read. */
export class Reports {
  readonly #told = new Set<string>();
  readonly #tell: (error: PersistenceError | SchemaError) => void;

  constructor(onError: ((error: PersistenceError | SchemaError) => void) | undefined, where: string) {
    if (onError !== undefined) checkFunction(`onError of ${where}`, onError);
    this.#tell = onError ?? ((error) => console.warn(error.message));
  }

  /** Reports what is wrong with the entry of this key, unless that was said before. */
  once(key: string, error: PersistenceError | SchemaError): void {
    if (this.#told.has(key)) return;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(key);
    this.tell(error);
  }

  /** Reports something; a listener that throws changes nothing for the caller. */
  tell(error: PersistenceError | SchemaError): void {
    try {
      this.#tell(error);
    } catch (thrown) {
      console.warn(thrown);
    }
  }
}

const MOST_TOLD = 1000;

/** The parsed text of an exit, or what is wrong with a text that is none, of whatever schema. */
export function parsed(text: string): { stored: unknown } | { message: string; cause?: unknown } {
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch (cause) {
    return { message: "what is stored is no JSON, and counts as missing", cause };
  }
  const tag = (stored as { _tag?: unknown } | null)?._tag;
  if (tag === "Success" || tag === "Failure") return { stored };
  return { message: "what is stored is no result of a request, and counts as missing" };
}

/** Whatever stood in the way, as an error of this layer that says where. */
export function failed(
  place: { storeId: string; operation: string; key: string | undefined },
  thrown: unknown,
): unknown {
  if (thrown instanceof PersistenceError || isOurs(thrown)) return thrown;
  if (thrown instanceof SchemaError) {
    const { issues, message, cause } = thrown;
    return new SchemaError({ issues, message: `${persistedPlace(place)} failed: ${message}`, cause });
  }
  return new PersistenceError({ ...place, ...told(thrown) });
}

function checkExit(operation: string, exit: unknown): void {
  const tag = (exit as { _tag?: unknown } | null | undefined)?._tag;
  if (tag === "Success" || tag === "Failure") return;
  throw new TypeError(`exit of Persistence.${operation} must be an Exit, but is ${shown(exit)}`);
}
