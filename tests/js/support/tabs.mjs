// Two tabs of one origin, and whether each has a renderer of its own.

/** For `serve`: a request to /hold is answered when `release` is called. */
export function holding() {
  let arrived;
  const waiting = new Promise((resolve) => (arrived = resolve));
  return { waiting, routes: { "/hold": (_, response) => arrived(() => response.end("done")) } };
}

/**
 * Whether the second page goes on while the first one's thread stands still: pages of one renderer have one thread.
 * A request that the page waits for without letting go of its thread holds it, until the server answers.
 */
export async function haveOwnThreads(first, second, waiting) {
  const held = first.evaluate(() => {
    const request = new XMLHttpRequest();
    request.open("GET", "/hold", false);
    request.send();
    return request.responseText;
  });
  const release = await waiting;
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 5_000, false)));
  const alive = await Promise.race([second.evaluate(() => true), late]);
  clearTimeout(timer);
  release();
  return alive && (await held) === "done";
}

/** Begins to record what a watcher of this key is told, under a name; `told` reads it. */
export function watch(page, name, key, prefix = "", place = "localStorage") {
  return page.evaluate(
    ([name, key, prefix, place]) => {
      const told = [];
      globalThis.recorded = { ...globalThis.recorded, [name]: told };
      const kv = globalThis.durastate.KeyValueStore[place]().prefix(prefix);
      told.stop = kv.watch(key ?? undefined, ({ key, value, origin }) =>
        told.push([key ?? null, value ?? null, origin]),
      );
    },
    [name, key, prefix, place],
  );
}

/** What the watcher with this name was told, when it was told that many times. */
export async function told(page, name, count) {
  await page.waitForFunction(([name, count]) => globalThis.recorded[name].length >= count, [name, count]);
  return page.evaluate((name) => [...globalThis.recorded[name]], name);
}

/** Calls a method of a page's store. */
export function call(page, method, ...args) {
  return page.evaluate(
    ([method, args]) => globalThis.durastate.KeyValueStore.localStorage()[method](...args),
    [method, args],
  );
}
