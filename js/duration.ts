import { shown } from "./arguments.ts";

/** How long something lasts: a number is milliseconds, a bigint nanoseconds. `Infinity` never ends. */
export type Duration =
  | number
  | bigint
  | "Infinity"
  | `${number} ${DurationUnit}`
  | readonly [seconds: number, nanoseconds: number]
  | DurationParts;

/** What a duration in words may be counted in. */
export type DurationUnit =
  | ("nano" | "nanos" | "micro" | "micros" | "milli" | "millis" | "second" | "seconds")
  | ("minute" | "minutes" | "hour" | "hours" | "day" | "days" | "week" | "weeks");

/** The parts of a duration, which are added up. */
export interface DurationParts {
  readonly weeks?: number | undefined;
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seconds?: number | undefined;
  readonly milliseconds?: number | undefined;
  readonly microseconds?: number | undefined;
  readonly nanoseconds?: number | undefined;
}

const units: Readonly<Record<string, number>> = {
  nano: 1e-6,
  micro: 1e-3,
  milli: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
const parts: ReadonlyMap<string, number> = new Map(
  Object.entries(units).map(([unit, factor]) => [factor < 1_000 ? `${unit}seconds` : `${unit}s`, factor]),
);
const words = /^(-?\d+(?:\.\d+)?)\s+([a-z]+?)s?$/;

/**
 * A duration in milliseconds, to the nanosecond; it may be infinite or negative.
 * @param what The name of the argument, for the error when it is no duration.
 */
export function millis(what: string, duration: Duration): number {
  const given: unknown = duration;
  switch (typeof given) {
    case "number":
      return exact(what, given, given);
    case "bigint":
      return Number(given / 1_000_000n) + Number(given % 1_000_000n) / 1e6;
    case "string":
      return inWords(what, given);
    case "object":
      if (given !== null) return Array.isArray(given) ? ofPair(what, given) : ofParts(what, given);
  }
  throw new TypeError(`${what} ${expected}, but is ${shown(given)}`);
}

const expected = 'must be a duration, such as 500, "10 seconds" or { minutes: 1 }';

/** Whole milliseconds stay as they are; what is between them is rounded to nanoseconds, the half away from zero. */
function exact(what: string, milliseconds: number, given: unknown): number {
  if (Number.isInteger(milliseconds)) return milliseconds === 0 ? 0 : milliseconds;
  if (Number.isNaN(milliseconds)) throw new RangeError(`${what} ${expected}, but is ${shown(given)}`);
  if (Math.abs(milliseconds) > Number.MAX_SAFE_INTEGER / 1e6) return milliseconds;
  const nanoseconds = Math.round(Math.abs(milliseconds) * 1e6);
  return nanoseconds === 0 ? 0 : (Math.sign(milliseconds) * nanoseconds) / 1e6;
}

function inWords(what: string, given: string): number {
  if (given === "Infinity") return Number.POSITIVE_INFINITY;
  if (given === "-Infinity") return Number.NEGATIVE_INFINITY;
  const [, amount, unit = ""] = words.exec(given) ?? [];
  if (!Object.hasOwn(units, unit)) throw new RangeError(`${what} ${expected}, but is ${shown(given)}`);
  return exact(what, Number(amount) * (units[unit] as number), given);
}

function ofPair(what: string, given: readonly unknown[]): number {
  const [seconds, nanoseconds] = given;
  if (given.length !== 2 || typeof seconds !== "number" || typeof nanoseconds !== "number") {
    throw new TypeError(`${what} as a list must be [seconds, nanoseconds], but is a list of ${given.length}`);
  }
  return exact(what, seconds * 1_000 + nanoseconds / 1e6, given);
}

function ofParts(what: string, given: object): number {
  let sum = 0;
  let known = 0;
  for (const [part, amount] of Object.entries(given)) {
    const factor = parts.get(part);
    if (factor === undefined) throw new RangeError(`${what} as an object must have no part ${shown(part)}`);
    if (amount === undefined) continue;
    if (typeof amount !== "number") throw new TypeError(`${what}.${part} must be a number, but is ${shown(amount)}`);
    sum += amount * factor;
    known++;
  }
  if (known === 0) throw new TypeError(`${what} ${expected}, but is an object without one of these parts`);
  return exact(what, sum, given);
}
