import { checkFunction, checkString } from "../../../arguments.ts";
import { report } from "../../changes.ts";
import { Command, type Taker } from "./command.ts";
import { encode } from "./encode.ts";
import { ConnectionError, ReplyError } from "./errors.ts";
import { Pause } from "./time.ts";

interface Listener {
  readonly onMessage: (message: string) => void;
}

interface Channel {
  readonly listeners: Set<Listener>;
  /** Settles when Redis has confirmed it. */
  readonly begun: Promise<unknown>;
  confirmed: boolean;
}

/** How long is waited before a channel is asked for again that was refused when the connection was new. */
const REFUSED = 2_000;

/** The connection, and why it has ended for good. */
type Shared = Taker & { readonly over: ConnectionError | undefined };

/** The channels that are listened to on one connection. */
export class Subscriptions {
  readonly #connection: Shared;
  readonly #channels: Map<string, Channel> = new Map();

  constructor(connection: Shared) {
    this.#connection = connection;
  }

  /** Listens to a channel; the function it gives ends that. */
  async subscribe(name: string, onMessage: (message: string) => void): Promise<() => Promise<void>> {
    checkString("channel of subscribe", name);
    checkFunction("onMessage of subscribe", onMessage);
    const { over } = this.#connection;
    if (over) throw new ConnectionError(over.message, { cause: over.cause });
    const channel = this.#channels.get(name) ?? this.#open(name);
    // One function may listen twice, so each time is an entry of its own.
    const listener: Listener = { onMessage };
    channel.listeners.add(listener);
    try {
      await channel.begun;
    } catch (error) {
      if (this.#channels.get(name) === channel) this.#channels.delete(name);
      throw error;
    }
    return () => this.#leave(name, channel, listener);
  }

  /** Hands a message to those who listen. */
  tell(name: string, message: string): void {
    for (const { onMessage } of [...(this.#channels.get(name)?.listeners ?? [])]) {
      try {
        onMessage(message);
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  /** What a new connection has to be told so that it listens to what the last one did. */
  commands(): Command[] {
    const confirmed = [...this.#channels].filter(([, channel]) => channel.confirmed);
    return confirmed.map(([name, channel]) => this.#again(name, channel));
  }

  #open(name: string): Channel {
    const begun = this.#ask("SUBSCRIBE", name);
    const channel: Channel = { listeners: new Set(), begun, confirmed: false };
    this.#channels.set(name, channel);
    begun.then(
      () => {
        channel.confirmed = true;
      },
      () => {},
    );
    return channel;
  }

  async #leave(name: string, channel: Channel, listener: Listener): Promise<void> {
    if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return;
    if (this.#channels.get(name) === channel) this.#channels.delete(name);
    try {
      await this.#ask("UNSUBSCRIBE", name);
    } catch (error) {
      // without a connection nobody listens
      if (error instanceof ReplyError) throw error;
    }
  }

  #ask(verb: "SUBSCRIBE" | "UNSUBSCRIBE", name: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#connection.take(listening(verb, name, resolve, reject), []);
    });
  }

  #again(name: string, channel: Channel): Command {
    const refused = async (error: unknown) => {
      if (!(error instanceof ReplyError)) return;
      await new Pause(REFUSED).over;
      if (this.#channels.get(name) !== channel || this.#connection.over) return;
      this.#connection.take(this.#again(name, channel), []);
    };
    return listening("SUBSCRIBE", name, () => {}, refused);
  }
}

type Settle = (value: unknown) => void;

function listening(verb: string, name: string, resolve: Settle, reject: Settle): Command {
  const command = new Command(resolve, reject, false);
  command.listening = true;
  encode([verb, name], command);
  return command;
}
