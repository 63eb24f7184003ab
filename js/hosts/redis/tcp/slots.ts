import type { RedisArgument } from "../../redis.ts";
import { bytesOf } from "./text.ts";

/** How many slots a cluster has. */
export const SLOTS = 16_384;

/** Where the key of a command is: at this place of its arguments, after a number of keys, or nowhere. */
type KeyPlace = { at: number } | { afterCount: number } | "none" | "streams" | "pattern";

const places: ReadonlyMap<string, KeyPlace> = new Map<string, KeyPlace>([
  ...named("EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO BLMPOP BZMPOP", { afterCount: 2 }),
  ...named("LMPOP ZMPOP SINTERCARD ZINTERCARD ZDIFF ZINTER ZUNION", { afterCount: 1 }),
  ...named("BITOP MEMORY OBJECT XGROUP XINFO", { at: 2 }),
  ...named("MIGRATE", { at: 3 }),
  ...named("XREAD XREADGROUP", "streams"),
  ...named("SCAN", "pattern"),
  ...named("ACL ASKING BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND CONFIG DBSIZE DEBUG DISCARD ECHO EXEC", "none"),
  ...named("FAILOVER FLUSHALL FLUSHDB FUNCTION INFO KEYS LASTSAVE LATENCY LOLWUT MODULE MULTI PING PUBLISH", "none"),
  ...named("PUBSUB RANDOMKEY READONLY READWRITE REPLICAOF ROLE SAVE SCRIPT SHUTDOWN SLAVEOF SLOWLOG", "none"),
  ...named("SWAPDB TIME UNWATCH WAIT WAITAOF", "none"),
]);

function named(names: string, place: KeyPlace): Array<[string, KeyPlace]> {
  return names.split(" ").map((name) => [name, place]);
}

/** The slot of the first key of a command; -1 for one that any node may carry out. */
export function slotOf(parts: RedisArgument[]): number {
  const place = places.get(String(parts[0]).toUpperCase());
  const key = place === undefined ? parts[1] : keyAt(parts, place);
  return key === undefined ? -1 : slotOfKey(key);
}

function keyAt(parts: RedisArgument[], place: KeyPlace): RedisArgument | undefined {
  if (place === "none") return undefined;
  if (place === "pattern") return tagOfPattern(parts);
  if (place === "streams") return parts[parts.findIndex((part) => /^streams$/i.test(textOf(part))) + 1];
  if ("at" in place) return parts[place.at];
  const count = parts[place.afterCount];
  return count === undefined || Number(textOf(count)) === 0 ? undefined : parts[place.afterCount + 1];
}

/** SCAN has no key, but where its pattern begins with a whole hash tag, all that it can find lies in one slot. */
function tagOfPattern(parts: RedisArgument[]): string | undefined {
  const at = parts.findIndex((part, place) => place > 1 && /^match$/i.test(textOf(part)));
  const pattern = at < 0 ? undefined : parts[at + 1];
  return pattern === undefined ? undefined : /^[^*?[\]\\{]*(\{[^*?[\]\\}]+\})/.exec(textOf(pattern))?.[1];
}

function textOf(part: RedisArgument): string {
  return typeof part === "string" ? part : String.fromCharCode(...part.subarray(0, 256));
}

const OPEN = 123;
const CLOSE = 125;

/** The slot of a key: of what is in its first braces, or else of the whole. */
export function slotOfKey(key: RedisArgument): number {
  const bytes = typeof key === "string" ? bytesOf(key) : key;
  const open = bytes.indexOf(OPEN);
  const close = open < 0 ? -1 : bytes.indexOf(CLOSE, open + 1);
  return (close > open + 1 ? crc16(bytes, open + 1, close) : crc16(bytes, 0, bytes.length)) % SLOTS;
}

// CRC-16/XMODEM, which Redis Cluster is specified with: polynomial 0x1021, beginning at 0
const table: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) {
    crc = ((crc << 8) ^ (table[((crc >> 8) ^ (bytes[at] as number)) & 0xff] as number)) & 0xffff;
  }
  return crc;
}
