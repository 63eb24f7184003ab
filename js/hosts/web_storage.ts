import * as glue from "#glue";
import { answer, Failure } from "../runner.ts";
import { Changes, type Connect } from "./changes.ts";
import type { HostStore, Value } from "./store.ts";

/** The channel, and the beginning of the names of locks, by which processes of one localStorage know of each other. */
const CHANNEL = "durastate:localStorage";

/**
 * localStorage, sessionStorage, or any object with the methods of one. One text is read and written from here: over the
 * border and back would cost more than the call itself (`npm run bench`). What needs a decision is carried out in Rust.
 */
export class WebStorageHost implements HostStore {
  readonly atomicity = "process";
  readonly bytes = false;
  readonly immediate = true;
  readonly changes: Changes;
  readonly #find: () => Storage;
  readonly #name: "localStorage" | "sessionStorage" | undefined;
  #found: Storage | undefined;
  #channel: BroadcastChannel | undefined;

  /** `name` tells which one of the browser's it is. It is looked for when it is first needed, and may not be there. */
  constructor(find: () => Storage, name?: "localStorage" | "sessionStorage") {
    this.#find = find;
    this.#name = name;
    this.changes = new Changes(this.#connect);
  }

  /** The storage itself; throws what the surroundings throw where there is none. */
  #storage(): Storage {
    this.#found ??= this.#find();
    return this.#found;
  }

  get(key: string): string | undefined {
    const storage = this.#storage();
    try {
      return storage.getItem(key) ?? undefined;
    } catch (thrown) {
      throw refused(thrown);
    }
  }

  set(key: string, value: Value): void {
    const storage = this.#storage();
    try {
      storage.setItem(key, value as string);
    } catch (thrown) {
      throw refused(thrown);
    }
    this.#announce(key);
  }

  remove(key: string): void {
    const storage = this.#storage();
    try {
      storage.removeItem(key);
    } catch (thrown) {
      throw refused(thrown);
    }
    this.#announce(key);
  }

  list(prefix: string): { keys: string[] } {
    const storage = this.#storage();
    return { keys: answer(() => glue.web_storage_keys(storage, prefix)) };
  }

  swap(key: string, expected: Value | undefined, next: Value | undefined): boolean {
    const storage = this.#storage();
    const swapped = answer<boolean>(() => glue.web_storage_swap(storage, key, expected, next));
    if (swapped) this.#announce(key);
    return swapped;
  }

  /** Holds a Web Lock, which is the best that can be had across tabs: each renderer caches localStorage for itself. */
  async alone<T>(key: string, body: () => T): Promise<T> {
    const locks = this.#isShared ? globalThis.navigator?.locks : undefined;
    if (!locks) return body();
    let outcome = undefined as { value: T } | { thrown: unknown } | undefined;
    const enter = () => {
      // Node never releases the lock of a function that throws.
      try {
        outcome = { value: body() };
      } catch (thrown) {
        outcome = { thrown };
      }
    };
    try {
      await locks.request(`${CHANNEL}:${key}`, enter);
    } catch {
      // An origin that may not use locks still has its storage.
    }
    if (!outcome) return body();
    if ("thrown" in outcome) throw outcome.thrown;
    return outcome.value;
  }

  readonly #connect: Connect = (tell) => {
    if (this.#name && hearsStorageEvents()) return this.#onStorage(tell);
    return this.#isShared ? this.#onChannel(tell) : () => {};
  };

  /** Only localStorage is seen by others than its own tab. */
  get #isShared(): boolean {
    return this.#name === "localStorage";
  }

  #onStorage(tell: Parameters<Connect>[0]): () => void {
    const heard = (event: StorageEvent) => {
      if (event.storageArea === this.#found) tell(event.key ?? undefined, event.newValue ?? undefined);
    };
    this.#storage();
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  }

  #onChannel(tell: Parameters<Connect>[0]): () => void {
    if (typeof BroadcastChannel !== "function") return () => {};
    const channel = new BroadcastChannel(CHANNEL);
    // A message is a hint and may come from anybody: only what the storage itself holds is told.
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string") tell(data, this.get(data));
    };
    (channel as { unref?(): void }).unref?.();
    this.#channel = channel;
    return () => {
      this.#channel = undefined;
      channel.close();
    };
  }

  /** Tells processes of the same origin that no storage event reaches. */
  #announce(key: string): void {
    if (!this.#isShared || hearsStorageEvents() || typeof BroadcastChannel !== "function") return;
    // The channel that listens does not hear itself; another one of this process would be heard.
    const channel = this.#channel ?? new BroadcastChannel(CHANNEL);
    channel.postMessage(key);
    if (channel !== this.#channel) channel.close();
  }
}

/** A storage that throws (full, private, gone) has done nothing. */
function refused(cause: unknown): Failure {
  return new Failure("Unavailable", "the storage refused", undefined, cause);
}

/** Documents hear of each other's writes from the browser; nobody else does. */
function hearsStorageEvents(): boolean {
  return typeof document === "object";
}
