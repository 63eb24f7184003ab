import { checkFunction } from "../../arguments.ts";
import type { RedisCommand, RedisHost } from "../redis.ts";
import { sideBySide } from "./replies.ts";
import { sharedSubscriptions } from "./subscriptions.ts";

type Listener = (message: string, channel: string) => void;

/** What durastate needs of Bun's `RedisClient`. */
export interface BunRedisClient {
  send(command: string, args: string[]): Promise<unknown>;
  duplicate(): Promise<BunRedisSubscriber>;
}

/** A second connection of Bun, which listens to channels. */
export interface BunRedisSubscriber {
  subscribe(channel: string, listener: Listener): Promise<unknown>;
  unsubscribe(channel: string, listener: Listener): Promise<unknown>;
  onconnect: unknown;
  close(): void;
}

/**
 * A host for `Redis.make` out of Bun's `RedisClient`: `Bun.redis`, or one of your own.
 *
 * Bun gives integers beyond 2^53 rounded, and has bytes for the reply to GET alone, so there is no `sendBytes`.
 * Channels share one more connection, which is open as long as anything listens.
 */
export function fromBun(client: BunRedisClient): RedisHost {
  checkFunction("send of the client of fromBun", client?.send);
  // Bun takes bytes among the arguments, though its types do not say so.
  const send = async ([command, ...args]: RedisCommand): Promise<unknown> => client.send(command, args as string[]);
  return {
    send: (...command) => send(command),
    // Bun writes at once what is sent in one turn of the event loop.
    pipeline: (commands) => sideBySide(commands.map((command) => () => send(command))),
    subscribe: sharedSubscriptions(async (heard) => {
      const subscriber = await client.duplicate();
      const joined = new Set<string>();
      // Bun connects again by itself, but keeps its listeners and forgets to tell the server of their channels.
      subscriber.onconnect = () => {
        for (const channel of joined) rejoin(subscriber, channel, heard).catch(() => undefined);
      };
      return {
        join: async (channel) => {
          await subscriber.subscribe(channel, heard);
          joined.add(channel);
        },
        leave: async (channel, last) => {
          joined.delete(channel);
          if (last) subscriber.close();
          else await subscriber.unsubscribe(channel, heard);
        },
      };
    }),
  };
}

async function rejoin(subscriber: BunRedisSubscriber, channel: string, heard: Listener): Promise<void> {
  // Else the listener would be there twice.
  await subscriber.unsubscribe(channel, heard);
  await subscriber.subscribe(channel, heard);
}
