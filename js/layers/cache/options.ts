import { checkFunction, checkString, shown } from "../../arguments.ts";
import { type Duration, millis } from "../../duration.ts";
import type { Exit } from "../../exit.ts";
import type { Awaitable } from "../../hosts/store.ts";
import { isWellFormed } from "../key_value/face.ts";
import type { PersistableRequest } from "../persistence/persistable.ts";
import { type ExitOf, type PersistenceOptions, Reports, type SuccessOf } from "../persistence/store.ts";
import { type Persistence, PersistencePlace } from "../persistence.ts";
import type { Rules } from "./freshness.ts";

/** What a cache is made of. */
export interface PersistedCacheOptions<R extends PersistableRequest> {
  /** Where results are kept, under which store id. */
  readonly persistence: Persistence;
  readonly storeId: string;
  /**
   * Finds out what is not there. It runs once for any number of callers that ask at the same time. What it throws is kept
   * as a result if the request's schema of errors takes it. `signal` is aborted when nobody waits for it any more.
   */
  lookup(key: R, options: { readonly signal: AbortSignal }): Awaitable<SuccessOf<R>>;
  /**
   * How long a result is kept; not at all for zero or less. A duration, or a function without parameters, speaks for
   * values and for errors that the request's schema knows. A function that takes the exit is asked about every exit,
   * defects and interruptions too, which are not kept otherwise.
   */
  readonly timeToLive: Duration | ((exit: ExitOf<R>, key: R) => Duration);
  /** How many results are kept in memory, or the sum of their weights: 1024. What was not used for longest goes. */
  readonly inMemoryCapacity?: number | undefined;
  /** How long a result is served from memory, without asking the store: "10 seconds". Zero switches it off. */
  readonly inMemoryTTL?: Duration | ((exit: ExitOf<R>, key: R) => Duration) | undefined;
  /** How heavy a value is in memory; an error weighs 1. */
  readonly inMemoryWeight?: ((value: SuccessOf<R>, key: R) => number) | undefined;
  /** Who shares a lookup: all who use the store, where it can tell them ("store"), or this process alone. */
  readonly singleFlight?: "store" | "process" | undefined;
  /** For how long others wait for a process that has begun a lookup and died: "5 seconds". */
  readonly lease?: Duration | undefined;
  /** For how long after its time to live a result is served at once while it is looked up in the background. */
  readonly staleWhileRevalidate?: Duration | undefined;
  /** For how long after its time to live a result is served when the lookup fails: throws what is no result, or times out. */
  readonly grace?: Duration | undefined;
  /** After this time a caller takes a result that is past its time to live, if there is one; the lookup goes on. */
  readonly softTimeout?: Duration | undefined;
  /** After this time a caller is rejected with a `PersistenceError`; the lookup goes on, and its result is kept. */
  readonly hardTimeout?: Duration | undefined;
  /**
   * The share of the time to live, between 0 and 1, after which a result that is asked for may be looked up in the
   * background: the nearer its end, the likelier.
   */
  readonly earlyRefresh?: number | undefined;
  /** The tags of a key: whatever was made under a tag can be invalidated together. */
  readonly tags?: ((key: R) => readonly string[]) | undefined;
  /** Is told what callers are not: of a store that fails, of entries that can not be read, of lookups that failed unseen. */
  readonly onError?: PersistenceOptions["onError"];
}

/** The options, checked, in milliseconds. */
export interface Settings extends Rules {
  readonly storeId: string;
  readonly persistence: PersistencePlace;
  readonly lookup: (key: PersistableRequest, options: { readonly signal: AbortSignal }) => unknown;
  readonly timeToLive: (exit: Exit<unknown, unknown>, key: PersistableRequest) => number;
  /** Whether the time to live of defects and interruptions is asked for. */
  readonly keepsAll: boolean;
  readonly capacity: number;
  readonly inMemoryTTL: (exit: Exit<unknown, unknown>, key: PersistableRequest) => number;
  readonly weight: (exit: Exit<unknown, unknown>, key: PersistableRequest) => number;
  readonly acrossProcesses: boolean;
  readonly lease: number;
  readonly softTimeout: number;
  readonly hardTimeout: number;
  readonly tags: (key: PersistableRequest) => readonly string[];
  readonly reports: Reports;
}

const where = "PersistedCache.make";

/** Checks the options: one error for the first that is wrong, naming it and what was given. */
export function settingsOf<R extends PersistableRequest>(options: PersistedCacheOptions<R>): Settings {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options of ${where} must be an object, but are ${shown(options)}`);
  }
  // What is told to functions of the user is what they said they take.
  const given = options as unknown as PersistedCacheOptions<PersistableRequest>;
  const { persistence, storeId, timeToLive, inMemoryTTL = "10 seconds", singleFlight = "store", onError } = given;
  if (!(persistence instanceof PersistencePlace)) {
    throw new TypeError(`persistence of ${where} must be made by Persistence, but is ${shown(persistence)}`);
  }
  checkFunction(`lookup of ${where}`, given.lookup);
  if (singleFlight !== "store" && singleFlight !== "process") {
    throw new RangeError(`singleFlight of ${where} must be "store" or "process", but is ${shown(singleFlight)}`);
  }
  return {
    storeId,
    persistence,
    lookup: (key, context) => given.lookup(key, context) as unknown,
    timeToLive: lasting("timeToLive", timeToLive),
    keepsAll: typeof timeToLive === "function" && timeToLive.length > 0,
    capacity: isOff(inMemoryTTL) ? 0 : capacityOf(given),
    inMemoryTTL: lasting("inMemoryTTL", inMemoryTTL),
    weight: weightOf(given),
    acrossProcesses: singleFlight === "store",
    lease: leaseOf(given),
    staleWhileRevalidate: span("staleWhileRevalidate", given.staleWhileRevalidate, 0),
    grace: span("grace", given.grace, 0),
    softTimeout: span("softTimeout", given.softTimeout, Number.POSITIVE_INFINITY),
    hardTimeout: hardTimeoutOf(given),
    earlyRefresh: earlyRefreshOf(given),
    tags: tagsOf(given),
    reports: new Reports(onError, where),
  };
}

type Given = PersistedCacheOptions<PersistableRequest>;

function lasting(name: string, given: Given["timeToLive"]): Settings["timeToLive"] {
  const what = `${name} of ${where}`;
  if (typeof given === "function") return (exit, key) => millis(what, given(exit as ExitOf<PersistableRequest>, key));
  const always = millis(what, given);
  return () => always;
}

function isOff(inMemoryTTL: Given["timeToLive"]): boolean {
  return typeof inMemoryTTL !== "function" && millis(`inMemoryTTL of ${where}`, inMemoryTTL) <= 0;
}

function span(name: string, given: Duration | undefined, without: number): number {
  if (given === undefined) return without;
  const milliseconds = millis(`${name} of ${where}`, given);
  if (milliseconds >= 0) return milliseconds;
  throw new RangeError(`${name} of ${where} must not be negative, but is ${shown(given)}`);
}

function leaseOf({ lease = "5 seconds" }: Given): number {
  const milliseconds = span("lease", lease, 0);
  if (milliseconds > 0 && milliseconds !== Number.POSITIVE_INFINITY) return milliseconds;
  throw new RangeError(`lease of ${where} must be more than nothing and have an end, but is ${shown(lease)}`);
}

function hardTimeoutOf({ hardTimeout }: Given): number {
  const milliseconds = span("hardTimeout", hardTimeout, Number.POSITIVE_INFINITY);
  if (milliseconds > 0) return milliseconds;
  throw new RangeError(`hardTimeout of ${where} must be more than nothing, but is ${shown(hardTimeout)}`);
}

function capacityOf({ inMemoryCapacity = 1024, inMemoryWeight }: Given): number {
  if (typeof inMemoryCapacity !== "number") {
    throw new TypeError(`inMemoryCapacity of ${where} must be a number, but is ${shown(inMemoryCapacity)}`);
  }
  const isWhole = Number.isInteger(inMemoryCapacity) || inMemoryCapacity === Number.POSITIVE_INFINITY;
  if (inMemoryCapacity >= 0 && (isWhole || inMemoryWeight)) return inMemoryCapacity;
  throw new RangeError(`inMemoryCapacity of ${where} must be a number from 0, but is ${shown(inMemoryCapacity)}`);
}

function weightOf({ inMemoryWeight }: Given): Settings["weight"] {
  if (inMemoryWeight === undefined) return () => 1;
  checkFunction(`inMemoryWeight of ${where}`, inMemoryWeight);
  return (exit, key) => {
    if (exit._tag === "Failure") return 1;
    const weight: unknown = inMemoryWeight(exit.value, key);
    if (typeof weight === "number" && weight >= 0) return weight;
    throw new RangeError(`inMemoryWeight of ${where} must give a number from 0, but gave ${shown(weight)}`);
  };
}

function earlyRefreshOf({ earlyRefresh }: Given): number | undefined {
  if (earlyRefresh === undefined) return undefined;
  if (typeof earlyRefresh !== "number") {
    throw new TypeError(`earlyRefresh of ${where} must be a number, but is ${shown(earlyRefresh)}`);
  }
  if (earlyRefresh > 0 && earlyRefresh < 1) return earlyRefresh;
  throw new RangeError(`earlyRefresh of ${where} must be between 0 and 1, but is ${shown(earlyRefresh)}`);
}

function tagsOf({ tags }: Given): Settings["tags"] {
  if (tags === undefined) return () => NO_TAGS;
  checkFunction(`tags of ${where}`, tags);
  return (key) => {
    const given: unknown = tags(key);
    if (!Array.isArray(given)) throw new TypeError(`tags of ${where} must give a list, but gave ${shown(given)}`);
    for (const tag of given) checkTag(`a tag of ${where}`, tag);
    return [...new Set(given as string[])];
  };
}

const NO_TAGS: readonly string[] = [];

/** Refuses what is no tag. */
export function checkTag(what: string, tag: unknown): asserts tag is string {
  checkString(what, tag);
  if (tag === "" || !isWellFormed(tag)) {
    throw new TypeError(`${what} must be a text that is not empty, but is ${shown(tag)}`);
  }
}
