import * as glue from "#glue";
import { BugError } from "./errors.ts";
import type { Awaitable, HostStore, Value } from "./hosts/store.ts";
import { report } from "./hosts/changes.ts";
import { enter, onBroken } from "./instance.ts";
import { defaultScope, type Scope } from "./scope.ts";

/** What Rust says of a call that failed; the layer makes one of its errors of it. */
export class Failure {
  constructor(
    readonly kind: string,
    readonly message: string,
    readonly key: string | undefined,
    readonly cause: unknown,
  ) {}
}

type Request =
  | [request: number, awaited: boolean, verb: "sleep", until: number]
  | [request: number, awaited: boolean, verb: "read" | "remove", host: HostStore, keys: string[]]
  | [request: number, awaited: boolean, verb: "write", host: HostStore, entries: Array<[string, Value]>]
  | [request: number, awaited: boolean, verb: "list", host: HostStore, prefix: string, cursor: string | undefined, limit: number]
  | [request: number, awaited: boolean, verb: "swap", host: HostStore, changes: Array<[string, Value | undefined, Value | undefined]>];

/** A call that waits for its task. */
interface Waiting {
  settled: boolean;
  failed: boolean;
  value: unknown;
  wake?: () => void;
}

const FAILED = 1;
const PENDING = 2;
const WORK = 4;
const LONGEST_TIMER = 2 ** 31 - 1;

const waiting = new Map<number, Waiting>();
const timers = new Map<number, ReturnType<typeof setTimeout>>();
let turn: Request[] = [];
let pumping = false;
let epoch = 0;
let inBackground = false;

onBroken((bug: BugError) => {
  epoch += 1;
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  turn = [];
  const calls = [...waiting.values()];
  waiting.clear();
  for (const call of calls) settle(call, true, bug);
  if (calls.length === 0 && inBackground) report(bug);
});

/**
 * Takes a step in Rust and gives its answer: at once if nothing has to be waited for, and as a promise otherwise.
 * Throws or rejects with a {@link Failure}, a `BugError`, or the reason of the signal, which drops the task.
 */
export function call<T>(step: () => unknown, signal?: AbortSignal, scope: Scope = defaultScope()): T | Promise<T> {
  signal?.throwIfAborted();
  const value = enter(step);
  const status = enter(glue.status);
  if ((status & PENDING) === 0) {
    if (status & WORK) pump(scope);
    if (status & FAILED) throw failure(value);
    return value as T;
  }
  const task = value as number;
  const waits: Waiting = { settled: false, failed: false, value: undefined };
  waiting.set(task, waits);
  pump(scope);
  if (!waits.settled) return wait(task, waits, signal, scope) as Promise<T>;
  if (waits.failed) throw waits.value;
  return waits.value as T;
}

/** A step whose answer is never a task. */
export function answer<T>(step: () => unknown): T {
  const value = enter(step);
  if (enter(glue.status) & FAILED) throw failure(value);
  return value as T;
}

function wait(task: number, waits: Waiting, signal: AbortSignal | undefined, scope: Scope): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      waiting.delete(task);
      settle(waits, true, signal?.reason);
      resume(() => glue.cancel(task), scope);
    };
    waits.wake = () => {
      signal?.removeEventListener("abort", abort);
      if (waits.failed) reject(waits.value);
      else resolve(waits.value);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function settle(call: Waiting, failed: boolean, value: unknown): void {
  if (call.settled) return;
  Object.assign(call, { settled: true, failed, value });
  call.wake?.();
}

function failure(told: unknown): Failure {
  const [kind, message, key, cause] = told as [string, string, string | undefined, unknown];
  return new Failure(kind, message, key, cause);
}

/** Takes a step that nobody called for. When it breaks the module, those who wait have been told already. */
function resume(step: () => void, scope: Scope): void {
  inBackground = true;
  try {
    enter(step);
    pump(scope);
  } catch (thrown) {
    if (!(thrown instanceof BugError)) throw thrown;
  } finally {
    inBackground = false;
  }
}

/** Lets Rust go on until all it waits for lies with the host, and carries out what can be had at once. */
function pump(scope: Scope): void {
  // Called by a host that was just asked: the loop that asked it goes on.
  if (pumping) return;
  pumping = true;
  try {
    do {
      for (const event of enter(glue.run) as unknown[][]) happened(event, scope);
    } while (enter(glue.status) & WORK);
  } finally {
    pumping = false;
  }
}

function happened([what, ...rest]: unknown[], scope: Scope): void {
  switch (what) {
    case 0:
      return asked(rest as Request, scope);
    case 1:
      return calledOff(rest[0] as number);
    default: {
      const [task, value] = rest as [number, unknown];
      const call = waiting.get(task);
      waiting.delete(task);
      if (call) settle(call, what === 3, what === 3 ? failure(value) : value);
    }
  }
}

function asked(request: Request, scope: Scope): void {
  if (request[2] === "sleep") return sleep(request[0], request[3], request[1], scope);
  if (request[3].immediate) return carryOut([request], scope);
  if (turn.length === 0) queueMicrotask(() => flush(scope));
  turn.push(request);
}

/** What was asked in one turn of the event loop leaves together: reads of one store are one read. */
function flush(scope: Scope): void {
  const reads = new Map<HostStore, Request[]>();
  for (const request of turn) {
    if (request[2] !== "read") {
      carryOut([request], scope);
      continue;
    }
    const together = reads.get(request[3]);
    if (together) together.push(request);
    else reads.set(request[3], [request]);
  }
  turn = [];
  for (const together of reads.values()) carryOut(together, scope);
}

/** Carries out one request, or several reads of one store as one, and replies; at once where the host is immediate. */
function carryOut(together: Request[], scope: Scope): void {
  const sent = epoch;
  const reply = (result: unknown) => {
    if (sent === epoch) resume(() => replyTo(together, result), scope);
  };
  const fail = (cause: unknown) => {
    const unsupported = cause instanceof Unsupported;
    const replies = () => {
      for (const [request] of together) glue.reply_failed(request, unsupported, cause);
    };
    if (sent === epoch) resume(replies, scope);
  };
  let result: unknown;
  try {
    result = perform(together);
  } catch (cause) {
    return fail(cause);
  }
  if (!(result instanceof Promise)) return reply(result);
  const done = result.then(reply, fail);
  if (!together.some(([, awaited]) => awaited)) scope.background(done);
}

/** Thrown by a host for what it can not do at all. */
export class Unsupported extends Error {}

function perform(together: Request[]): Awaitable<unknown> {
  const first = together[0] as Exclude<Request, { 2: "sleep" }>;
  const host = first[3];
  switch (first[2]) {
    case "read":
      return readAll(host, together.flatMap((request) => request[4] as string[]));
    case "remove":
      return all(first[4].map((key) => host.remove(key)));
    case "write":
      return all(first[4].map(([key, value]) => host.set(key, value)));
    case "list":
      return host.list(first[4], first[5], first[6]);
    case "swap":
      return swapAll(host, first[4]);
  }
}

function readAll(host: HostStore, keys: string[]): Awaitable<unknown> {
  return host.getMany ? host.getMany(keys) : all(keys.map((key) => host.get(key)));
}

function swapAll(host: HostStore, changes: Array<[string, Value | undefined, Value | undefined]>): Awaitable<boolean> {
  const [change] = changes;
  if (!host.swap || changes.length !== 1 || !change) throw new Unsupported("this store can not compare and swap that");
  return host.swap(...change);
}

/** All results: at once if all are there. */
function all(results: Awaitable<unknown>[]): Awaitable<unknown[]> {
  return results.some((result) => result instanceof Promise) ? Promise.all(results) : results;
}

function replyTo(together: Request[], result: unknown): void {
  switch (together[0]?.[2]) {
    case "read": {
      let from = 0;
      for (const [request, , , , keys] of together as Array<Extract<Request, { 2: "read" | "remove" }>>) {
        glue.reply_values(request, (result as unknown[]).slice(from, (from += keys.length)));
      }
      return;
    }
    case "list": {
      const { keys, next } = result as { keys: string[]; next?: string };
      return glue.reply_page(together[0][0], keys, next);
    }
    case "swap":
      return glue.reply_flag(together[0][0], result as boolean);
    default:
      return glue.reply_done((together[0] as Request)[0]);
  }
}

/** Replies when the moment has come. Only a sleep under a promise that somebody awaits keeps a process alive. */
function sleep(request: number, until: number, awaited: boolean, scope: Scope): void {
  const timer = setTimeout(
    () => {
      if (Date.now() < until) return sleep(request, until, awaited, scope);
      timers.delete(request);
      resume(() => glue.reply_done(request), scope);
    },
    Math.min(Math.max(0, Math.ceil(until - Date.now())), LONGEST_TIMER),
  );
  timers.set(request, timer);
  if (!awaited) letGo(timer);
}

/** Node and Bun give an object for a timer, browsers and Deno a number. */
function letGo(timer: unknown): void {
  if (typeof timer === "object") (timer as { unref?(): void }).unref?.();
  else (globalThis as { Deno?: { unrefTimer?(timer: unknown): void } }).Deno?.unrefTimer?.(timer);
}

function calledOff(request: number): void {
  clearTimeout(timers.get(request));
  timers.delete(request);
  turn = turn.filter(([waits]) => waits !== request);
}
