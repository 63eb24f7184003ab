// Who was beaten in `modify` waits for the one ahead, but never for ever.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { KeyValueStore } from "durastate";

/** A function for `modify` that is beaten in its first run and then does what `next` says. */
function beatenOnce(kv, key, next) {
  let runs = 0;
  return async (text) => {
    runs += 1;
    if (runs === 1) await kv.set(key, `${text}.`);
    return runs === 1 ? "never stored" : next(text);
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a function that was beaten and never ends holds up the others for a second", { timeout: 10_000 }, async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const kv = KeyValueStore.memory();
  await kv.set("a", "0");
  let hangs = false;
  kv.modify(
    "a",
    beatenOnce(kv, "a", () => {
      hangs = true;
      return new Promise(() => {});
    }),
  );
  while (!hangs) await turn();

  let changed;
  const later = kv
    .modify(
      "a",
      beatenOnce(kv, "a", async (text) => `${text}!`),
    )
    .then((text) => (changed = text));
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.equal(changed, undefined, "it stands in line");
  assert.equal(await kv.modify("a", (text) => `${text}?`), "0..?", "who was not beaten waits for nobody");
  mock.timers.tick(1000);
  assert.equal(await later, "0..?!");
  mock.timers.reset();
});

test("a line leaves no timer behind that would keep a process alive", { timeout: 10_000 }, async () => {
  mock.timers.reset();
  const kv = KeyValueStore.memory();
  await kv.set("n", "0");
  await Promise.all(Array.from({ length: 10 }, () => kv.modify("n", async (n) => String(Number(n) + 1))));
  await turn();
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((what) => what === "Timeout"),
    [],
  );
});
