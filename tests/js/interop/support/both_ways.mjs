// What must hold between Effect and durastate, wherever the two share a place.
import assert from "node:assert/strict";
import { test } from "node:test";

const texts = {
  plain: "plain",
  empty: "",
  emoji: "😀 and 👩‍👩‍👧, and \u{1F1EB}\u{1F1F7}",
  accents: "naïve, nai\u0308ve, ß, 日本語",
  lines: "one\ntwo\r\nthree\ttab",
  nul: "before\0after",
  quotes: `it's "quoted", \\ and \`ticked\``,
  json: '{"a":[1,2,{"b":null}]}',
  long: "wörter ".repeat(5000),
};

const allKeys = [
  "plain",
  "a/b",
  "/",
  "a b",
  " a",
  "a ",
  "100%",
  "%41",
  "a_b",
  "[x]!",
  "it's",
  '"quoted"',
  "back\\slash",
  "UPPER",
  "upper",
  "é",
  "e\u0301",
  "😀/日本語",
  "..a",
  "a.b",
  "~!*'()",
  "?#&=+:;,@$<>|",
  "line\nbreak",
  "x".repeat(150),
];

const bytes = {
  none: [],
  one: [0],
  "no UTF-8": [0xff, 0xfe, 0x80, 0, 1],
  "all there are": Array.from({ length: 256 }, (_, at) => at),
  "UTF-8": [...new TextEncoder().encode("ünï 😀")],
};

const sorted = (list) => [...list].sort();
const utf8 = (text) => new TextEncoder().encode(text);

/**
 * Both directions of everything. `open` gives the two stores over one place that is empty. `bytesAsText`: whether they
 * read bytes as the same text. `hasKey`: which keys the place can hold.
 */
export function bothWays(open, { bytesAsText = true, hasKey = () => true } = {}) {
  const keys = allKeys.filter(hasKey);
  const both = (what, body) =>
    test(what, async (t) => {
      for (const writer of ["effect", "durastate"]) {
        const stores = await open(t);
        const reader = writer === "effect" ? "durastate" : "effect";
        await body(stores[writer], stores[reader], `written by ${writer}, read by ${reader}`);
      }
    });

  both("texts", async (from, to, way) => {
    for (const [name, text] of Object.entries(texts)) {
      await from.set(name, text);
      assert.equal(await to.get(name), text, `${name} ${way}`);
      assert.equal(await to.has(name), true);
    }
    // Of a text that is base64 Web Storage gives what it encodes, the others give UTF-8: both do the same.
    for (const text of ["short", "AAEC", "a+/=", "ünï"]) {
      await from.set("read as bytes", text);
      assert.deepEqual(await to.getUint8Array("read as bytes"), await from.getUint8Array("read as bytes"), text);
    }
    assert.equal(await to.get("nothing"), undefined);
    assert.equal(await to.getUint8Array("nothing"), undefined);
    assert.equal(await to.has("nothing"), false);
  });

  test("a text that begins with a byte order mark, which Effect itself may lose, is whole for durastate", async (t) => {
    const { effect, durastate } = await open(t);
    await effect.set("k", "\u{FEFF}text");
    assert.equal(await durastate.get("k"), "\u{FEFF}text");
    assert.equal(await durastate.modify("k", (text) => `${text}!`), "\u{FEFF}text!");
    assert.deepEqual(await effect.getUint8Array("k"), utf8("\u{FEFF}text!"));
  });

  both("bytes", async (from, to, way) => {
    for (const [name, list] of Object.entries(bytes)) {
      const value = Uint8Array.from(list);
      await from.set(name, value);
      assert.deepEqual(await to.getUint8Array(name), value, `${name} ${way}`);
      if (bytesAsText) assert.equal(await to.get(name), Buffer.from(value).toString("base64"), `${name} ${way}`);
    }
  });

  both("keys of all kinds", async (from, to, way) => {
    for (const key of keys) await from.set(key, `of ${key}`);
    assert.deepEqual(sorted(await to.keys()), sorted(keys), way);
    assert.equal(await to.size(), keys.length);
    assert.equal(await to.isEmpty(), false);
    for (const key of keys) assert.equal(await to.get(key), `of ${key}`, way);
    for (const key of keys) {
      await to.set(key, `new ${key}`);
      assert.equal(await from.get(key), `new ${key}`, way);
    }
    assert.equal(await from.size(), keys.length, "a key of one is the same key of the other");
    for (const [at, key] of keys.entries()) {
      await to.remove(key);
      assert.equal(await from.has(key), false);
      assert.equal(await from.size(), keys.length - at - 1);
    }
    assert.equal(await from.isEmpty(), true);
    await to.remove("plain");
  });

  both("a text over bytes over a text", async (from, to, way) => {
    await from.set("k", "first");
    await to.set("k", Uint8Array.of(255, 0));
    assert.deepEqual(await from.getUint8Array("k"), Uint8Array.of(255, 0), way);
    await from.set("k", "second, and longer");
    assert.equal(await to.get("k"), "second, and longer", way);
    await from.set("k", Uint8Array.of(254));
    assert.deepEqual(await to.getUint8Array("k"), Uint8Array.of(254), way);
    await to.set("k", "");
    assert.equal(await from.get("k"), "", way);
    assert.deepEqual(await from.getUint8Array("k"), new Uint8Array(), way);
    assert.equal(await from.size(), 1);
  });

  both("changes to what the other one wrote", async (from, to, way) => {
    await from.set("text", "1");
    assert.equal(await to.modify("text", (text) => `${text}2`), "12", way);
    assert.equal(await from.modify("text", (text) => `${text}3`), "123", way);
    assert.equal(await to.get("text"), "123", way);
    await from.set("bytes", Uint8Array.of(200));
    const longer = (found) => Uint8Array.of(...found, 201);
    assert.deepEqual(Uint8Array.from(await to.modifyUint8Array("bytes", longer)), Uint8Array.of(200, 201), way);
    assert.deepEqual(await from.getUint8Array("bytes"), Uint8Array.of(200, 201), way);
    assert.equal(await to.modify("nothing", () => "something"), undefined);
    assert.equal(await from.has("nothing"), false);
  });

  both("values of JSON", async (from, to, way) => {
    for (const value of [null, true, 1.5, "text", [], { deep: [{ down: "😀" }] }]) {
      await from.json().set("k", value);
      assert.deepEqual(await to.json().get("k"), value, way);
    }
    assert.equal(await to.json().get("nothing"), undefined);
  });

  both("prefixes", async (from, to, way) => {
    const prefixes = ["a%", "a_", "A_", "a/b ", "[x]!", "é", "😀"];
    for (const prefix of prefixes) {
      for (const key of ["1", "2", "%"]) await from.prefix(prefix).set(key, `${prefix}${key}`);
    }
    const all = prefixes.flatMap((prefix) => ["1", "2", "%"].map((key) => prefix + key));
    assert.deepEqual(sorted(await to.keys()), sorted(all), way);
    for (const prefix of prefixes) {
      const view = to.prefix(prefix);
      assert.deepEqual(sorted(await view.keys()), ["%", "1", "2"], `${prefix} ${way}`);
      assert.equal(await view.size(), 3);
      assert.equal(await view.get("%"), `${prefix}%`);
    }
    // Each of the two removes only what it must, though the prefixes look like patterns.
    const left = new Set(all);
    for (const [at, prefix] of prefixes.entries()) {
      const remover = at % 2 ? from : to;
      if (at < 4) await remover.clearPrefix(prefix);
      else await remover.prefix(prefix).clear();
      for (const key of all) if (key.startsWith(prefix)) left.delete(key);
      assert.deepEqual(sorted(await to.keys()), sorted(left), `${prefix} ${way}`);
      assert.deepEqual(sorted(await from.keys()), sorted(left), `${prefix} ${way}`);
    }
    await from.prefix("outer/").prefix("inner/").set("k", "nested");
    assert.equal(await to.prefix("outer/").prefix("inner/").get("k"), "nested");
    assert.equal(await to.get("outer/inner/k"), "nested");
  });

  both("clearing", async (from, to, way) => {
    await from.set("text", "1");
    await from.set("bytes", Uint8Array.of(255));
    await to.clear();
    assert.deepEqual([await from.size(), await from.isEmpty(), await from.keys()], [0, true, []], way);
    assert.equal(await from.get("text"), undefined);
    // What was cleared away takes new values, from both.
    await from.set("text", "2");
    await to.set("more", "3");
    assert.deepEqual(sorted(await from.keys()), ["more", "text"]);
    assert.deepEqual(await to.getUint8Array("more"), utf8("3"));
  });
}
