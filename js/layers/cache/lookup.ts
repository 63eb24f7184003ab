import { Exit } from "../../exit.ts";
import type { Backing, Entry } from "../persistence/backing.ts";
import { exitCodecOf, type PersistableRequest } from "../persistence/persistable.ts";
import { Claim } from "./claim.ts";
import { withLife } from "./entry_text.ts";
import type { Flight } from "./flight.ts";
import { extra } from "./freshness.ts";
import { Held, type Tags } from "./memory_tier.ts";
import { broken, isResult, nothing, type Outcome } from "./outcome.ts";
import type { Reader } from "./reader.ts";
import type { Shared } from "./shared.ts";

/** How long to wait for another process before the store is asked again, at first and at most, in milliseconds. */
const [SOON, LATE] = [25, 250];

/** What a lookup begins with. */
export interface Start {
  /** The method of the cache that it is for. */
  readonly operation: string;
  /** How often the key's tags have been invalidated before; unknown where the store could not be read. */
  readonly tags: Tags | undefined;
  /** Whether to read the store first. */
  readonly reads: boolean;
  /** Whether to agree with other processes. */
  readonly claims: boolean;
  /** Whether something that another process has stored will do instead. */
  readonly accepts: (held: Held) => boolean;
}

/** One lookup: agreed with other processes, run, and stored. */
export class Lookup {
  readonly #claim: Claim | undefined;
  #tags: Tags | undefined;
  /** Whether it has to run whatever others have stored. */
  forced = false;

  constructor(
    private readonly shared: Shared,
    private readonly backing: Backing,
    private readonly reader: Reader,
    readonly flight: Flight,
    private readonly key: PersistableRequest,
    private readonly start: Start,
    /** Gets this one to be waited for again, should an invalidation have kept others from it. */
    private readonly announce: () => void,
    private readonly background: (work: Promise<unknown>) => void,
  ) {
    this.#tags = start.tags;
    const { claims } = backing;
    if (claims && start.claims && shared.settings.acrossProcesses) this.#claim = new Claim(shared, claims, flight.key);
  }

  async run(): Promise<Outcome> {
    if (this.start.reads) {
      const held = await this.#read();
      if (held) return held;
    }
    if (this.#claim && (this.#tags || !this.start.reads)) {
      const held = await this.#agree(this.#claim);
      if (held) return held;
    }
    if (this.flight.abandoned) {
      await this.#claim?.release();
      return nothing;
    }
    this.flight.onAbandoned = () => {
      if (this.#claim) this.background(this.#claim.release());
    };
    return this.#call();
  }

  /** What the store has now, if that will do. */
  async #read(): Promise<Held | undefined> {
    const { flight, key } = this;
    // What was invalidated before does not matter to what is read from now on.
    flight.dropped = false;
    const { held, tags } = await this.reader.read(flight.key, key, flight.tags);
    this.#tags = tags;
    if (!held || this.forced || !this.start.accepts(held)) return undefined;
    this.shared.storeHits += 1;
    if (!flight.dropped) this.shared.keep(held, key, Date.now());
    return held;
  }

  /** Waits until this process is the one to look it up, or another one has. A store that can not tell is not asked again. */
  async #agree(claim: Claim): Promise<Held | undefined> {
    const { flight } = this;
    let seen: string | undefined;
    let pause = SOON;
    while (!flight.abandoned) {
      try {
        const told = await claim.take(seen);
        if (told === true || flight.abandoned) return undefined;
        if ("done" in told) seen = told.done;
        else {
          this.shared.listen();
          await flight.sleep(Math.max(1, Math.min(pause, told.wait)));
          pause = Math.min(pause * 2, LATE);
          if (flight.abandoned) return undefined;
        }
      } catch (thrown) {
        this.shared.reportFailed(this.start.operation, flight.key, thrown);
        return undefined;
      }
      const held = await this.#read();
      if (held) return held;
      if (!this.#tags) return undefined;
    }
    return undefined;
  }

  async #call(): Promise<Outcome> {
    const { shared, flight, key } = this;
    flight.dropped = false;
    this.announce();
    shared.lookups += 1;
    const began = Date.now();
    let exit: Exit<unknown, unknown>;
    let thrown: { value: unknown } | undefined;
    let text: string;
    const codec = exitCodecOf(key);
    try {
      exit = Exit.succeed(await shared.settings.lookup(key, new Attempt(flight)));
    } catch (value) {
      thrown = { value };
      exit = Exit.interrupt();
    }
    try {
      if (thrown && !flight.abandoned) ({ exit, text } = await codec.thrown(thrown.value));
      else text = await codec.encode(exit);
    } catch (refused) {
      await this.#claim?.release();
      return this.#over(broken(thrown ? thrown.value : shared.failed(this.start.operation, flight.key, refused)));
    }
    const now = Date.now();
    const ttl = this.#ttl(exit);
    const held = new Held(flight.key, exit, { made: now, took: now - began, fresh: now + ttl }, this.#tags, thrown);
    await this.#store(held, text, ttl);
    return this.#over(held);
  }

  /** How long to keep this exit; not at all what is no result, unless that was asked for. */
  #ttl(exit: Exit<unknown, unknown>): number {
    const { shared, flight, key } = this;
    if (!isResult(exit) && (!shared.settings.keepsAll || flight.stale)) return 0;
    try {
      return shared.settings.timeToLive(exit, key);
    } catch (thrown) {
      shared.report(this.start.operation, flight.key, "the result has no time to live, and is not kept", thrown);
      return 0;
    }
  }

  async #store(held: Held, exitText: string, ttl: number): Promise<void> {
    const { shared, flight, backing } = this;
    const claim = this.#claim;
    // Without the state of its tags it could not be invalidated by them.
    const untold = flight.tags.length > 0 && !held.tags;
    if (!(ttl > 0) || untold || flight.dropped || claim?.lost) return claim?.release();
    const text = withLife(exitText, held.life, held.tags, shared.settings);
    const entry: Entry = { key: flight.key, text, ttl: ttl + extra(shared.settings) };
    shared.running.supersede(flight);
    const claimed = claim?.held ? claim : undefined;
    try {
      const stored = claimed ? claimed.finish(entry) : backing.write([entry]);
      // In the same turn, so that it is one round trip where that can be.
      backing.news?.tell("key", [flight.key]);
      if ((await stored) === false) return;
    } catch (thrown) {
      shared.reportFailed(this.start.operation, flight.key, thrown);
      if (claimed) this.background(claimed.letGo());
    }
    if (!flight.dropped) shared.keep(held, this.key, Date.now());
  }

  /** Draws the consequences for lookups to come. */
  #over(outcome: Outcome): Outcome {
    const { shared, flight } = this;
    if (!outcome.broke) shared.backoff.succeeded(flight.key);
    else if (!flight.abandoned) {
      shared.failures += 1;
      if (flight.stale) {
        shared.backoff.failed(flight.key, Date.now());
        const message = "the lookup failed, and what was there before is served";
        shared.report("PersistedCache.lookup", flight.key, message, outcome.value);
      }
    }
    return outcome;
  }
}

/** What a lookup is told beside its key. */
class Attempt {
  readonly #flight: Flight;

  constructor(flight: Flight) {
    this.#flight = flight;
  }

  get signal(): AbortSignal {
    return this.#flight.signal;
  }
}
