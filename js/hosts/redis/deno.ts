import { checkFunction } from "../../arguments.ts";
import type { RedisArgument, RedisCommand, RedisHost } from "../redis.ts";
import { isBytes } from "../store.ts";
import { mapReply, ownBytes, refuseRounded, sideBySide } from "./replies.ts";

/** How both the client and its pipeline are given a command. */
export type DenoRedisSend = (
  command: string,
  args?: RedisArgument[],
  options?: { returnUint8Arrays?: boolean },
) => Promise<unknown>;

/** What durastate needs of the client of `jsr:@db/redis`, and of `deno.land/x/redis` from version 0.33. */
export interface DenoRedisClient {
  sendCommand: DenoRedisSend;
  pipeline(): DenoRedisPipeline;
}

/** Commands that the client collects and sends together. */
export interface DenoRedisPipeline {
  sendCommand: DenoRedisSend;
  flush(): Promise<unknown[]>;
}

/**
 * A host for `Redis.make` out of the Redis client for Deno.
 *
 * The client rounds integers beyond 2^53, which is refused. It has no second connection to listen with, so there is no
 * `subscribe`. It looks for a lost server as often as its `maxRetryCount` says; after that it stays closed.
 */
export function fromDeno(client: DenoRedisClient): RedisHost {
  checkFunction("sendCommand of the client of fromDeno", client?.sendCommand);
  const asText = (by: DenoRedisClient | DenoRedisPipeline, [command, ...args]: RedisCommand) =>
    by.sendCommand(command, args, { returnUint8Arrays: GIVES_VALUES.has(command.toUpperCase()) });
  return {
    send: async (...command) => toText(await asText(client, command)),
    sendBytes: async (command, ...args) =>
      mapReply(await client.sendCommand(command, args, { returnUint8Arrays: true }), (value) => ownBytes(whole(value))),
    pipeline: async (commands) => {
      const pipeline = client.pipeline();
      for (const command of commands) asText(pipeline, command);
      const replies = await pipeline.flush();
      return sideBySide(replies.map((reply) => () => toText(reply)));
    },
  };
}

/**
 * The commands whose replies hold what somebody stored. The client would take a byte order mark off its beginning, so
 * these give bytes. Others may not: the bytes of a status are overwritten by what the client reads next.
 */
const GIVES_VALUES = new Set(
  (
    "EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO GET GETDEL GETEX GETRANGE GETSET HGET HGETALL HKEYS HMGET HSCAN " +
    "HVALS KEYS LINDEX LMOVE LPOP LRANGE MGET RPOP SCAN SMEMBERS SPOP SRANDMEMBER SSCAN XRANGE XREAD XREADGROUP " +
    "XREVRANGE ZPOPMAX ZPOPMIN ZRANGE ZRANGEBYSCORE ZREVRANGE ZSCAN"
  ).split(" "),
);

const whole = refuseRounded("");
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function toText(reply: unknown): unknown {
  return mapReply(reply, (value) => (isBytes(value) ? utf8.decode(value) : whole(value)));
}
