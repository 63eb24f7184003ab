import * as glue from "#glue";
import { BugError } from "./errors.ts";

let started = false;
const whenBroken: Array<(bug: BugError) => void> = [];

/** Brings the module to life; later calls change nothing. Importing it reads no clock and no randomness. */
export function start(module: WebAssembly.Module): void {
  if (started) return;
  glue.initSync({ module });
  started = true;
}

/** Is told when the module broke and a fresh one takes its place; all that the old one held is gone. */
export function onBroken(listener: (bug: BugError) => void): void {
  whenBroken.push(listener);
}

/**
 * Takes one step inside the module. Nothing there throws on purpose, so whatever comes out is a bug of ours: the
 * instance may be half way through a change and is replaced, and every call that waits for it is told.
 */
export function enter<T>(step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    if (!started) throw new Error('durastate/slim has to be started first: await init() from "durastate/slim"');
    throw replace(thrown);
  }
}

function replace(thrown: unknown): BugError {
  if (thrown instanceof BugError) return thrown;
  const bug = new BugError(lastWords() || String(thrown), thrown);
  glue.__wbg_reset_state();
  for (const listener of whenBroken) listener(bug);
  return bug;
}

function lastWords(): string {
  try {
    return glue.panicked();
  } catch {
    return "";
  }
}

export { isolateRequests } from "./scope.ts";
