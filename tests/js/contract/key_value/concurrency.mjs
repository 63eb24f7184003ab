import { equal, ok } from "../../support/assert.mjs";

const MANY = 1000;
const times = (count, run) => Promise.all(Array.from({ length: count }, (_, i) => run(i)));
const increment = (text) => String(Number(text) + 1);
const nextTask = () => new Promise((resolve) => setTimeout(resolve, 0));

export function concurrency({ test, open }) {
  test("a thousand increments at once are all there", async () => {
    const kv = await open();
    await kv.set("n", "0");
    const seen = await times(MANY, () => kv.modify("n", increment));
    equal(await kv.get("n"), String(MANY));
    equal(new Set(seen).size, MANY, "each is told another number");
  });

  test("a thousand asynchronous increments at once are all there", async () => {
    const kv = await open();
    await kv.set("n", "0");
    const seen = await times(MANY, () => kv.modify("n", async (text) => increment(text)));
    equal(await kv.get("n"), String(MANY));
    equal(new Set(seen).size, MANY, "each is told another number");
  });

  test("increments that take their time, each another, are all there", async () => {
    const kv = await open();
    await kv.set("n", "0");
    await times(300, (i) =>
      kv.modify("n", async (text) => {
        for (let waits = (i * 7) % 5; waits > 0; waits--) await null;
        if (i % 50 === 0) await nextTask();
        return increment(text);
      }),
    );
    equal(await kv.get("n"), "300");
  });

  test("increments of both kinds, of text and of bytes, through different views are all there", async () => {
    const kv = await open();
    const view = kv.prefix("app:");
    const inner = kv.prefix("ap").prefix("p:");
    await view.set("n", new Uint8Array([0, 0]));
    const add = (bytes) => {
      const next = new Uint8Array(bytes);
      new DataView(next.buffer).setUint16(0, new DataView(next.buffer).getUint16(0) + 1);
      return next;
    };
    await times(300, (i) =>
      i % 3 === 0
        ? view.modifyUint8Array("n", add)
        : i % 3 === 1
          ? inner.modifyUint8Array("n", async (bytes) => add(bytes))
          : kv.modifyUint8Array("app:n", add),
    );
    equal(await view.getUint8Array("n"), new Uint8Array([1, 44]));
  });

  test("json increments at once are all there", async () => {
    const kv = await open();
    const json = kv.json();
    await json.set("n", { count: 0 });
    await times(300, () => json.modify("n", ({ count }) => ({ count: count + 1 })));
    equal(await json.get("n"), { count: 300 });
  });

  test("different keys do not wait for each other", async () => {
    const kv = await open();
    await kv.set("slow", "s");
    await kv.set("quick", "q");
    let finish;
    const slow = kv.modify("slow", (text) => new Promise((resolve) => (finish = () => resolve(`${text}!`))));
    equal(await kv.modify("quick", (text) => `${text}!`), "q!");
    while (!finish) await nextTask();
    finish();
    equal(await slow, "s!");
  });

  test("a function that never ends holds up nobody", async () => {
    const kv = await open();
    await kv.set("a", "1");
    let began;
    const begun = new Promise((resolve) => (began = resolve));
    kv.modify("a", () => {
      began();
      return new Promise(() => {});
    });
    await begun;
    equal(await kv.modify("a", (text) => `${text}2`), "12");
    equal(await kv.modify("a", async (text) => `${text}3`), "123");
    await kv.set("a", "4");
    equal(await kv.get("a"), "4");
    await kv.remove("a");
    equal(await kv.has("a"), false);
  });

  test("a set among modifications is never undone", async () => {
    const kv = await open();
    for (const change of [increment, async (text) => increment(text)]) {
      await kv.set("n", "0");
      const before = times(20, () => kv.modify("n", change));
      const set = kv.set("n", "1000");
      await Promise.all([before, set, times(20, () => kv.modify("n", change))]);
      const n = Number(await kv.get("n"));
      ok(n >= 1000 && n <= 1040, `1000 to 1040, and not ${n}`);
    }
  });

  test("a remove among modifications is never undone", async () => {
    const kv = await open();
    for (const change of [increment, async (text) => increment(text)]) {
      await kv.set("n", "0");
      const seen = times(20, () => kv.modify("n", change));
      await Promise.all([kv.remove("n"), seen]);
      equal(await kv.get("n"), undefined);
    }
  });

  test("a modification that begins while a set is under way sees its value or is overwritten", async () => {
    const kv = await open();
    await kv.set("n", "0");
    await Promise.all([kv.set("n", "100"), kv.modify("n", increment)]);
    ok(["100", "101"].includes(await kv.get("n")), `100 or 101, and not ${await kv.get("n")}`);
  });
}
