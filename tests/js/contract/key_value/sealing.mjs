import { equal, ok, rejects, throws } from "../../support/assert.mjs";
import { recorder, reportedBy } from "../../support/reported.mjs";

/** AES-GCM with a key of its own; a fresh nonce goes before what it sealed. */
async function aes() {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  return {
    async seal(bytes) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
      const all = new Uint8Array(iv.length + sealed.length);
      all.set(iv);
      all.set(sealed, iv.length);
      return all;
    },
    async open(bytes) {
      const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, 12) };
      return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.subarray(12)));
    },
  };
}

const flip = (bytes) => bytes.map((byte) => byte ^ 255);
const flipping = { seal: flip, open: flip };

export function sealing({ test, open, durastate, traits }) {
  const { KeyValueStoreError } = durastate;

  test("sealed values come back, and are not to be read in the store", async () => {
    const kv = await open();
    const sealed = kv.sealed(await aes());
    for (const text of ["", "secret", "é👩‍👩‍👧", "\u0000", "\ufeffx", "AAEC"]) {
      await sealed.set("a", text);
      equal(await sealed.get("a"), text);
      ok(!(await kv.get("a")).includes("secret"));
      const first = await kv.getUint8Array("a");
      equal(first.length, new TextEncoder().encode(text).length + 1 + 12 + 16);
      await sealed.set("a", text);
      ok(String(await kv.getUint8Array("a")) !== String(first), "a nonce is used once");
    }
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    await sealed.set("b", bytes);
    equal(await sealed.getUint8Array("b"), bytes);
  });

  test("a sealed store tells text from bytes", async () => {
    const sealed = (await open()).sealed(flipping);
    await sealed.set("text", "AAEC");
    equal(await sealed.getUint8Array("text"), new TextEncoder().encode("AAEC"));
    await sealed.set("bytes", new Uint8Array([0, 1, 2]));
    equal(await sealed.get("bytes"), "AAEC");
  });

  test("a sealed store modifies, and no change is lost", async () => {
    const kv = await open();
    const sealed = kv.sealed(await aes());
    equal(await sealed.modify("n", () => "x"), undefined);
    await sealed.set("n", "0");
    const increment = (text) => String(Number(text) + 1);
    await Promise.all(Array.from({ length: 100 }, () => sealed.modify("n", increment)));
    equal(await sealed.get("n"), "100");
    await sealed.set("b", new Uint8Array([1]));
    equal(await sealed.modifyUint8Array("b", ([n]) => new Uint8Array([n + 1])), new Uint8Array([2]));
    equal(await sealed.json().modify("n", (n) => n + 1), 101);
  });

  test("keys of a sealed store are those of the store", async () => {
    const kv = await open();
    const sealed = kv.prefix("s:").sealed(flipping);
    await sealed.set("a", "1");
    await sealed.prefix("in:").set("b", "2");
    equal(await kv.has("s:a"), true);
    equal(await kv.has("s:in:b"), true);
    equal(await sealed.has("a"), true);
    equal(await sealed.prefix("in:").get("b"), "2");
    if (traits.lists) {
      await kv.set("other", "x");
      equal((await sealed.keys()).sort(), ["a", "in:b"]);
      equal(await sealed.size(), 2);
      await sealed.clearPrefix("in:");
      equal(await sealed.keys(), ["a"]);
      equal(await sealed.isEmpty(), false);
      await sealed.clear();
      equal(await kv.keys(), ["other"]);
    }
    await sealed.remove("a");
    equal(await kv.has("s:a"), false);
  });

  test("what was sealed with another key, cut or changed is refused with the cause", async () => {
    const kv = await open();
    const sealed = kv.sealed(await aes());
    await sealed.set("a", "secret");
    const stored = await kv.getUint8Array("a");
    const changed = new Uint8Array(stored);
    changed[20] ^= 1;
    for (const value of [changed, stored.subarray(0, 20), new Uint8Array(), "no seal at all"]) {
      await kv.set("a", value);
      for (const method of ["get", "getUint8Array"]) {
        const error = await rejects(sealed[method]("a"), KeyValueStoreError, { method, key: "a" });
        ok(error.cause !== undefined, "the cause is kept");
      }
      await rejects(
        sealed.modify("a", () => "x"),
        KeyValueStoreError,
        { method: "modify", key: "a" },
      );
      equal(await kv.getUint8Array("a"), await kv.getUint8Array("a"));
    }
    await kv.set("a", stored);
    await rejects(kv.sealed(await aes()).get("a"), KeyValueStoreError, { method: "get", key: "a" });
    equal(await sealed.get("a"), "secret");
  });

  test("what opens to nothing of ours is refused", async () => {
    const kv = await open();
    const sealed = kv.sealed(flipping);
    for (const value of [new Uint8Array(), new Uint8Array([250, 1])]) {
      await kv.set("a", value);
      await rejects(sealed.get("a"), KeyValueStoreError, { method: "get", key: "a" });
    }
  });

  test("a seal that fails leaves what was there", async () => {
    const kv = await open();
    const wrong = new Error("no key");
    await kv.sealed(flipping).set("a", "before");
    const failing = kv.sealed({ seal: () => Promise.reject(wrong), open: flip });
    equal((await rejects(failing.set("a", "x"), KeyValueStoreError, { method: "set", key: "a" })).cause, wrong);
    await rejects(
      failing.modify("a", () => "x"),
      KeyValueStoreError,
      { method: "modify", key: "a", cause: wrong },
    );
    equal(await failing.get("a"), "before");
  });

  test("a seal that gives something else than bytes is refused, and what was there stays", async () => {
    const kv = await open();
    await kv.sealed(flipping).set("a", "before");
    for (const wrong of [undefined, null, "text", 5, new ArrayBuffer(4)]) {
      const sealing = kv.sealed({ seal: () => wrong, open: flip });
      await rejects(sealing.set("a", "x"), KeyValueStoreError, { method: "set", key: "a" });
      await rejects(
        sealing.modify("a", () => "x"),
        KeyValueStoreError,
        { method: "modify", key: "a" },
      );
      const opening = kv.sealed({ seal: flip, open: () => wrong });
      await rejects(opening.get("a"), KeyValueStoreError, { method: "get", key: "a" });
    }
    equal(await kv.sealed(flipping).get("a"), "before");
  });

  test("who watches a sealed store is told what was sealed, in order", async () => {
    const kv = await open();
    const sealed = kv.sealed(await aes());
    const { told, listener, until } = recorder();
    const stop = sealed.watch("a", listener);
    await sealed.set("a", "1");
    await sealed.set("a", new Uint8Array([0, 1, 2]));
    await sealed.remove("a");
    await sealed.set("a", "2");
    await until(4);
    equal(
      told.map(({ value }) => value),
      ["1", "AAEC", undefined, "2"],
    );
    stop();
  });

  test("a change that can not be opened is reported to nobody but the reporter", async () => {
    const kv = await open();
    const sealed = kv.sealed(await aes());
    const { told, listener, until } = recorder();
    const stop = sealed.watch("a", listener);
    const reported = await reportedBy(async () => {
      await kv.set("a", "not sealed");
      await sealed.set("a", "sealed");
      await until(1);
    });
    equal(
      told.map(({ value }) => value),
      ["sealed"],
    );
    equal(reported.length, 1);
    equal(reported[0].method, "watch");
    stop();
  });

  test("a text that would not come back as it was is refused, and what was there stays", async () => {
    const kv = (await open()).sealed(flipping);
    await kv.set("key", "before");
    const refused = (method) => [KeyValueStoreError, { method, key: "key", message: /surrogate/ }];
    await rejects(kv.set("key", "half \ud800"), ...refused("set"));
    await rejects(
      kv.modify("key", (text) => `${text}\udc00`),
      ...refused("modify"),
    );
    equal(await kv.get("key"), "before");
  });

  test("what can not seal is refused before anything is touched", async () => {
    const kv = await open();
    for (const wrong of [undefined, null, 5, {}, { open: flip }, { seal: "x", open: flip }]) {
      throws(() => kv.sealed(wrong), TypeError, { message: /^seal of KeyValueStore\.sealed must be a function/ });
    }
    throws(() => kv.sealed({ seal: flip }), TypeError, {
      message: /^open of KeyValueStore\.sealed must be a function/,
    });
    const sealed = kv.sealed(flipping);
    await rejects(sealed.get(5), TypeError, { message: /^key of KeyValueStore\.get/ });
    await rejects(sealed.set("a", 5), TypeError, { message: /^value of KeyValueStore\.set\("a"\)/ });
    await rejects(sealed.modify("a", 5), TypeError, { message: /^change of KeyValueStore\.modify/ });
    await rejects(sealed.modifyUint8Array("a", 5), TypeError, {
      message: /^change of KeyValueStore\.modifyUint8Array/,
    });
    await sealed.set("a", "before");
    await rejects(
      sealed.modify("a", () => new Uint8Array(1)),
      TypeError,
      { message: /KeyValueStore\.modify/ },
    );
    await rejects(
      sealed.modifyUint8Array("a", () => "text"),
      TypeError,
      { message: /KeyValueStore\.modifyUint8Array/ },
    );
    equal(await sealed.get("a"), "before");
  });
}
