import * as glue from "#glue";
import { after, letGo, type Timer } from "./clock.ts";
import { BugError } from "./errors.ts";
import { report } from "./hosts/changes.ts";
import type { Seam } from "./hosts/seam.ts";
import { type Awaitable, type HostStore, isBytes, type Value } from "./hosts/store.ts";
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
  | [request: number, awaited: boolean, verb: "seam", host: Seam, asked: unknown]
  | [request: number, awaited: boolean, verb: "read" | "remove", host: HostStore, keys: string[]]
  | [request: number, awaited: boolean, verb: "write", host: HostStore, entries: Array<[string, Value]>]
  | [
      request: number,
      awaited: boolean,
      verb: "list",
      host: HostStore,
      prefix: string,
      cursor: string | undefined,
      limit: number,
    ]
  | [
      request: number,
      awaited: boolean,
      verb: "swap",
      host: HostStore,
      changes: Array<[string, Value | undefined, Value | undefined]>,
    ];

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
/** The name of a request that no task waits for. */
const NOBODY = Number.MAX_SAFE_INTEGER;

const waiting = new Map<number, Waiting>();
const timers = new Map<number, Timer>();
/** What was asked in this turn of the event loop and has not left yet. */
const turns = new Map<Scope, Request[]>();
let pumping = false;
let epoch = 0;
let inBackground = false;

onBroken((bug: BugError) => {
  epoch += 1;
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
  turns.clear();
  // Later: whoever hears of it may call the library, which is just being renewed.
  if (waiting.size === 0 && inBackground) queueMicrotask(() => report(bug));
  for (const [task, call] of waiting) {
    settle(call, true, bug);
    waiting.delete(task);
  }
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
    // A host may have aborted it while it was asked.
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}

function settle(call: Waiting, failed: boolean, value: unknown): void {
  if (!call.settled) Object.assign(call, { settled: true, failed, value });
  call.wake?.();
}

function failure(told: unknown): Failure {
  const [kind, message, key, cause] = told as [string, string, string | undefined, unknown];
  return new Failure(kind, message, key, cause);
}

/** Takes a step that nobody called for. When it breaks the module, those who wait have been told already. */
function resume(step: () => void, scope: Scope): void {
  const outer = inBackground;
  inBackground = true;
  try {
    enter(step);
    pump(scope);
  } catch (thrown) {
    if (!(thrown instanceof BugError)) throw thrown;
  } finally {
    inBackground = outer;
  }
}

/** Lets Rust go on until all it waits for lies with the host, and carries out what can be had at once. */
function pump(scope: Scope): void {
  // Called by a host that was just asked: the loop that asked it goes on.
  if (pumping) return;
  pumping = true;
  try {
    do {
      const told = epoch;
      for (const event of enter(glue.run) as unknown[][]) {
        happened(event, scope);
        // A host may have broken the module while it was asked: the rest is about what is gone.
        if (told !== epoch) break;
      }
    } while (enter(glue.status) & WORK);
  } finally {
    pumping = false;
  }
}

function happened([what, ...rest]: unknown[], scope: Scope): void {
  switch (what) {
    case 0:
      asked(rest as Request, scope);
      break;
    case 1:
      calledOff(rest[0] as number);
      break;
    default: {
      const [task, value] = rest as [number, unknown];
      const call = waiting.get(task);
      waiting.delete(task);
      if (call) settle(call, what === 3, what === 3 ? failure(value) : value);
    }
  }
}

function asked(request: Request, scope: Scope): void {
  if (request[2] === "sleep") sleep(request[0], request[3], request[1], scope);
  else if (request[2] === "seam" ? !request[3].together : request[3].immediate) carryOut([request], scope);
  else inTurn(request, scope);
}

/**
 * Sends something to a seam that nobody waits for: a hint, which may be lost. It leaves with what was asked before it in
 * this turn of the event loop.
 */
export function alongside(seam: Seam, asked: unknown, scope: Scope): void {
  const request: Request = [NOBODY, false, "seam", seam, asked];
  if (seam.together) inTurn(request, scope);
  else carryOut([request], scope);
}

function inTurn(request: Request, scope: Scope): void {
  const turn = turns.get(scope);
  if (turn) {
    turn.push(request);
    return;
  }
  turns.set(scope, [request]);
  queueMicrotask(() => flush(scope));
}

/**
 * What was asked in one turn of the event loop leaves together: reads of one store are one read, commands of one Redis
 * one pipeline, where they can.
 */
function flush(scope: Scope): void {
  const joined = new Map<object, Request[]>();
  const leaving: Request[][] = [];
  for (const request of turns.get(scope) ?? []) {
    const host = joins(request) ? request[3] : undefined;
    const together = host && joined.get(host);
    if (together) {
      together.push(request);
      continue;
    }
    const alone = [request];
    leaving.push(alone);
    if (host) joined.set(host, alone);
  }
  turns.delete(scope);
  const sent = epoch;
  for (const together of leaving) {
    if (sent === epoch) carryOut(together, scope);
  }
}

/** Whether this request can be one with others to the same host. */
function joins(request: Request): request is Extract<Request, { 2: "read" | "seam" }> {
  return request[2] === "seam" || (request[2] === "read" && request[3].getMany !== undefined);
}

/** Carries out one request, or several to one host as one, and replies; at once where the host is immediate. */
function carryOut(together: Request[], scope: Scope): void {
  const sent = epoch;
  const reply = (result: unknown) => {
    let replies: () => void;
    try {
      replies = replyTo(together, result);
    } catch (junk) {
      fail(junk);
      return;
    }
    if (sent === epoch) resume(replies, scope);
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
    fail(cause);
    return;
  }
  // To the background even where somebody awaits it: whoever gives up leaves claims behind that have to be undone.
  if (result instanceof Promise) scope.background(result.then(reply, fail));
  else reply(result);
}

/** Thrown by a host for what it can not do at all. */
export class Unsupported extends Error {}

function perform(together: Request[]): Awaitable<unknown> {
  const first = together[0] as Exclude<Request, { 2: "sleep" }>;
  if (first[2] === "seam") return first[3].carryOut(together.map((request) => request[4]));
  const host = first[3];
  switch (first[2]) {
    case "read":
      return readAll(
        host,
        together.flatMap((request) => request[4] as string[]),
      );
    case "remove":
      return host.removeMany ? host.removeMany(first[4]) : each(first[4], (key) => host.remove(key));
    case "write":
      return each(first[4], ([key, value]) => host.set(key, value));
    case "list":
      return host.list(first[4], first[5], first[6]);
    case "swap":
      return swapAll(host, first[4]);
  }
}

function readAll(host: HostStore, keys: string[]): Awaitable<unknown> {
  return host.getMany ? host.getMany(keys) : each(keys, (key) => host.get(key));
}

function swapAll(host: HostStore, changes: Array<[string, Value | undefined, Value | undefined]>): Awaitable<boolean> {
  const [change] = changes;
  if (!host.swap || changes.length !== 1 || !change) throw new Unsupported("this store can not compare and swap that");
  return host.swap(...change);
}

/** Does it with all of them side by side; at once if nothing has to be waited for. */
function each<T>(things: T[], verb: (thing: T) => Awaitable<unknown>): Awaitable<unknown[]> {
  const results: Awaitable<unknown>[] = [];
  try {
    for (const thing of things) results.push(verb(thing));
  } catch (thrown) {
    // Those before it may fail as well, and must not do so unheard.
    Promise.all(results).catch(() => undefined);
    throw thrown;
  }
  return results.some((result) => result instanceof Promise) ? Promise.all(results) : results;
}

/** The step that hands a result over. A result that can not be is refused here: in Rust it would break the module. */
function replyTo(together: Request[], result: unknown): () => void {
  const [request, , verb] = together[0] as Request;
  switch (verb) {
    case "seam": {
      const replies = checked(result, Array.isArray);
      return () => {
        for (const [i, [request]] of together.entries()) glue.reply_seam(request, replies[i]);
      };
    }
    case "read": {
      const reads = together as Array<Extract<Request, { 2: "read" | "remove" }>>;
      const values = checked(result, isValue);
      if (values.length !== reads.flatMap(([, , , , keys]) => keys).length) throw junk();
      return () => {
        let from = 0;
        for (const [request, , , , keys] of reads) {
          glue.reply_values(request, values.slice(from, from + keys.length));
          from += keys.length;
        }
      };
    }
    case "list": {
      const { keys, next } = Object(result) as { keys: unknown; next: unknown };
      if (next !== undefined && !isText(next)) throw junk();
      const listed = checked(keys, isText);
      return () => glue.reply_page(request, listed, next);
    }
    case "swap":
      return () => glue.reply_flag(request, result === true);
    default:
      return () => glue.reply_done(request);
  }
}

function checked<T>(things: unknown, fits: (thing: unknown) => thing is T): T[] {
  if (!Array.isArray(things)) throw junk();
  // A loop, because `every` would not see a hole.
  for (const thing of things) if (!fits(thing)) throw junk();
  return things;
}

function isText(thing: unknown): thing is string {
  return typeof thing === "string";
}

/** Bytes whose buffer has gone elsewhere are no value. */
function isValue(thing: unknown): thing is Value | null | undefined {
  if (isBytes(thing)) return thing.length > 0 || new Uint8Array(thing).length === 0;
  return thing === undefined || thing === null || isText(thing);
}

function junk(): TypeError {
  return new TypeError("the store gave something else than what it was asked for");
}

/** Replies when the moment has come. Only a sleep under a promise that somebody awaits keeps a process alive. */
function sleep(request: number, until: number, awaited: boolean, scope: Scope): void {
  const set = epoch;
  const timer = after(until - Date.now(), () => {
    // Not every timer can be cleared from everywhere: in workerd those of other requests can not.
    if (set !== epoch) return;
    if (Date.now() < until) return sleep(request, until, awaited, scope);
    timers.delete(request);
    resume(() => glue.reply_done(request), scope);
  });
  timers.set(request, timer);
  if (!awaited) letGo(timer);
}

function calledOff(request: number): void {
  clearTimeout(timers.get(request));
  timers.delete(request);
  for (const [scope, turn] of turns) {
    turns.set(
      scope,
      turn.filter(([waits]) => waits !== request),
    );
  }
}
