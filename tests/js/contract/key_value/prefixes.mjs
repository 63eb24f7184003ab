import { equal, sameMembers } from "../../support/assert.mjs";

export function prefixes({ test, open }) {
  test("a view sees its own keys, without the prefix", async () => {
    const kv = await open();
    const app = kv.prefix("app:");
    await app.set("a", "1");
    await kv.set("app:b", "2");
    await kv.set("other", "3");
    equal(await kv.get("app:a"), "1");
    equal(await app.get("b"), "2");
    equal(await app.get("other"), undefined);
    equal(await app.has("a"), true);
    equal(await app.has("app:a"), false);
    sameMembers(await app.keys(), ["a", "b"]);
    equal(await app.size(), 2);
    await app.remove("a");
    equal(await kv.has("app:a"), false);
    equal(await app.isEmpty(), false);
    await kv.remove("app:b");
    equal(await app.isEmpty(), true);
  });

  test("a key that is the prefix and no more is none of the view's", async () => {
    const kv = await open();
    const app = kv.prefix("app:");
    const told = [];
    const stop = app.watch(undefined, ({ key }) => told.push(key));
    await kv.set("app:", "outside");
    await app.set("a", "inside");
    stop();
    equal(told, ["a"]);
    equal(await app.keys(), ["a"]);
    await app.clear();
    equal(await app.isEmpty(), true);
    equal(await kv.get("app:"), "outside");
  });

  test("views nest", async () => {
    const kv = await open();
    const inner = kv.prefix("a:").prefix("b:");
    await inner.set("c", "1");
    equal(await kv.keys(), ["a:b:c"]);
    equal(await kv.prefix("a:").keys(), ["b:c"]);
    equal(await kv.prefix("a:b:").get("c"), "1");
    equal(await inner.prefix("").keys(), ["c"]);
  });

  test("clear of a view leaves its neighbours alone", async () => {
    const kv = await open();
    const keys = ["a", "a:1", "a:b:1", "ab", "b:a:1", "a;"];
    for (const key of keys) await kv.set(key, key);
    await kv.prefix("a:").prefix("b:").clear();
    sameMembers(await kv.keys(), ["a", "a:1", "ab", "b:a:1", "a;"]);
    await kv.prefix("a:").clear();
    sameMembers(await kv.keys(), ["a", "ab", "b:a:1", "a;"]);
    await kv.prefix("none").clear();
    equal(await kv.size(), 4);
  });

  test("clearPrefix of a view goes on from its prefix", async () => {
    const kv = await open();
    for (const key of ["a:x1", "a:y", "x1"]) await kv.set(key, key);
    await kv.prefix("a:").clearPrefix("x");
    sameMembers(await kv.keys(), ["a:y", "x1"]);
    await kv.prefix("a:").clearPrefix("");
    equal(await kv.keys(), ["x1"]);
  });

  test("bytes, modify and json work in a view", async () => {
    const kv = await open();
    const view = kv.prefix("v:");
    await view.set("bytes", new Uint8Array([1]));
    await view.modifyUint8Array("bytes", ([first]) => new Uint8Array([first + 1]));
    equal(await view.getUint8Array("bytes"), new Uint8Array([2]));
    await view.set("n", "1");
    equal(await view.modify("n", (n) => `${n}0`), "10");
    await view.json().set("n", { a: 1 });
    equal(await kv.get("v:n"), '{"a":1}');
  });

  test("a prefix may be anything that can begin a key", async () => {
    const kv = await open();
    for (const prefix of ["%", "*", "[a]", "\\", "\u0000", "__proto__", "é👩‍👩‍👧"]) {
      const view = kv.prefix(prefix);
      await view.set("a", prefix);
      equal(await view.keys(), ["a"], prefix);
      equal(await view.get("a"), prefix, prefix);
      await view.clear();
      equal(await kv.isEmpty(), true, prefix);
    }
  });
}
