import * as glue from "#glue";
import { BugError, DurastateError } from "./errors.ts";

/** Thrown by every call before the module was started; only `durastate/slim` leaves that to its user. */
export class NotStarted extends DurastateError {
  static override readonly name: string = "NotStarted";
  readonly _tag = "NotStarted";

  constructor() {
    super({ message: 'durastate/slim has to be started first: await init() from "durastate/slim"' });
  }
}

let started = false;
const whenBroken: Array<(bug: BugError) => void> = [];

/** Brings the module to life; later calls change nothing. Importing it reads no clock and no randomness. */
export function start(module: WebAssembly.Module): void {
  if (started) return;
  glue.initSync({ module });
  started = true;
}

/** Is told when the module broke and a fresh one takes its place; all that the old one held is gone. May be told twice. */
export function onBroken(listener: (bug: BugError) => void): void {
  whenBroken.push(listener);
}

/** Why the module can not be used any more, until a fresh one takes its place. */
let broken: { by: unknown; bug?: BugError } | undefined;
/** How many steps are under way: the surroundings may call back while Rust asks them something. */
let depth = 0;

/**
 * Takes one step inside the module. Nothing there throws on purpose, so whatever comes out is a bug of ours: the
 * instance may be half way through a change and is replaced, and every call that waits for it is told.
 */
export function enter<T>(step: () => T): T {
  if (broken) {
    const bug = renew(broken);
    if (depth > 0) throw bug;
  }
  depth += 1;
  try {
    const value = step();
    if (!broken) return value;
  } catch (thrown) {
    if (!started) throw new NotStarted();
    // Nothing is called here: where the stack is used up, that much still works, and the next step does the rest.
    broken ??= { by: thrown };
  } finally {
    depth -= 1;
  }
  throw renew(broken);
}

/** Puts a fresh module in the place of a broken one, as soon as no step is under way in that, and gives what to throw. */
function renew(why: NonNullable<typeof broken>): BugError {
  why.bug ??= new BugError(lastWords() || String(why.by), why.by);
  if (depth > 0) return why.bug;
  glue.__wbg_reset_state();
  for (const listener of whenBroken) listener(why.bug);
  broken = undefined;
  return why.bug;
}

function lastWords(): string {
  try {
    return glue.panicked();
  } catch {
    return "";
  }
}

export { isolateRequests } from "./scope.ts";
