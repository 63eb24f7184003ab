import { equal } from "../../support/assert.mjs";
import { withClock } from "./clock.mjs";
import { requests } from "./requests.mjs";

const SEEDS = [1, 2, 3, 4];
const STEPS = 60;
const IDS = ["a", "b", "c", "A"];
const TTLS = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0, -1, 1, 5, 50, "1 minute"];

/** Numbers that look random, and are the same each time (mulberry32). */
function generator(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end) => Math.trunc(next() * end);
  const some = (make) => Array.from({ length: below(5) }, make);
  return { below, some, of: (list) => list[below(list.length)] };
}

const milliseconds = (ttl) => (ttl === "1 minute" ? 60_000 : ttl);

/** What a store must answer: a map whose entries end at a moment. */
class Reference {
  #entries = new Map();

  constructor(clock) {
    this.clock = clock;
  }

  get(id) {
    const entry = this.#entries.get(id);
    return entry && this.clock.now < entry.until ? entry.exit : undefined;
  }

  set(id, exit, ttl) {
    if (milliseconds(ttl) > 0) this.#entries.set(id, { exit, until: this.clock.now + milliseconds(ttl) });
  }

  remove(id) {
    this.#entries.delete(id);
  }

  clear() {
    this.#entries.clear();
  }
}

export function property({ test, open, durastate, traits }) {
  const { Exit } = durastate;
  const { Any } = requests(durastate);
  const steps = traits.clock === "client";

  for (const seed of SEEDS) {
    test(`any sequence of calls${steps ? " and of time" : ""} answers as a map would (seed ${seed})`, () =>
      withClock(async (clock) => {
        const random = generator(seed);
        const place = await open();
        const ids = [place.id("property"), place.id("property")];
        const processes = [place.process(), place.process()];
        const subjects = [];
        for (const storeId of ids) {
          const made = [];
          for (const { persistence } of processes) {
            made.push(await persistence.make({ storeId, timeToLive: (_, { ttl }) => ttl }));
          }
          subjects.push({ made, reference: new Reference(clock), name: storeId });
        }
        const ttl = () => (steps ? random.of(TTLS) : random.of([Number.POSITIVE_INFINITY, "1 minute", 0]));
        let values = 0;
        const entry = () => {
          values += 1;
          const exit = random.below(4) ? Exit.succeed(values) : Exit.fail(`${values}`);
          return [Any({ id: random.of(IDS), ttl: ttl() }), exit];
        };
        const log = [];
        const calls = {
          async get({ store, reference }) {
            const id = random.of(IDS);
            equal(await store.get(Any({ id })), reference.get(id), `get ${id} after ${log.join(", ")}`);
          },
          async getMany({ store, reference }) {
            const asked = random.some(() => random.of(IDS));
            const found = await store.getMany(asked.map((id) => Any({ id })));
            equal(
              found,
              asked.map((id) => reference.get(id)),
              `getMany ${asked} after ${log.join(", ")}`,
            );
          },
          async set({ store, reference }) {
            const [key, exit] = entry();
            await store.set(key, exit);
            reference.set(key.id, exit, key.ttl);
          },
          async setMany({ store, reference }) {
            const entries = random.some(entry);
            await store.setMany(entries);
            for (const [key, exit] of entries) reference.set(key.id, exit, key.ttl);
          },
          async remove({ store, reference }) {
            const id = random.of(IDS);
            await store.remove(Any({ id }));
            reference.remove(id);
          },
          async clear({ store, reference }) {
            await store.clear();
            reference.clear();
          },
          async pass() {
            if (steps) clock.now += random.of([0, 1, 2, 4, 5, 6, 30, 50, 60_000]);
          },
        };
        const often = [..."gggggg"].map(() => "get");
        const names = [
          ...often,
          "getMany",
          "getMany",
          "set",
          "set",
          "set",
          "set",
          "setMany",
          "setMany",
          "remove",
          "clear",
        ];
        if (steps) names.push("pass", "pass", "pass", "pass");
        for (let step = 0; step < STEPS; step++) {
          const { made, reference, name } = random.of(subjects);
          const call = random.of(names);
          await calls[call]({ store: random.of(made), reference });
          log.push(`${call} in ${name}`);
        }
        for (const { made, reference } of subjects) {
          const found = await made[0].getMany(IDS.map((id) => Any({ id })));
          equal(
            found,
            IDS.map((id) => reference.get(id)),
            "in the end",
          );
        }
      }));
  }
}
