import type { RedisHost } from "../redis.ts";
import type { Awaitable } from "../store.ts";

/** A connection that listens to channels and does nothing else. */
export interface Listening {
  join(channel: string): Awaitable<unknown>;
  /** Leaves a channel; after the last one the connection is not needed any more. */
  leave(channel: string, last: boolean): Awaitable<unknown>;
}

/**
 * Subscriptions that share one connection: `open` makes it when somebody listens, and it goes when nobody does any more.
 * What it hears it tells `heard`.
 */
export function sharedSubscriptions(
  open: (heard: (message: string, channel: string) => void) => Awaitable<Listening>,
): NonNullable<RedisHost["subscribe"]> {
  const listeners = new Map<string, Set<(message: string) => void>>();
  let opened: Listening | undefined;
  // One change after the other, so that a channel is not left while somebody else is about to join it.
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = turn.then(change);
    turn = done.catch(() => undefined);
    return done;
  }

  function heard(message: string, channel: string): void {
    for (const listener of [...(listeners.get(channel) ?? [])]) listener(message);
  }

  async function join(channel: string, listener: (message: string) => void): Promise<void> {
    const others = listeners.get(channel);
    if (others) {
      others.add(listener);
      return;
    }
    opened ??= await open(heard);
    listeners.set(channel, new Set([listener]));
    try {
      await opened.join(channel);
    } catch (error) {
      await leave(channel, listener).catch(() => undefined);
      throw error;
    }
  }

  async function leave(channel: string, listener: (message: string) => void): Promise<void> {
    const others = listeners.get(channel);
    others?.delete(listener);
    if (!opened || others?.size) return;
    listeners.delete(channel);
    const connection = opened;
    const last = listeners.size === 0;
    if (last) opened = undefined;
    await connection.leave(channel, last);
  }

  return async (channel, onMessage) => {
    let listens = true;
    // A function of its own: the same `onMessage` may be given twice.
    const listener = (message: string) => {
      if (listens) onMessage(message);
    };
    await inTurn(() => join(channel, listener));
    let ended: Promise<void> | undefined;
    return () => {
      listens = false;
      ended ??= inTurn(() => leave(channel, listener));
      return ended;
    };
  };
}
