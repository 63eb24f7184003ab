import { isSame } from "../../hosts/memory.ts";
import type { Awaitable, HostStore, Value } from "../../hosts/store.ts";

/** How a round of a modification ended. */
export type Ended =
  | { readonly state: "missing" }
  | { readonly state: "beaten" }
  | { readonly state: "done"; readonly value: Value };

/** The user's function was given this and has not decided yet. */
export interface Thinking<T> {
  readonly state: "thinking";
  readonly found: Value;
  readonly next: Promise<T>;
}

/** One `modify`: read, let the user's function decide, and put the result where the read value still is. */
export class Modification<T> {
  /** Whether the user's function threw, or gave what can not be stored: that error is the user's own. */
  refused = false;

  constructor(
    private readonly host: HostStore,
    private readonly place: string,
    private readonly change: (value: T) => Awaitable<T>,
    private readonly as: (value: Value) => T,
    private readonly storable: (next: unknown) => Value,
  ) {}

  /** Reads and decides; writes too if the function decided at once, so that nothing of this process comes between. */
  begin(): Awaitable<Ended | Thinking<T>> {
    const found = this.host.get(this.place);
    return found instanceof Promise ? found.then((found) => this.decide(found)) : this.decide(found);
  }

  /** What an asynchronous function came to, as it can be stored. */
  async thought(next: Promise<T>): Promise<Value> {
    try {
      return this.storable(await next);
    } catch (thrown) {
      this.refused = true;
      throw thrown;
    }
  }

  /** Puts `next` where `found` is. `alone` says that nobody in this process can have changed it since. */
  swap(found: Value, next: Value, alone: boolean): Awaitable<Ended> {
    const swapped = this.host.swap ? this.host.swap(this.place, found, next) : this.compare(found, next, alone);
    const outcome = (swapped: boolean): Ended => (swapped ? { state: "done", value: next } : { state: "beaten" });
    return swapped instanceof Promise ? swapped.then(outcome) : outcome(swapped);
  }

  private decide(found: Value | undefined): Awaitable<Ended | Thinking<T>> {
    if (found === undefined) return { state: "missing" };
    let next: Value;
    try {
      const decided = this.change(this.as(found));
      if (isPromise(decided)) return { state: "thinking", found, next: Promise.resolve(decided) };
      next = this.storable(decided);
    } catch (thrown) {
      this.refused = true;
      throw thrown;
    }
    return this.swap(found, next, true);
  }

  private async compare(found: Value, next: Value, alone: boolean): Promise<boolean> {
    if (!alone && !isSame(await this.host.get(this.place), found)) return false;
    await this.host.set(this.place, next);
    return true;
  }
}

function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
