// Time that passes when a test says so.

const LONGEST = 2 ** 31 - 1;

/** Stands in for `setTimeout`, `clearTimeout` and `Date.now` until the test is over. */
export class Clock {
  /** What time it is; a test may set it, as a user may set the clock of a machine. */
  now = Date.parse("2030-01-01");
  /** The timers that were set and have neither gone off nor been cleared. */
  timers = new Map();
  #passed = 0;
  #last = 0;

  constructor(context) {
    const real = { setTimeout, clearTimeout, now: Date.now };
    Object.assign(globalThis, { setTimeout: this.#set, clearTimeout: this.#clear });
    Date.now = () => this.now;
    context.after(() => {
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
      Date.now = real.now;
    });
  }

  #set = (action, delay) => {
    // As everywhere: what is too long to count goes off at once.
    const wait = delay > LONGEST || !(delay >= 1) ? 1 : Math.trunc(delay);
    const timer = { id: ++this.#last, at: this.#passed + wait, action, holds: true };
    timer.unref = () => {
      timer.holds = false;
      return timer;
    };
    this.timers.set(timer.id, timer);
    return timer;
  };

  #clear = (timer) => {
    this.timers.delete(timer?.id);
  };

  /** How many timers would keep a process alive. */
  get holding() {
    return [...this.timers.values()].filter((timer) => timer.holds).length;
  }

  /** Lets time pass; each timer finds the time it was set for. */
  async pass(milliseconds) {
    const end = this.#passed + milliseconds;
    for (;;) {
      const [next] = [...this.timers.values()].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id);
      this.#move(next ? next.at : end);
      if (!next) return;
      this.timers.delete(next.id);
      next.action();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #move(to) {
    this.now += to - this.#passed;
    this.#passed = to;
  }
}
