/** Lets those who share one connection use it one after the other, so that nothing slips into another's transaction. */
export class Turns {
  #last: Promise<unknown> | undefined;

  /** Runs this when everything before it is done, and at once where nothing is under way. */
  take<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last ? this.#last.then(run, run) : run();
    const done = () => {
      if (this.#last === turn) this.#last = undefined;
    };
    this.#last = turn;
    turn.then(done, done);
    return turn;
  }
}

const known = new WeakMap<object, Turns>();

/** The turns of this connection: those who were given the same one share them. */
export function turnsOf(connection: object): Turns {
  const turns = known.get(connection) ?? new Turns();
  known.set(connection, turns);
  return turns;
}
