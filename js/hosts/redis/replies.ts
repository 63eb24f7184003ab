import type { RedisArgument } from "../redis.ts";
import { type Awaitable, isBytes } from "../store.ts";

/** A reply with everything in it that holds nothing else as `leaf` makes it. */
export function mapReply(reply: unknown, leaf: (value: unknown) => unknown): unknown {
  if (typeof reply === "string") return leaf(reply);
  if (typeof reply !== "object" || reply === null || isBytes(reply) || reply instanceof Error) return leaf(reply);
  if (Array.isArray(reply)) return reply.map((inner) => mapReply(inner, leaf));
  if (reply instanceof Map) return new Map(mapReply([...reply], leaf) as Array<[unknown, unknown]>);
  if (reply instanceof Set) return new Set(mapReply([...reply], leaf) as unknown[]);
  // A map of RESP3: the client made this object for this reply alone.
  const fields = reply as Record<string, unknown>;
  for (const name of Object.keys(fields)) fields[name] = mapReply(fields[name], leaf);
  return reply;
}

/** The integer that these digits say. */
export function integer(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

/** Refuses an integer that the client has rounded: what it really was is lost. */
export function refuseRounded(remedy: string): (value: unknown) => unknown {
  return (value) => {
    if (typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value)) return value;
    throw new RangeError(`the reply is an integer beyond 2^53, which this client rounds${remedy}`);
  };
}

/** Bytes of their own: a client's may be a view of all that the socket gave. */
export function ownBytes(value: unknown): unknown {
  return isBytes(value) ? new Uint8Array(value) : value;
}

/** What the functions give that are called one after the other at once: an `Error` in the place of one that failed. */
export async function sideBySide(calls: Array<() => Awaitable<unknown>>): Promise<unknown[]> {
  const settled = await Promise.allSettled(calls.map(async (call) => call()));
  return settled.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : asError(outcome.reason)));
}

/** The same, each after the one before it is over. */
export async function inOrder(calls: Array<() => Awaitable<unknown>>): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  for (const call of calls) outcomes.push(...(await sideBySide([call])));
  return outcomes;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Node's bytes, as far as these adapters know them. */
interface NodeBuffers {
  from(buffer: ArrayBufferLike, byteOffset: number, length: number): Uint8Array;
}

/** Arguments for a client of Node: most are text, and nothing is made anew then. */
export function nodeArguments<Arguments extends RedisArgument[]>(args: Arguments): RedisArgument[] {
  return args.every((arg) => typeof arg === "string") ? args : args.map(nodeArgument);
}

/** An argument for a client of Node, which knows bytes only as a `Buffer`. The bytes are not copied. */
function nodeArgument(arg: RedisArgument): RedisArgument {
  if (typeof arg === "string") return arg;
  const { Buffer } = globalThis as unknown as { Buffer: NodeBuffers };
  return Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength);
}

/** A reply of a client of Node in which strings are integers and bytes are text. */
export function exactReply(reply: unknown): unknown {
  return mapReply(reply, exactLeaf);
}

/** The same with bytes that stay bytes. */
export function exactBytes(reply: unknown): unknown {
  return mapReply(reply, (value) => (typeof value === "string" ? integer(value) : ownBytes(value)));
}

function exactLeaf(value: unknown): unknown {
  if (typeof value === "string") return integer(value);
  // A Buffer, which is UTF-8 as a string.
  return isBytes(value) ? String(value) : value;
}
