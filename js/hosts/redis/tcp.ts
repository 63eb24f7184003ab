import { shown } from "../../arguments.ts";
import type { RedisArgument, RedisCommand, RedisHost } from "../redis.ts";
import { Cluster } from "./tcp/cluster.ts";
import { Command, hand, issue, type Taker } from "./tcp/command.ts";
import { Connection } from "./tcp/connection.ts";
import { ConnectionError, ReplyError, TimeoutError } from "./tcp/errors.ts";
import { Listener } from "./tcp/listener.ts";
import { type ConnectOptions, type Settings, settingsOf } from "./tcp/options.ts";
import type { SocketTarget } from "./tcp/socket.ts";

export { ConnectionError, ReplyError, TimeoutError } from "./tcp/errors.ts";
export type { ConnectOptions, ReconnectOptions, TlsOptions } from "./tcp/options.ts";
export type { OpenSocket, RedisSocket, SocketEvents, SocketTarget } from "./tcp/socket.ts";

/** A connection to Redis, as `Redis.make` takes it. */
export interface TcpRedis extends RedisHost {
  send(command: string, ...args: RedisArgument[]): Promise<unknown>;
  sendBytes(command: string, ...args: RedisArgument[]): Promise<unknown>;
  pipeline(commands: RedisCommand[]): Promise<unknown[]>;
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => Promise<void>>;
  /** Takes no more commands, waits for the replies to those that are under way, 5 seconds at most, and ends. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Connects to Redis over a socket of this runtime: Node, Deno, Bun or workerd. The connection keeps the process alive
 * until it is closed. In workerd a socket belongs to a request: connect inside of it, with `await using`.
 */
export async function connect(options: ConnectOptions = {}): Promise<TcpRedis> {
  const settings = settingsOf(options);
  const client = settings.cluster ? clusterClient(settings) : singleClient(settings);
  await client.taker.start();
  return hostOf(client, settings.cluster);
}

/** What the kinds of client differ in. */
interface Client {
  readonly taker: Taker & { start(): Promise<void> };
  readonly subscribe: TcpRedis["subscribe"];
  readonly close: () => Promise<void>;
}

function singleClient(settings: Settings): Client {
  const target = (): SocketTarget => settings.target;
  const taker = new Connection(settings, { target, refused });
  if (settings.protocol === 3) {
    const { subscriptions } = taker;
    return { taker, subscribe: (...given) => subscriptions.subscribe(...given), close: () => taker.close() };
  }
  return withListener(taker, new Listener(() => new Connection(settings, { target, listens: true })));
}

function clusterClient(settings: Settings): Client {
  const taker = new Cluster(settings);
  const targets = taker.targets();
  const target = (): SocketTarget => targets.next().value;
  return withListener(taker, new Listener(() => new Connection(settings, { target, listens: true })));
}

function withListener(taker: Connection | Cluster, listener: Listener): Client {
  return { taker, subscribe: listener.subscribe, close: () => closeAll(taker, listener) };
}

async function closeAll(...closing: Array<{ close(): Promise<void> }>): Promise<void> {
  await Promise.all(closing.map((one) => one.close()));
}

/** Says what a command that belongs to another node was refused for. */
function refused(command: Command, error: ReplyError): boolean {
  if (!/^(MOVED|ASK) /.test(error.message)) return false;
  command.fail(new ReplyError(`${error.message}: this is one node of a cluster, pass cluster: true`));
  return true;
}

function hostOf({ taker, subscribe, close }: Client, cluster: boolean): TcpRedis {
  return {
    cluster,
    send: (...parts) => issue(taker, parts, false),
    sendBytes: (...parts) => issue(taker, parts, true),
    pipeline: (commands) => pipeline(taker, commands),
    subscribe,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pipeline(taker: Taker, commands: RedisCommand[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    if (!Array.isArray(commands))
      throw new TypeError(`commands of pipeline must be an array, but is ${shown(commands)}`);
    const replies: unknown[] = new Array<unknown>(commands.length);
    let missing = commands.length;
    if (missing === 0) resolve(replies);
    commands.forEach((parts, at) => {
      const settle = (reply: unknown) => {
        replies[at] = reply;
        missing -= 1;
        if (missing > 0) return;
        if (replies.every(isSilence)) reject(replies[0]);
        else resolve(replies);
      };
      hand(taker, parts, new Command(settle, settle, false));
    });
  });
}

/** Whether Redis has said nothing. */
function isSilence(reply: unknown): boolean {
  return reply instanceof ConnectionError || reply instanceof TimeoutError;
}
