import { equal, ok, rejects } from "../../support/assert.mjs";

const ODD = {
  empty: "",
  blank: " \t\r\n ",
  emoji: "👩‍👩‍👧 ☃ é",
  "nul bytes": "a\u0000b\u0000",
  "half of a pair": "a\ud83db",
  "the other half": "\udc00",
  "what looks like nothing": "undefined",
  "a byte order mark": "\ufeffx",
};
const ODD_KEYS = [
  "a",
  " ",
  "é👩‍👩‍👧",
  "\u0000",
  "a\u0000b",
  "__proto__",
  "constructor",
  "toString",
  "length",
  "key",
  "0",
  "a/b?c=d&e",
];
const LARGE = 5 * 1024 * 1024;

const bytes = (...list) => new Uint8Array(list);
const utf8 = (text) => new TextEncoder().encode(text);

export function values({ test, open, durastate, traits }) {
  test("a key that is not there has no value", async () => {
    const kv = await open();
    equal(await kv.get("a"), undefined);
    equal(await kv.getUint8Array("a"), undefined);
    equal(await kv.has("a"), false);
    equal(await kv.remove("a"), undefined);
  });

  test("text comes back as it was", async () => {
    const kv = await open();
    for (const [what, text] of Object.entries(ODD)) {
      if (!traits.anyText && /\p{Surrogate}/u.test(text)) {
        await rejects(kv.set(what, text), durastate.KeyValueStoreError, { method: "set", key: what });
        equal(await kv.has(what), false, what);
        continue;
      }
      equal(await kv.set(what, text), undefined);
      equal(await kv.get(what), text, what);
      equal(await kv.has(what), true, what);
    }
  });

  test("keys may be odd, and are different from each other", async () => {
    const kv = await open();
    for (const key of ODD_KEYS) equal(await kv.get(key), undefined, key);
    for (const key of ODD_KEYS) await kv.set(key, `value of ${key}`);
    for (const key of ODD_KEYS) equal(await kv.get(key), `value of ${key}`, key);
    for (const key of ODD_KEYS) await kv.remove(key);
    for (const key of ODD_KEYS) equal(await kv.has(key), false, key);
  });

  test("the last value counts, whatever kind it is", async () => {
    const kv = await open();
    await kv.set("a", "first");
    await kv.set("a", bytes(1, 2, 3));
    equal(await kv.getUint8Array("a"), bytes(1, 2, 3));
    await kv.set("a", "last");
    equal(await kv.get("a"), "last");
  });

  test("a removed key is gone, and its neighbours are not", async () => {
    const kv = await open();
    await kv.set("a", "1");
    await kv.set("ab", "2");
    await kv.remove("a");
    equal(await kv.get("a"), undefined);
    equal(await kv.has("a"), false);
    equal(await kv.get("ab"), "2");
  });

  test("bytes come back as they were", async () => {
    const kv = await open();
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const value of [bytes(), bytes(0), bytes(255, 254), every]) {
      await kv.set("a", value);
      equal(await kv.getUint8Array("a"), value);
      equal(await kv.has("a"), true);
    }
  });

  test("bytes read as text are base64", async () => {
    const kv = await open();
    for (const [value, text] of [
      [bytes(), ""],
      [bytes(0, 1, 2), traits.tellsKinds ? "AAEC" : "\u0000\u0001\u0002"],
      [bytes(255), "/w=="],
      [bytes(251, 240), "+/A="],
    ]) {
      await kv.set("a", value);
      equal(await kv.get("a"), text);
    }
  });

  test("text read as bytes is UTF-8", async () => {
    const kv = await open();
    for (const text of ["", "plain", "é ☃ 👩‍👩‍👧", "\u0000", "AAE", "AA-_", "A===", "=AAA", "AA=A", "AA EC"]) {
      await kv.set("a", text);
      equal(await kv.getUint8Array("a"), utf8(text), text);
    }
    if (!traits.anyText) return;
    await kv.set("a", "half \ud83d");
    equal(await kv.getUint8Array("a"), utf8("half \ufffd"));
  });

  test("text that is base64 reads as what it encodes where bytes are stored as text", async () => {
    const kv = await open();
    for (const [text, decoded] of [
      ["AAEC", bytes(0, 1, 2)],
      ["AA\r\nEC\n", bytes(0, 1, 2)],
      ["Zh==", utf8("f")],
      ["word", bytes(194, 138, 221)],
    ]) {
      await kv.set("a", text);
      equal(await kv.getUint8Array("a"), traits.nativeBytes ? utf8(text) : decoded, text);
      equal(await kv.get("a"), text);
    }
  });

  test("only the part that a Uint8Array shows of its buffer is stored", async () => {
    const kv = await open();
    await kv.set("a", bytes(9, 1, 2, 9).subarray(1, 3));
    equal(await kv.getUint8Array("a"), bytes(1, 2));
  });

  test("nobody changes what is stored by writing into the bytes", async () => {
    const kv = await open();
    const given = bytes(1, 2);
    await kv.set("a", given);
    given[0] = 9;
    const read = await kv.getUint8Array("a");
    equal(read, bytes(1, 2));
    read[0] = 9;
    equal(await kv.getUint8Array("a"), bytes(1, 2));
    await kv.modifyUint8Array("a", (found) => {
      found[1] = 9;
      return bytes(3);
    });
    const modified = await kv.modifyUint8Array("a", () => bytes(4));
    modified[0] = 9;
    equal(await kv.getUint8Array("a"), bytes(4));
  });

  test("a value of 5 MB is stored, or refused without harm to what was there", async () => {
    const kv = await open();
    await kv.set("a", "before");
    const large = "x".repeat(LARGE);
    if (large.length < traits.room) {
      await kv.set("a", large);
      ok((await kv.get("a")) === large, "the same text");
      equal((await kv.modify("a", (text) => `${text}y`)).length, LARGE + 1);
    } else {
      await rejects(kv.set("a", large), durastate.KeyValueStoreError, { method: "set", key: "a" });
      await rejects(
        kv.modify("a", () => large),
        durastate.KeyValueStoreError,
        { method: "modify", key: "a" },
      );
      equal(await kv.get("a"), "before");
    }
    await kv.remove("a");
  });

  test("5 MB of bytes are stored, or refused without harm to what was there", async () => {
    const kv = await open();
    await kv.set("a", "before");
    const large = Uint8Array.from({ length: LARGE }, (_, i) => i % 251);
    if (large.length * 1.4 < traits.room) {
      await kv.set("a", large);
      const read = await kv.getUint8Array("a");
      ok(read.length === LARGE && read.every((byte, i) => byte === i % 251), "the same bytes");
    } else {
      await rejects(kv.set("a", large), durastate.KeyValueStoreError, { method: "set", key: "a" });
      equal(await kv.get("a"), "before");
    }
    await kv.remove("a");
  });

  test("the store says how far its changes are atomic, and so do its views", async () => {
    const kv = await open();
    equal(kv.atomicity, traits.atomicity);
    equal(kv.prefix("a").atomicity, traits.atomicity);
    equal(kv.sealed({ seal: (x) => x, open: (x) => x }).atomicity, traits.atomicity);
  });
}
