import type { Flight } from "./flight.ts";

/** All that is under way for the keys of a cache, in whatever scope: an invalidation is about all of it. */
export class Running {
  readonly #flights = new Map<string, Flight[]>();
  #started = 0;

  /** The number of the next one. */
  get next(): number {
    this.#started += 1;
    return this.#started;
  }

  add(flight: Flight): void {
    const flights = this.#flights.get(flight.key);
    if (flights) flights.push(flight);
    else this.#flights.set(flight.key, [flight]);
  }

  remove(flight: Flight): void {
    const flights = this.#flights.get(flight.key)?.filter((other) => other !== flight);
    if (flights?.length) this.#flights.set(flight.key, flights);
    else this.#flights.delete(flight.key);
  }

  /** What is under way for this key still answers those who wait for it, but is not kept, and nobody new waits for it. */
  drop(key: string): void {
    this.#flights.get(key)?.forEach(drop);
  }

  dropTag(tag: string): void {
    for (const flights of this.#flights.values())
      for (const flight of flights) if (flight.tags.includes(tag)) drop(flight);
  }

  dropAll(): void {
    for (const flights of this.#flights.values()) flights.forEach(drop);
  }

  /** The result of this one is there: what began before it is no longer to be kept. */
  supersede({ key, number }: Flight): void {
    for (const flight of this.#flights.get(key) ?? []) if (flight.number < number) flight.dropped = true;
  }
}

function drop(flight: Flight): void {
  flight.dropped = true;
  flight.leave();
  // What it waits for may be there.
  flight.wake();
}
