// The caches of the contract: of users, who have a name and may be missing.
import { date } from "../persistence/requests.mjs";

const user = {
  decode: ({ name, born }) => ({ name: String(name), born: date.decode(born) }),
  encode: ({ name, born }) => ({ name, born: date.encode(born) }),
};
const missing = {
  decode({ code }) {
    if (code !== "missing") throw new Error("not one of ours");
    return { code };
  },
  encode({ code }) {
    if (code !== "missing") throw new Error("not one of ours");
    return { code };
  },
};

/** How long a result lives unless a test says otherwise. */
export const HOUR = 3_600_000;

/**
 * What tests of caches begin with. `opened(options)` gives a cache on a place of its own, or on that of
 * `options.process`, with what its lookups were asked for; each of them gives another user unless
 * `options.lookup` does it.
 */
export function users({ durastate, open, opened: all }) {
  const { Persistable, PersistedCache } = durastate;
  const User = Persistable.make("User", { primaryKey: ({ id }) => id, success: user, error: missing });
  const of = (id) => User({ id });
  let made = 0;
  const someone = (id) => ({ name: `${id} ${++made}`, born: new Date(5) });

  async function opened({ place, storeId, process, lookup = ({ id }) => someone(id), ...options } = {}) {
    const where = place ?? (await open());
    const { persistence, gate } = process ?? where.process();
    const id = storeId ?? where.id("users");
    const asked = [];
    const reported = [];
    const cache = await PersistedCache.make({
      persistence,
      storeId: id,
      lookup: (key, more) => {
        asked.push(key.id);
        return lookup(key, more);
      },
      timeToLive: HOUR,
      onError: (error) => reported.push(error),
      ...options,
    });
    all.push(cache);
    return { cache, asked, reported, gate, place: where, storeId: id };
  }
  return { User, of, opened, someone };
}

/** A promise that a test settles, and that tells when somebody waits for it. */
export function held() {
  let settle;
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  const promise = new Promise((resolve, reject) => (settle = { resolve, reject }));
  const wait = () => {
    begin();
    return promise;
  };
  return { begun, wait, ...settle };
}

/** What a call threw. */
export async function thrownBy(promise) {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error("it was expected to fail");
}

/** A user in a form that can be compared. */
export const plainUser = (user) => user && { name: user.name, born: user.born.getTime() };
