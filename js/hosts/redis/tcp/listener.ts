import type { Connection } from "./connection.ts";
import { ConnectionError } from "./errors.ts";

/** A connection for channels, and how many listen on it. */
interface Shared {
  readonly connection: Connection;
  readonly started: Promise<void>;
  listeners: number;
}

/** The connection for channels alone, which there is as long as somebody listens. */
export class Listener {
  readonly #make: () => Connection;
  #shared: Shared | undefined;
  #closed = false;

  constructor(make: () => Connection) {
    this.#make = make;
  }

  readonly subscribe = async (channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>> => {
    if (this.#closed) throw new ConnectionError("the client was closed");
    const shared = this.#use();
    shared.listeners += 1;
    let end: () => Promise<void>;
    try {
      await shared.started;
      end = await shared.connection.subscriptions.subscribe(channel, onMessage);
    } catch (error) {
      await this.#leave(shared);
      throw error;
    }
    let ended: Promise<void> | undefined;
    return () => {
      ended ??= end().finally(() => this.#leave(shared));
      return ended;
    };
  };

  async close(): Promise<void> {
    this.#closed = true;
    await this.#shared?.connection.close();
  }

  #use(): Shared {
    if (this.#shared === undefined || this.#shared.connection.over) {
      const connection = this.#make();
      this.#shared = { connection, started: connection.start(), listeners: 0 };
    }
    return this.#shared;
  }

  async #leave(shared: Shared): Promise<void> {
    shared.listeners -= 1;
    if (shared.listeners > 0) return;
    if (this.#shared === shared) this.#shared = undefined;
    await shared.connection.close();
  }
}
