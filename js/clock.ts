/** The longest time that a timer can be set to, about 24 days; a longer one would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A timer, as the runtime makes them: Node and Bun give an object, browsers and Deno a number. */
export type Timer = ReturnType<typeof setTimeout>;

/** Runs something after this many milliseconds; while it waits the process lives on. */
export function after(milliseconds: number, run: () => void): Timer {
  return setTimeout(run, Math.min(Math.max(0, Math.ceil(milliseconds)), LONGEST_TIMER));
}

/** Lets the process end although this timer has not gone off. */
export function letGo(timer: unknown): void {
  if (typeof timer === "object") (timer as { unref?(): void } | null)?.unref?.();
  else deno()?.unrefTimer?.(timer);
}

/** Lets the process live on until this timer has gone off. */
export function holdOn(timer: unknown): void {
  if (typeof timer === "object") (timer as { ref?(): void } | null)?.ref?.();
  else deno()?.refTimer?.(timer);
}

interface DenoTimers {
  unrefTimer?(timer: unknown): void;
  refTimer?(timer: unknown): void;
}

function deno(): DenoTimers | undefined {
  return (globalThis as { Deno?: DenoTimers }).Deno;
}
