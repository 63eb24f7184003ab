import { after, letGo, type Timer } from "../../clock.ts";
import { uniqueText } from "../../random.ts";
import type { Claims, Entry } from "../persistence/backing.ts";
import type { Shared } from "./shared.ts";

/** A claim on a key, which tells other processes that this one looks it up. It is renewed until it ends. */
export class Claim {
  readonly #token = token();
  #timer: Timer | undefined;
  /** Whether it is held, as far as is known. */
  held = false;
  #lost = false;
  /** The moment from which on somebody else may have it. */
  #ends = Number.POSITIVE_INFINITY;

  constructor(
    private readonly shared: Shared,
    private readonly claims: Claims,
    private readonly key: string,
  ) {}

  /**
   * Whether somebody else may have it: the store says so, or this process was stopped for longer than the lease. What is
   * stored by one who has lost it could take the place of something newer for a moment.
   */
  get lost(): boolean {
    return this.#lost || (this.held && Date.now() >= this.#ends);
  }

  /** Takes it, or tells for how long somebody else has it, or who has just stored a result. */
  async take(seen: string | undefined): Promise<true | { wait: number } | { done: string }> {
    const { lease } = this.shared.settings;
    const ends = Date.now() + lease;
    const told = await this.claims.claim(this.key, this.#token, lease, seen);
    if (told === true) {
      this.held = true;
      this.#ends = ends;
      this.#renewLater();
    }
    return told;
  }

  /** Stores the entry and ends the claim; false when it was lost. */
  finish(entry: Entry): Promise<boolean> {
    this.#end();
    return Promise.resolve(this.claims.finish(this.key, this.#token, entry));
  }

  /** Gives it back without a result. */
  async release(): Promise<void> {
    if (!this.held) return;
    this.#end();
    await this.letGo();
  }

  /** The same for one whose end may not have come through. */
  async letGo(): Promise<void> {
    try {
      await this.claims.release(this.key, this.#token);
    } catch (thrown) {
      this.shared.reportFailed("PersistedCache.get", this.key, thrown);
    }
  }

  #end(): void {
    this.held = false;
    clearTimeout(this.#timer);
  }

  #renewLater(): void {
    this.#timer = after(this.shared.settings.lease / 3, () => this.#renew());
    letGo(this.#timer);
  }

  async #renew(): Promise<void> {
    if (!this.held || this.shared.closed) return;
    const { lease } = this.shared.settings;
    const ends = Date.now() + lease;
    let renewed = true;
    try {
      renewed = await this.claims.renew(this.key, this.#token, lease);
      if (renewed) this.#ends = ends;
    } catch (thrown) {
      this.shared.reportFailed("PersistedCache.get", this.key, thrown);
    }
    if (!this.held) return;
    if (renewed) this.#renewLater();
    else {
      this.#lost = true;
      this.#end();
    }
  }
}

let sender: string | undefined;
let made = 0;

/** A text that nobody else has, without asking for randomness each time. */
function token(): string {
  sender ??= uniqueText();
  made += 1;
  return `${sender}-${made.toString(36)}`;
}
