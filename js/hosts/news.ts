import { uniqueText } from "../random.ts";
import { alongside } from "../runner.ts";
import type { Scope } from "../scope.ts";
import type { Redis, RedisCommand } from "./redis.ts";

/** Tells other processes which keys have changed, and hears of it from them: never values, and nothing to rely on. */
export interface News {
  tell(keys: string[]): void;
  /** `failed` is told when nothing can be heard; the function it gives ends the listening. */
  listen(heard: (key: string) => void, failed: (thrown: unknown) => void): () => Promise<void>;
}

/** News over a channel of a Redis, where its client can subscribe. */
export function redisNews(redis: Redis, channel: string, scope: Scope): News | undefined {
  const subscribe = redis.host.subscribe?.bind(redis.host);
  if (!subscribe) return undefined;
  let name: string | undefined;
  // Who tells hears it too, and knows already.
  const sender = () => {
    name ??= uniqueText();
    return name;
  };
  return {
    tell(keys) {
      const commands = keys.map((key): RedisCommand => ["PUBLISH", channel, `${sender()} ${key}`]);
      alongside(redis, commands, scope);
    },
    listen(heard, failed) {
      let ended = false;
      const listening = async () =>
        subscribe(channel, (message) => {
          const [from, ...rest] = message.split(" ");
          if (from !== sender() && rest.length > 0) heard(rest.join(" "));
        });
      // Whoever has ended it may have closed the connection meanwhile.
      const subscription = listening().catch((thrown) => {
        if (!ended) failed(thrown);
      });
      return async () => {
        ended = true;
        try {
          await (await subscription)?.();
        } catch {
          // What is heard from now on goes nowhere anyway.
        }
      };
    },
  };
}
