import type { RedisArgument } from "../../redis.ts";
import { type Encoded, encode } from "./encode.ts";

type Settle = (value: unknown) => void;

/** A command on its way, and who waits for its reply. */
export class Command implements Encoded {
  data: string | Uint8Array = "";
  ascii = true;
  /** Whether bulk replies are wanted as bytes. */
  readonly bytes: boolean;
  readonly resolve: Settle;
  readonly reject: Settle;
  /** Whether whoever waits has been told. */
  done = false;
  /** Whether it has been written. */
  sent = false;
  /** When it is given up, in the time of `performance.now`. */
  deadline: number = Infinity;
  /** Whether it starts or ends listening, which may be done twice; RESP3 answers it by a push. */
  listening = false;
  /** Whether the node of a cluster must be told that the command was sent to it by another one. */
  asking = false;
  /** The slot of its key; -1 for none. */
  slot = -1;
  /** How many nodes of a cluster have sent it on. */
  hops = 0;

  constructor(resolve: Settle, reject: Settle, bytes: boolean) {
    this.resolve = resolve;
    this.reject = reject;
    this.bytes = bytes;
  }

  succeed(value: unknown): void {
    this.done = true;
    this.resolve(value);
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.done = true;
    this.reject(error);
  }
}

/** Who takes commands. */
export interface Taker {
  /** `parts` are what the command is made of. */
  take(command: Command, parts: RedisArgument[]): void;
}

let resolveNext: Settle;
let rejectNext: Settle;
// One function for all promises instead of one for each.
function remember(resolve: Settle, reject: Settle): void {
  resolveNext = resolve;
  rejectNext = reject;
}

/** Hands a command over and gives its reply. */
export function issue(taker: Taker, parts: RedisArgument[], bytes: boolean): Promise<unknown> {
  const promise = new Promise<unknown>(remember);
  hand(taker, parts, new Command(resolveNext, rejectNext, bytes));
  return promise;
}

/** Hands a command over. */
export function hand(taker: Taker, parts: RedisArgument[], command: Command): void {
  try {
    checkName(parts[0]);
    encode(parts, command);
    taker.take(command, parts);
  } catch (error) {
    command.fail(error);
  }
}

const FORBIDDEN: ReadonlySet<unknown> = new Set(
  ["MONITOR", "PSUBSCRIBE", "PSYNC", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE", "SUNSUBSCRIBE", "SYNC", "UNSUBSCRIBE"]
    .concat(["AUTH", "HELLO", "QUIT", "RESET", "SELECT"])
    .flatMap((name) => [name, name.toLowerCase()]),
);

/** Refuses what would change the connection that everybody uses, or how its replies are counted. */
function checkName(name: unknown): void {
  if (FORBIDDEN.has(name)) {
    throw new TypeError(`${name} cannot be sent: the connection is shared. Use subscribe, or the options of connect`);
  }
}
