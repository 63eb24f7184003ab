import type { Scope } from "../scope.ts";
import { report } from "./changes.ts";
import type { Redis, RedisCommand } from "./redis.ts";

/** Tells other processes which keys have changed, and hears of it from them: never values, and nothing to rely on. */
export interface News {
  tell(keys: string[]): void;
  listen(heard: (key: string) => void): () => void;
}

/** News over a channel of a Redis, where its client can subscribe. */
export function redisNews(redis: Redis, channel: string, scope: Scope): News | undefined {
  const subscribe = redis.host.subscribe?.bind(redis.host);
  if (!subscribe) return undefined;
  let name: string | undefined;
  // Who tells hears it too, and knows already. Made late: the start of a worker has no randomness.
  const sender = () => {
    name ??= Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
    return name;
  };
  return {
    tell(keys) {
      const commands = keys.map((key): RedisCommand => ["PUBLISH", channel, `${sender()} ${key}`]);
      scope.background(Promise.resolve(redis.carryOut([commands])).catch(ignore));
    },
    listen(heard) {
      const listening = async () =>
        subscribe(channel, (message) => {
          const [from, ...rest] = message.split(" ");
          if (from !== sender() && rest.length > 0) heard(rest.join(" "));
        });
      const subscription = listening();
      subscription.catch(report);
      return () => {
        subscription.then((end) => end()).catch(ignore);
      };
    },
  };
}

/** A hint that is lost, or that nobody can be told any more, changes nothing. */
function ignore(): void {}
