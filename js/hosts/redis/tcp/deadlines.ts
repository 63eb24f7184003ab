import type { Command } from "./command.ts";
import { TimeoutError } from "./errors.ts";
import { Queue } from "./queue.ts";

/** Gives up the commands that wait too long, with one timer for all of them. */
export class Deadlines {
  readonly #timeout: number;
  readonly #expired: () => unknown;
  readonly #commands: Queue<Command> = new Queue();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `expired` is called when commands were given up, before they are told, and says what is known of the reason. */
  constructor(timeout: number, expired: () => unknown) {
    this.#timeout = timeout;
    this.#expired = expired;
  }

  add(command: Command): void {
    if (this.#timeout === Infinity) return;
    // one that another connection gave back keeps the time it has
    if (command.deadline === Infinity) command.deadline = performance.now() + this.#timeout;
    while (this.#commands.first?.done) this.#commands.shift();
    this.#commands.push(command);
    if (this.#timer === undefined) this.#set();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#commands.length > 0) this.#commands.shift();
  }

  #set(): void {
    const first = this.#commands.first as Command;
    const left = Math.max(1, Math.ceil(first.deadline - performance.now()));
    this.#timer = setTimeout(this.#check, Math.min(left, 2 ** 31 - 1));
  }

  readonly #check = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    const late: Command[] = [];
    for (let command = this.#commands.first; command; command = this.#commands.first) {
      if (!command.done && command.deadline > now) break;
      this.#commands.shift();
      if (!command.done) late.push(command);
    }
    if (late.length > 0) {
      const cause = this.#expired();
      for (const command of late) {
        const { sent } = command;
        command.fail(new TimeoutError(`Redis did not reply within ${this.#timeout} ms`, { sent, cause }));
      }
    }
    if (this.#commands.length > 0) this.#set();
  };
}
