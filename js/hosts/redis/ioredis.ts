import { checkFunction } from "../../arguments.ts";
import type { RedisArgument, RedisHost } from "../redis.ts";
import type { Awaitable } from "../store.ts";
import {
  exactBytes,
  exactReply,
  inOrder,
  mapReply,
  nodeArguments,
  ownBytes,
  refuseRounded,
  sideBySide,
} from "./replies.ts";
import { sharedSubscriptions } from "./subscriptions.ts";

/** What the client was made with, as far as it matters here. */
export interface IoredisOptions {
  readonly stringNumbers?: boolean | undefined;
  readonly enableAutoPipelining?: boolean | undefined;
  readonly redisOptions?: { readonly stringNumbers?: boolean | undefined } | undefined;
}

/** What durastate needs of a `Redis` or a `Cluster` of ioredis, or of its fork iovalkey. */
export interface IoredisClient {
  readonly isCluster?: boolean;
  readonly options?: IoredisOptions;
  call(command: string, ...args: never[]): Promise<unknown>;
  callBuffer(command: string, ...args: never[]): Promise<unknown>;
  pipeline(): unknown;
  duplicate(...overrides: never[]): unknown;
}

/** The same with what it really takes: the types of ioredis name more overloads than an interface can. */
interface Caller {
  call(command: string, ...args: RedisArgument[]): Promise<unknown>;
  callBuffer(command: string, ...args: RedisArgument[]): Promise<unknown>;
  pipeline(): Collector;
  duplicate(...overrides: unknown[]): Subscriber;
}

/** Commands that are sent together. */
interface Collector {
  call(command: string, ...args: RedisArgument[]): unknown;
  callBuffer(command: string, ...args: RedisArgument[]): unknown;
  exec(): Promise<Array<[error: Error | null, reply?: unknown]> | null>;
}

interface Subscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: "error", listener: () => void): unknown;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  disconnect(): void;
}

const wholeIntegers = refuseRounded(": make it with stringNumbers: true");

/**
 * A host for `Redis.make` out of a `Redis` or a `Cluster` of ioredis.
 *
 * Integers beyond 2^53 need a client that was made with `stringNumbers: true`: another one rounds them, which is refused.
 * Make the client with `autoResendUnfulfilledCommands: false`. With the default, ioredis sends a command again whose reply
 * was lost with the connection, and a change that Redis had made already may be made twice.
 *
 * Channels share one more connection, which is open as long as anything listens.
 */
export function fromIoredis(client: IoredisClient): RedisHost {
  const caller = client as unknown as Caller;
  checkFunction("call of the client of fromIoredis", caller?.call);
  const inCluster = client.isCluster === true;
  // Then every integer is a string, and only bytes tell it from a text.
  const exact = (inCluster ? client.options?.redisOptions : client.options)?.stringNumbers === true;
  const collects = client.options?.enableAutoPipelining === true;

  const toText = exact ? exactReply : (reply: unknown) => mapReply(reply, wholeIntegers);
  const toBytes = exact ? exactBytes : (reply: unknown) => mapReply(reply, (value) => ownBytes(wholeIntegers(value)));

  function send(command: string, ...args: RedisArgument[]): Promise<unknown> {
    if (exact) return callBuffer(command, args).then(toText);
    return caller.call(command, ...nodeArguments(args)).then(toText);
  }

  async function callBuffer(command: string, args: RedisArgument[]): Promise<unknown> {
    const given = nodeArguments(args);
    if (!collects) return caller.callBuffer(command, ...given);
    // Where ioredis collects commands by itself, it loses the name of one that was given to callBuffer.
    const pipeline = caller.pipeline();
    pipeline.callBuffer(command, ...given);
    const [error, reply] = (await pipeline.exec())?.[0] ?? [];
    if (error) throw error;
    return reply;
  }

  return {
    cluster: inCluster,
    send,
    sendBytes: async (command, ...args) => toBytes(await callBuffer(command, args)),
    pipeline: async (commands) => {
      // A pipeline of ioredis goes to one node; in a cluster the commands may belong to several.
      if (inCluster) {
        const calls = commands.map((command) => () => send(...command));
        // With integers as text a Cluster compares slots as text: it does not know where a third of them are, and sends each
        // command to any node first. What leaves together would arrive in any order.
        return exact ? inOrder(calls) : sideBySide(calls);
      }
      const pipeline = caller.pipeline();
      for (const [command, ...args] of commands) {
        const given = nodeArguments(args);
        if (exact) pipeline.callBuffer(command, ...given);
        else pipeline.call(command, ...given);
      }
      const replies = (await pipeline.exec()) ?? [];
      return sideBySide(
        replies.map(
          ([error, reply]) =>
            () =>
              error ?? toText(reply),
        ),
      );
    },
    subscribe: sharedSubscriptions((heard) => {
      // Where commands do not wait for a connection, this one could not even ask for its first channel.
      const options = { enableOfflineQueue: true };
      const subscriber = inCluster ? caller.duplicate([], options) : caller.duplicate(options);
      // It connects again by itself; what is wrong with the server the user's own client tells.
      subscriber.on("error", () => undefined);
      subscriber.on("message", (channel, message) => heard(message, channel));
      return {
        join: (channel) => subscriber.subscribe(channel),
        leave: (channel, last): Awaitable<unknown> =>
          last ? subscriber.disconnect() : subscriber.unsubscribe(channel),
      };
    }),
  };
}
