import { Command } from "./command.ts";
import { Decoder, type Replies } from "./decode.ts";
import { ConnectionError } from "./errors.ts";
import { Queue } from "./queue.ts";
import type { OpenSocket, RedisSocket, SocketEvents, SocketTarget } from "./socket.ts";
import { joined } from "./text.ts";

/** Who has a link. */
export interface LinkOwner {
  /** The reply to a command for which somebody still waits. */
  replied(command: Command, value: unknown): void;
  /** News of a channel. */
  told(channel: string, message: string): void;
  /** The link has ended; these commands were written and got no reply. */
  ended(link: Link, error: ConnectionError, unanswered: Command[]): void;
}

/** As much as is put together before it is written. */
const WRITE_SIZE = 256 * 1024;
const ASKING = "*1\r\n$6\r\nASKING\r\n";

/** The place of a reply for which nobody waits. */
const unheard = new Command(
  () => {},
  () => {},
  false,
);
unheard.done = true;

/** One socket from its opening to its end: what is written to it, and whose the replies are. */
export class Link implements SocketEvents, Replies {
  readonly target: SocketTarget;
  readonly #owner: LinkOwner;
  /** Whether all that comes is news, as RESP2 has it on a connection that listens. */
  readonly #news: boolean;
  readonly #sent: Queue<Command> = new Queue();
  readonly #decoder: Decoder = new Decoder(this);
  readonly #aborted = new AbortController();
  #socket: RedisSocket | undefined;
  #over: ConnectionError | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(target: SocketTarget, owner: LinkOwner, news: boolean) {
    this.target = target;
    this.#owner = owner;
    this.#news = news;
  }

  /** Why it has ended. */
  get failure(): ConnectionError | undefined {
    return this.#over;
  }

  /** Opens the socket. */
  async open(opener: OpenSocket): Promise<void> {
    let socket: RedisSocket;
    try {
      socket = await opener(this.target, this, this.#aborted.signal);
    } catch (cause) {
      throw this.#over ?? this.#unreachable(cause);
    }
    if (this.#over) {
      socket.close();
      throw this.#over;
    }
    this.#socket = socket;
  }

  /** Writes commands, in as few pieces as are reasonable. */
  write(commands: Command[]): void {
    const wasIdle = this.#sent.length === 0;
    let text = "";
    let ascii = true;
    let pieces: Array<string | Uint8Array> | undefined;
    let size = 0;
    for (let at = 0; at < commands.length; at++) {
      const command = commands[at] as Command;
      if (command.done) continue;
      const { data } = command;
      if (size > 0 && size + data.length > WRITE_SIZE) {
        this.#put(pieces, text, ascii);
        text = "";
        ascii = true;
        pieces = undefined;
        size = 0;
      }
      if (command.asking) {
        text += ASKING;
        this.#sent.push(unheard);
      }
      if (typeof data === "string") {
        text += data;
        if (!command.ascii) ascii = false;
      } else {
        pieces ??= [];
        pieces.push(text, data);
        text = "";
      }
      size += data.length;
      command.sent = true;
      this.#sent.push(command);
    }
    if (wasIdle) this.#decoder.bytes = this.#sent.first?.bytes ?? false;
    if (size > 0) this.#put(pieces, text, ascii);
  }

  /** Resolves when every command that was written has its reply, or the link has ended. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over || this.#sent.length === 0) resolve();
      else this.#whenIdle = resolve;
    });
  }

  /** Ends the socket and gives up what is under way. */
  end(error: ConnectionError): void {
    if (this.#over) return;
    this.#over = error;
    this.#decoder.stopped = true;
    this.#aborted.abort();
    this.#socket?.close();
    const unanswered: Command[] = [];
    for (let command = this.#sent.shift(); command; command = this.#sent.shift()) {
      if (!command.done) unanswered.push(command);
    }
    this.#whenIdle?.();
    this.#owner.ended(this, error, unanswered);
  }

  data(bytes: Uint8Array, length?: number): void {
    if (this.#over) return;
    try {
      this.#decoder.write(bytes, length);
    } catch (cause) {
      this.end(new ConnectionError(`the connection to ${this.#place} was given up${reason(cause)}`, { cause }));
    }
  }

  closed(cause?: unknown): void {
    const lost = `the connection to Redis at ${this.#place} was lost${reason(cause)}`;
    this.end(this.#socket ? new ConnectionError(lost, { cause }) : this.#unreachable(cause));
  }

  reply(value: unknown): void {
    if (this.#news && Array.isArray(value)) this.push(value);
    else if (this.#sent.length > 0) this.#answered(value);
    else this.end(new ConnectionError(`the connection to ${this.#place} was given up: a reply that nobody asked for`));
  }

  push(values: unknown[]): void {
    const [kind, channel, message] = values;
    if (kind === "message") this.#owner.told(String(channel), String(message));
    else if ((kind === "subscribe" || kind === "unsubscribe") && this.#sent.first?.listening) this.#answered(values);
  }

  /** The oldest command that has no reply has it now. */
  #answered(value: unknown): void {
    const command = this.#sent.shift() as Command;
    const next = this.#sent.first;
    if (next) this.#decoder.bytes = next.bytes;
    else this.#whenIdle?.();
    if (!command.done) this.#owner.replied(command, value);
  }

  #unreachable(cause: unknown): ConnectionError {
    return new ConnectionError(`Redis at ${this.#place} cannot be reached${reason(cause)}`, { cause });
  }

  get #place(): string {
    return `${this.target.host}:${this.target.port}`;
  }

  #put(pieces: Array<string | Uint8Array> | undefined, text: string, ascii: boolean): void {
    const data = pieces ? joined([...pieces, text]) : text;
    try {
      this.#socket?.write(data, ascii && pieces === undefined);
    } catch (cause) {
      // Not now: whoever called is still handing over commands.
      queueMicrotask(() => this.closed(cause));
    }
  }
}

/** Why, in the words of the runtime: a code, or what it says; Node has several errors where a name has several addresses. */
function reason(cause: unknown): string {
  const { code, message, errors } = (cause ?? {}) as { code?: unknown; message?: unknown; errors?: unknown };
  const said = message || (Array.isArray(errors) && (errors[0] as { message?: unknown })?.message) || code;
  return said ? `: ${said}` : "";
}
