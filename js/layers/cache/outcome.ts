import type { Exit, Reason } from "../../exit.ts";

/** What a caller is to be told: a value, or something to throw. */
export interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
  /** Whether the lookup came to no result, rather than to a value or an error that was foreseen. */
  readonly broke: boolean;
  /** Whether it is past its time to live. */
  readonly stale?: boolean;
}

/** An outcome that throws this. */
export function broken(thrown: unknown): Outcome {
  return { ok: false, value: thrown, broke: true };
}

/** The same, past its time to live, and better than nothing. */
export function asStale({ ok, value }: Outcome): Outcome {
  return { ok, value, broke: false, stale: true };
}

/** Whether this is a result of a lookup: a value, or an error that its schema knows. */
export function isResult(exit: Exit<unknown, unknown>): boolean {
  return exit._tag === "Success" || exit.cause.some(({ _tag }) => _tag === "Fail");
}

/** What to throw for reasons that were stored: the error itself, and an `Error` for anything else. */
export function thrownFor(cause: ReadonlyArray<Reason<unknown>>): unknown {
  const fail = cause.find((reason) => reason._tag === "Fail");
  if (fail) return fail.error;
  const die = cause.find((reason) => reason._tag === "Die");
  if (!die) {
    return cause.length > 0
      ? new DOMException("the lookup was interrupted", "AbortError")
      : new Error("the lookup failed for no reason that is known");
  }
  const { defect } = die;
  if (defect instanceof Error) return defect;
  return new Error(typeof defect === "string" ? defect : "the lookup failed", { cause: defect });
}

/** What something that nobody waits for any more comes to. */
export const nothing: Outcome = broken(undefined);
