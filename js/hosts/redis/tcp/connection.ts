import type { Command, Taker } from "./command.ts";
import { Deadlines } from "./deadlines.ts";
import { ConnectionError, ReplyError } from "./errors.ts";
import { greet } from "./handshake.ts";
import { Link, type LinkOwner } from "./link.ts";
import type { Settings } from "./options.ts";
import { runtimeSocket, type SocketTarget } from "./socket.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Pause, within } from "./time.ts";

/** What a connection is beside its settings. */
export interface ConnectionOptions {
  /** Where to connect to, asked before each attempt. */
  target(): SocketTarget;
  /** Whether it is for channels alone, as RESP2 needs it. */
  listens?: boolean;
  /** A reply that refuses a command: true where somebody else takes the command over. */
  refused?(command: Command, error: ReplyError, connection: Connection): boolean;
  /** The connection was lost, or an attempt to connect again has failed. */
  lost?(connection: Connection): void;
}

/** How long `close` waits for replies where no `commandTimeout` says so. */
const LAST_REPLIES = 5_000;

interface NodeProcess {
  nextTick?(run: () => void): void;
}

// Node's nextTick comes after all that is going on in this turn, also after promises that wait for others.
const { nextTick } = ((globalThis as { process?: NodeProcess }).process ?? {}) as NodeProcess;
const later: (run: () => void) => void = nextTick ?? ((run) => queueMicrotask(run));

/** A connection that is made again when it is lost, with the commands that wait for it. */
export class Connection implements LinkOwner, Taker {
  /** The channels that are listened to on this connection. */
  readonly subscriptions: Subscriptions = new Subscriptions(this);
  readonly #settings: Settings;
  readonly #options: ConnectionOptions;
  readonly #deadlines: Deadlines;
  #waiting: Command[] = [];
  #scheduled = false;
  /** The link, once it is ready for commands. */
  #ready: Link | undefined;
  #opening: Link | undefined;
  #pause: Pause | undefined;
  #over: ConnectionError | undefined;
  #lastFailure: unknown;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings, options: ConnectionOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#deadlines = new Deadlines(settings.commandTimeout, this.#expired);
  }

  /** Whether commands are written as they come. */
  get ready(): boolean {
    return this.#ready !== undefined;
  }

  /** Why it has ended for good. */
  get over(): ConnectionError | undefined {
    return this.#over;
  }

  /** Connects once; rejects where that fails, and is of no use then. */
  async start(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      this.#finish(error as ConnectionError);
      throw error;
    }
  }

  /** Connects without anybody who waits for it. */
  startLater(): void {
    void this.#reconnect(0);
  }

  take(command: Command): void {
    const refusal = this.#ready ? undefined : this.#refusal();
    if (refusal) {
      command.fail(refusal);
      return;
    }
    this.#deadlines.add(command);
    this.#waiting.push(command);
    if (this.#scheduled || this.#ready === undefined) return;
    this.#scheduled = true;
    later(this.#flush);
  }

  /** The commands that were not written yet; they are the caller's from now on. */
  giveBack(): Command[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Takes no more commands, waits a while for the replies to those that there are, and ends. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  replied(command: Command, value: unknown): void {
    if (!(value instanceof ReplyError)) command.succeed(value);
    else if (!this.#options.refused?.(command, value, this)) command.fail(value);
  }

  told(channel: string, message: string): void {
    this.subscriptions.tell(channel, message);
  }

  ended(link: Link, error: ConnectionError, unanswered: Command[]): void {
    const wasReady = link === this.#ready;
    const again: Command[] = [];
    for (const command of unanswered) {
      // listening may be asked for twice
      if (wasReady && command.listening) again.push(command);
      else command.fail(new ConnectionError(error.message, { sent: true, cause: error.cause }));
    }
    if (!wasReady) return;
    this.#ready = undefined;
    this.#lastFailure = error;
    this.#waiting.unshift(...again);
    if (this.#settings.reconnect) void this.#reconnect(1);
    else this.#finish(error);
    this.#options.lost?.(this);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#ready === undefined || this.#waiting.length === 0) return;
    const commands = this.#waiting;
    this.#waiting = [];
    this.#ready.write(commands);
  };

  /** What was not written and waits no longer makes room; why it had to wait is what went wrong last. */
  readonly #expired = (): unknown => {
    if (this.#ready) return undefined;
    const now = performance.now();
    this.#waiting = this.#waiting.filter((command) => command.deadline > now);
    return this.#lastFailure;
  };

  /** One attempt. */
  async #connect(): Promise<void> {
    const { connectTimeout, protocol } = this.#settings;
    const target = this.#options.target();
    const link = new Link(target, this, this.#options.listens === true && protocol === 2);
    this.#opening = link;
    try {
      const place = `${target.host}:${target.port}`;
      await within(connectTimeout, this.#establish(link), () => {
        return new ConnectionError(`connecting to Redis at ${place} took more than ${connectTimeout} ms`);
      });
      if (link.failure) throw link.failure;
    } catch (error) {
      link.end(error as ConnectionError);
      throw error;
    } finally {
      this.#opening = undefined;
    }
    this.#ready = link;
    // listening goes first: what waits may be what others will be told of
    this.#waiting.unshift(...this.subscriptions.commands());
    this.#flush();
  }

  async #establish(link: Link): Promise<void> {
    await link.open(this.#settings.socket ?? runtimeSocket());
    await greet(link, this.#settings);
  }

  /** Attempts until one succeeds. `failed`: how many have failed before; none means not to wait. */
  async #reconnect(failed: number): Promise<void> {
    const { minDelay, maxDelay, attempts } = this.#settings.reconnect ?? { minDelay: 0, maxDelay: 0, attempts: 1 };
    for (let attempt = 0; attempt < attempts && !this.#over; attempt++) {
      if (attempt > 0) this.#options.lost?.(this);
      if (failed + attempt > 0) {
        const longest = Math.min(maxDelay, minDelay * 2 ** (failed + attempt - 1));
        this.#pause = new Pause(longest * (0.5 + Math.random() / 2));
        await this.#pause.over;
      }
      if (this.#over) return;
      try {
        return await this.#connect();
      } catch (error) {
        this.#lastFailure = error;
      }
    }
    this.#finish(this.#lastFailure as ConnectionError);
    this.#options.lost?.(this);
  }

  async #close(): Promise<void> {
    if (this.#over) return;
    this.#flush();
    const link = this.#ready;
    this.#ready = undefined;
    const error = new ConnectionError("the client was closed");
    this.#over = error;
    this.#pause?.end();
    this.#opening?.end(error);
    this.#failWaiting(error);
    if (link) {
      const longest = Math.min(this.#settings.commandTimeout, LAST_REPLIES);
      await within(longest, link.idle(), () => error).catch(() => {});
      link.end(error);
    }
    this.#deadlines.clear();
  }

  /** Ends it for good. */
  #finish(error: ConnectionError): void {
    this.#over ??= error;
    this.#failWaiting(this.#over);
    this.#deadlines.clear();
  }

  #failWaiting(error: ConnectionError): void {
    for (const command of this.giveBack()) command.fail(new ConnectionError(error.message, { cause: error.cause }));
  }

  /** Why a command cannot even wait. */
  #refusal(): ConnectionError | undefined {
    if (this.#over) return new ConnectionError(this.#over.message, { cause: this.#over.cause });
    const { maxQueue } = this.#settings;
    if (this.#waiting.length < maxQueue) return undefined;
    const cause = this.#lastFailure;
    return new ConnectionError(`${maxQueue} commands wait for the connection to Redis: maxQueue takes no more`, {
      cause,
    });
  }
}
