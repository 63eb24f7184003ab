import { BugError, DurastateError } from "./errors.ts";
import { NotStarted } from "./instance.ts";
import { Failure, Unsupported } from "./runner.ts";

/** Whether this is no failure of a store, but of durastate or of how it is used: no layer makes an error of its own of it. */
export function isOurs(thrown: unknown): boolean {
  return thrown instanceof BugError || thrown instanceof NotStarted;
}

/** What to say of something that stood in the way, and the host's own error behind it. */
export function told(thrown: unknown): { message: string; cause: unknown } {
  let cause = thrown;
  // A host that is asked by Rust may have asked Rust itself.
  while (cause instanceof Failure && cause.cause !== undefined) cause = cause.cause;
  return { message: said(thrown, cause), cause };
}

/** A host's error is called by its code or name only: its message may show what nobody should see. */
function said(thrown: unknown, cause: unknown): string {
  const words = thrown instanceof Failure && thrown.kind !== "Unknown" ? thrown.message : undefined;
  if (cause instanceof Unsupported || cause instanceof Failure) return cause.message;
  if (cause instanceof DurastateError) return words ?? cause.message;
  const what = thrown instanceof Failure ? thrown.message : "the store failed";
  if (!(cause instanceof Error)) return what;
  // An adapter is bundled by itself, so its errors are of no class that is known here.
  if (cause.name === "Refused") return cause.message;
  const { code } = cause as { code?: unknown };
  return `${what} (${typeof code === "string" && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : cause.name})`;
}
