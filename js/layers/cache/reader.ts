import { PersistenceError, type SchemaError } from "../../errors.ts";
import { isPromise } from "../../schema.ts";
import type { Backing } from "../persistence/backing.ts";
import { exitCodecOf, type PersistableRequest } from "../persistence/persistable.ts";
import { parsed } from "../persistence/store.ts";
import { isCurrent, lifeOf } from "./entry_text.ts";
import { Held, type Tags } from "./memory_tier.ts";
import type { Shared } from "./shared.ts";

/** What a store has under a key. */
export interface Found {
  readonly held: Held | undefined;
  /** How often the key's tags have been invalidated by now; unknown where the store could not be read. */
  readonly tags: Tags | undefined;
}

const UNKNOWN: Found = { held: undefined, tags: undefined };
const NO_TAGS: Tags = new Map();

interface Asked {
  readonly id: string;
  readonly key: PersistableRequest;
  readonly tags: readonly string[];
  readonly tell: (found: Found | Promise<Found>) => void;
}

/** Reads entries: those that are asked for in one turn of the event loop in one request, together with their tags. */
export class Reader {
  #turn: Asked[] | undefined;

  constructor(
    private readonly shared: Shared,
    private readonly backing: Backing,
  ) {}

  /** Never rejects: what can not be read is reported, and missing. */
  read(id: string, key: PersistableRequest, tags: readonly string[]): Promise<Found> {
    return new Promise((tell) => {
      if (this.#turn === undefined) {
        this.#turn = [];
        queueMicrotask(() => this.#flush());
      }
      this.#turn.push({ id, key, tags, tell });
    });
  }

  /** The same from a place that answers at once; undefined where something has to be waited for. */
  readNow(id: string, key: PersistableRequest, tags: readonly string[]): Found | undefined {
    if (!this.backing.immediate) return undefined;
    const [text] = this.backing.read([id]) as Array<string | undefined>;
    const epochs = tags.length > 0 ? (this.backing.epochs([...tags]) as number[]) : undefined;
    const known = epochs ? new Map(tags.map((tag, i) => [tag, epochs[i] as number])) : NO_TAGS;
    const found = this.#found({ id, key, tags }, text, known);
    return found instanceof Promise ? undefined : found;
  }

  #flush(): void {
    const turn = this.#turn ?? [];
    this.#turn = undefined;
    const tags = [...new Set(turn.flatMap(({ tags }) => tags))];
    const tell = (texts: Array<string | undefined>, epochs: number[]) => {
      const known = new Map(tags.map((tag, i) => [tag, epochs[i] as number]));
      for (const [i, asked] of turn.entries()) asked.tell(this.#found(asked, texts[i], known));
    };
    const fail = (thrown: unknown) => {
      this.shared.reportFailed("PersistedCache.get", turn.length === 1 ? turn[0]?.id : undefined, thrown);
      for (const { tell } of turn) tell(UNKNOWN);
    };
    try {
      const texts = this.backing.read(turn.map(({ id }) => id));
      const epochs = tags.length > 0 ? this.backing.epochs(tags) : [];
      if (texts instanceof Promise || epochs instanceof Promise) {
        Promise.all([texts, epochs]).then(([texts, epochs]) => tell(texts, epochs), fail);
      } else tell(texts, epochs);
    } catch (thrown) {
      fail(thrown);
    }
  }

  #found({ id, key, tags }: Omit<Asked, "tell">, text: string | undefined, epochs: Tags): Found | Promise<Found> {
    const current = tags.length > 0 ? new Map(tags.map((tag) => [tag, epochs.get(tag) as number])) : NO_TAGS;
    const missing: Found = { held: undefined, tags: current };
    if (text === undefined) return missing;
    const { storeId, reports } = this.shared.settings;
    const operation = "PersistedCache.get";
    const read = parsed(text);
    if (!("stored" in read)) {
      reports.once(id, new PersistenceError({ storeId, operation, key: id, ...read }));
      return missing;
    }
    const { stored } = read;
    if (!isCurrent(stored, current)) return missing;
    const refused = (thrown: unknown) => {
      const error = this.shared.failed(operation, id, thrown);
      reports.once(id, error as SchemaError);
      return missing;
    };
    try {
      const exit = exitCodecOf(key).decode(stored);
      const held = (decoded: Awaited<typeof exit>): Found => ({
        held: new Held(id, decoded, lifeOf(stored), current),
        tags: current,
      });
      return isPromise(exit) ? exit.then(held).catch(refused) : held(exit);
    } catch (thrown) {
      return refused(thrown);
    }
  }
}
