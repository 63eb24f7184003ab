import { after, holdOn, letGo, type Timer } from "../../clock.ts";
import type { Held } from "./memory_tier.ts";
import { asStale, type Outcome } from "./outcome.ts";

/** For how long a caller waits, and what it is told when that is over. */
export interface Waiting {
  readonly signal: AbortSignal | undefined;
  /** After this many milliseconds it takes what is stale, if there is something. */
  readonly soft: number;
  /** After this many it waits no longer. */
  readonly hard: number;
  hardly(stale: Held | undefined, key: string): Outcome;
}

/** Something that is under way for a key, and that any number of callers wait for. */
export class Flight {
  readonly done: Promise<Outcome>;
  /** Whether what it read or began to look up was invalidated meanwhile. */
  dropped = false;
  /** Whether all who waited have gone. */
  abandoned = false;
  /** What could be served instead of waiting. */
  stale: Held | undefined;
  /** Called when all who waited have gone. */
  onAbandoned: ((reason: unknown) => void) | undefined;
  /** Called when it is over, abandoned or invalidated: nobody new is to wait for it. */
  leave: () => void = ignore;

  #settle!: (outcome: Outcome) => void;
  #waiting = 0;
  #stays = false;
  #controller: AbortController | undefined;
  #reason: unknown;
  #impatient: Set<(stale: Held) => void> | undefined;
  #sleeping: Timer | undefined;
  #wake: (() => void) | undefined;

  constructor(
    readonly key: string,
    readonly tags: readonly string[],
    /** It counts up. */
    readonly number: number,
  ) {
    this.done = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  /** Aborted when all who waited have gone. Made when somebody asks: most lookups do not. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.abandoned) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  settle(outcome: Outcome): void {
    this.leave();
    this.#settle(outcome);
  }

  /** Goes on whoever leaves. */
  stay(): void {
    this.#stays = true;
  }

  /** Counts one more who waits; the function it gives takes that back. */
  enter(): (reason: unknown) => void {
    this.#waiting += 1;
    this.#held();
    return (reason) => {
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#stays) this.#abandon(reason);
    };
  }

  /** Waits until it is over, or as long as the caller wants to. */
  join({ signal, soft, hard, hardly }: Waiting): Promise<Outcome> {
    const patient = soft === Number.POSITIVE_INFINITY && hard === Number.POSITIVE_INFINITY;
    if (patient && !signal) {
      this.#stays = true;
      this.#held();
      return this.done;
    }
    const leave = this.enter();
    return new Promise((resolve, reject) => {
      let timers: Timer[] = [];
      const over = () => {
        for (const timer of timers) clearTimeout(timer);
        timers = [];
        this.#impatient?.delete(takes);
        signal?.removeEventListener("abort", abort);
      };
      const tell = (outcome: Outcome) => {
        over();
        resolve(outcome);
      };
      const abort = () => {
        over();
        reject(signal?.reason);
        leave(signal?.reason);
      };
      // Who does not wait any longer still wants it to go on.
      const takes = (stale: Held) => {
        this.#stays = true;
        tell(asStale(stale));
      };
      signal?.addEventListener("abort", abort, { once: true });
      if (soft < hard) {
        timers.push(
          after(soft, () => {
            if (this.stale) return takes(this.stale);
            this.#impatient ??= new Set();
            this.#impatient.add(takes);
          }),
        );
      }
      if (hard !== Number.POSITIVE_INFINITY) {
        timers.push(
          after(hard, () => {
            this.#stays = true;
            tell(hardly(this.stale, this.key));
          }),
        );
      }
      this.done.then(tell);
    });
  }

  /** There is something stale to serve, and whoever has waited long enough takes it. */
  offer(stale: Held): void {
    this.stale = stale;
    for (const takes of this.#impatient ?? []) takes(stale);
  }

  /** Sleeps until this time is over, it is woken, or nobody waits any more. Keeps the process alive if somebody waits. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(this.#sleeping);
        this.#sleeping = undefined;
        this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      this.#sleeping = after(milliseconds, wake);
      if (!this.#awaited) letGo(this.#sleeping);
    });
  }

  wake(): void {
    this.#wake?.();
  }

  #awaited = false;

  #held(): void {
    this.#awaited = true;
    if (this.#sleeping !== undefined) holdOn(this.#sleeping);
  }

  #abandon(reason: unknown): void {
    this.abandoned = true;
    this.#reason = reason;
    this.leave();
    this.#controller?.abort(reason);
    this.onAbandoned?.(reason);
    this.wake();
  }
}

function ignore(): void {}
