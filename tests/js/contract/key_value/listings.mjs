import { equal, sameMembers } from "../../support/assert.mjs";

async function filled(open, ...keys) {
  const kv = await open();
  for (const key of keys) await kv.set(key, `value of ${key}`);
  return kv;
}

export function listings({ test, open }) {
  test("an empty store has no keys", async () => {
    const kv = await open();
    equal(await kv.keys(), []);
    equal(await kv.size(), 0);
    equal(await kv.isEmpty(), true);
    equal(await kv.clear(), undefined);
    equal(await kv.clearPrefix("a"), undefined);
  });

  test("keys, size and isEmpty follow every change", async () => {
    const kv = await filled(open, "a", "b", "a");
    sameMembers(await kv.keys(), ["a", "b"]);
    equal(await kv.size(), 2);
    equal(await kv.isEmpty(), false);
    await kv.remove("a");
    equal(await kv.keys(), ["b"]);
    equal(await kv.size(), 1);
    await kv.remove("b");
    equal(await kv.isEmpty(), true);
  });

  test("keys are listed as they were given", async () => {
    const odd = [" ", "é👩‍👩‍👧", "a\u0000b", "__proto__", "constructor", "length", "0", "durastate", "Durastate:x"];
    const kv = await filled(open, ...odd);
    sameMembers(await kv.keys(), odd);
    equal(await kv.size(), odd.length);
    await kv.clear();
    for (const key of odd) equal(await kv.get(key), undefined, key);
  });

  test("three thousand keys are listed and cleared", async () => {
    const many = Array.from({ length: 3000 }, (_, i) => `key ${i}`);
    const kv = await filled(open, ...many, "other");
    equal(await kv.size(), 3001);
    sameMembers(await kv.keys(), [...many, "other"]);
    await kv.clearPrefix("key ");
    equal(await kv.keys(), ["other"]);
  });

  test("clear removes everything, and what comes after it stays", async () => {
    const kv = await filled(open, "a", "b");
    await kv.clear();
    equal(await kv.get("a"), undefined);
    equal(await kv.isEmpty(), true);
    await kv.set("a", "again");
    equal(await kv.keys(), ["a"]);
  });

  test("clearPrefix removes what begins with the prefix, literally", async () => {
    const kv = await filled(open, "a", "a:1", "a:2", "a%", "A:1", "b:a:1", "a*", "a_");
    await kv.clearPrefix("a:");
    sameMembers(await kv.keys(), ["a", "a%", "A:1", "b:a:1", "a*", "a_"]);
    await kv.clearPrefix("a%");
    await kv.clearPrefix("a*");
    await kv.clearPrefix("a_");
    sameMembers(await kv.keys(), ["a", "A:1", "b:a:1"]);
    await kv.clearPrefix("a");
    sameMembers(await kv.keys(), ["A:1", "b:a:1"]);
  });

  test("clearPrefix of nothing clears", async () => {
    const kv = await filled(open, "a", "b");
    await kv.clearPrefix("");
    equal(await kv.isEmpty(), true);
  });
}
