import { equal, ok, sameMembers } from "../../support/assert.mjs";
import { held, plainUser, thrownBy, users } from "./users.mjs";

export function lookups(suite) {
  const { test } = suite;
  const { of, opened, someone } = users(suite);

  test("a hundred gets at once run one lookup, and each has its value", async () => {
    const { wait, resolve, begun } = held();
    const { cache, asked } = await opened({ lookup: wait });
    const all = Array.from({ length: 100 }, () => cache.get(of("a")));
    await begun;
    const late = cache.get(of("a"));
    resolve(someone("a"));
    const found = await Promise.all([...all, late]);
    equal(asked, ["a"]);
    equal(new Set(found.map(({ name }) => name)).size, 1);
  });

  test("different keys are looked up by themselves, each with its request and a signal", async () => {
    const signals = [];
    const { cache, asked } = await opened({
      lookup({ id }, { signal }) {
        signals.push(signal);
        return someone(id);
      },
    });
    const [a, b] = await Promise.all([cache.get(of("a")), cache.get(of("b"))]);
    ok(a.name.startsWith("a ") && b.name.startsWith("b "), `${a.name}, ${b.name}`);
    sameMembers(asked, ["a", "b"]);
    for (const signal of signals) ok(signal instanceof AbortSignal && !signal.aborted, "a signal");
  });

  test("what was looked up is not looked up again", async () => {
    const { cache, asked } = await opened();
    const first = await cache.get(of("a"));
    for (let times = 0; times < 3; times++) equal(plainUser(await cache.get(of("a"))), plainUser(first));
    equal(asked, ["a"]);
  });

  test("a lookup that fails fails everybody who waits, and is run again by the next one", async () => {
    const { wait, reject, begun } = held();
    let lookup = wait;
    const { cache, asked } = await opened({ lookup: (key) => lookup(key) });
    const all = Array.from({ length: 5 }, () => thrownBy(cache.get(of("a"))));
    await begun;
    const error = new Error("it fails in a test");
    reject(error);
    for (const thrown of await Promise.all(all)) equal(thrown.message, error.message);
    lookup = ({ id }) => someone(id);
    await cache.get(of("a"));
    equal(asked, ["a", "a"]);
  });

  test("a lookup that throws at once is one that fails", async () => {
    const { cache } = await opened({
      lookup() {
        throw new TypeError("at once");
      },
    });
    const thrown = await thrownBy(cache.get(of("a")));
    equal([thrown.name, thrown.message], ["TypeError", "at once"]);
  });

  test("a value that the schema refuses is an error of this get, and nothing is stored", async () => {
    const { cache, asked } = await opened({ lookup: () => ({ name: "a", born: "no date" }) });
    for (let times = 0; times < 2; times++) ok((await thrownBy(cache.get(of("a")))) instanceof Error, "it fails");
    equal(asked, ["a", "a"]);
  });

  test("getMany answers in order, and looks up each that is missing once", async () => {
    const { cache, asked } = await opened();
    const b = await cache.get(of("b"));
    const found = await cache.getMany(["a", "b", "c", "a"].map(of));
    equal(
      found.map(({ name }) => name.split(" ")[0]),
      ["a", "b", "c", "a"],
    );
    equal(plainUser(found[1]), plainUser(b));
    equal(plainUser(found[0]), plainUser(found[3]));
    sameMembers(asked, ["a", "b", "c"]);
    equal(await cache.getMany([]), []);
  });

  test("who has aborted does not wait any longer; the others still do", async () => {
    const { wait, resolve, begun } = held();
    let told;
    const { cache } = await opened({
      lookup(_, { signal }) {
        told = signal;
        return wait();
      },
    });
    const leaver = new AbortController();
    const leaving = thrownBy(cache.get(of("a"), { signal: leaver.signal }));
    const staying = cache.get(of("a"));
    await begun;
    const reason = new Error("I have to leave");
    leaver.abort(reason);
    ok((await leaving) === reason, "the reason of the signal");
    equal(told.aborted, false);
    resolve(someone("a"));
    ok((await staying).name.startsWith("a "), "a user");
  });

  test("when the last one has left the lookup is told", async () => {
    const { wait, begun } = held();
    const aborted = held();
    const { cache } = await opened({
      lookup(_, { signal }) {
        signal.addEventListener("abort", () => aborted.wait());
        return wait();
      },
    });
    const leaver = new AbortController();
    const leaving = [1, 2].map(() => thrownBy(cache.get(of("a"), { signal: leaver.signal })));
    await begun;
    leaver.abort();
    await Promise.all(leaving);
    await aborted.begun;
    const gone = await thrownBy(cache.get(of("a"), { signal: AbortSignal.abort() }));
    equal(gone.name, "AbortError");
  });

  test("what is no request is refused", async () => {
    const { cache, asked } = await opened();
    for (const wrong of [undefined, null, 5, "a", {}]) {
      for (const call of [
        () => cache.get(wrong),
        () => cache.getMany([wrong]),
        () => cache.invalidate(wrong),
        () => cache.refresh(wrong),
      ]) {
        const thrown = await thrownBy(Promise.resolve().then(call));
        ok(thrown instanceof TypeError, String(thrown));
      }
    }
    equal(asked, []);
  });
}
