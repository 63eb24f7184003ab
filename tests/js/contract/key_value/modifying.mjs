import { equal, ok, rejects } from "../../support/assert.mjs";

const bytes = (...list) => new Uint8Array(list);
const utf8 = (text) => new TextEncoder().encode(text);

export function modifying({ test, open, durastate, traits }) {
  test("modify replaces text by what the function makes of it, and gives that", async () => {
    const kv = await open();
    await kv.set("a", "1");
    equal(await kv.modify("a", (text) => `${text}2`), "12");
    equal(await kv.get("a"), "12");
    equal(await kv.modify("a", async (text) => `${text}3`), "123");
    equal(await kv.get("a"), "123");
    equal(await kv.modify("a", () => ""), "");
    equal(await kv.get("a"), "");
  });

  test("modifyUint8Array does the same for bytes", async () => {
    const kv = await open();
    await kv.set("a", bytes(255));
    equal(await kv.modifyUint8Array("a", (found) => bytes(...found, 2)), bytes(255, 2));
    equal(await kv.modifyUint8Array("a", async (found) => bytes(...found, 3)), bytes(255, 2, 3));
    equal(await kv.getUint8Array("a"), bytes(255, 2, 3));
    equal(await kv.get("a"), "/wID");
  });

  test("a key that is not there stays so, and the function is not called", async () => {
    const kv = await open();
    const never = () => {
      throw new Error("called");
    };
    equal(await kv.modify("a", never), undefined);
    equal(await kv.modifyUint8Array("a", never), undefined);
    equal(await kv.has("a"), false);
  });

  test("modify gives bytes as base64, and modifyUint8Array gives text as UTF-8", async () => {
    const kv = await open();
    await kv.set("a", bytes(255, 254, 253));
    equal(await kv.modify("a", (text) => `<${text}>`), "<//79>");
    equal(await kv.modifyUint8Array("a", (found) => found.slice(1, -1)), utf8("//79"));
    equal(await kv.getUint8Array("a"), utf8("//79"));
  });

  test("what the function throws reaches the caller, and the value stays", async () => {
    const kv = await open();
    await kv.set("a", "before");
    const reason = new Error("the user's own");
    const throwing = () => {
      throw reason;
    };
    for (const change of [throwing, async () => throwing()]) {
      for (const method of ["modify", "modifyUint8Array"]) {
        equal(await rejects(kv[method]("a", change), Error), reason, method);
        equal(await kv.get("a"), "before", method);
      }
    }
    equal(await kv.modify("a", (text) => `${text}!`), "before!");
  });

  test("a function that throws no error, or an error of ours, is passed on as well", async () => {
    const kv = await open();
    await kv.set("a", "before");
    const ours = new durastate.KeyValueStoreError({ method: "get", key: "b", message: "elsewhere" });
    for (const reason of [undefined, "text", ours]) {
      const told = await kv
        .modify("a", () => Promise.reject(reason))
        .then(
          () => "nothing",
          (thrown) => ({ thrown }),
        );
      ok(told.thrown === reason, String(reason));
    }
    equal(await kv.get("a"), "before");
  });

  test("a function that gives something else is refused, and the value stays", async () => {
    const kv = await open();
    await kv.set("a", "before");
    for (const wrong of [undefined, null, 5, {}, ["a"], new ArrayBuffer(1), bytes(1)]) {
      await rejects(
        kv.modify("a", () => wrong),
        TypeError,
        { message: /KeyValueStore\.modify/ },
      );
      await rejects(
        kv.modify("a", async () => wrong),
        TypeError,
        { message: /KeyValueStore\.modify/ },
      );
    }
    for (const wrong of [undefined, 5, "text"]) {
      await rejects(
        kv.modifyUint8Array("a", () => wrong),
        TypeError,
        { message: /KeyValueStore\.modifyUint8Array/ },
      );
    }
    equal(await kv.get("a"), "before");
  });

  test("modify of a key whose bytes are not those of the function's last run starts again", async () => {
    const kv = await open();
    await kv.set("a", bytes(1));
    let runs = 0;
    const changed = await kv.modifyUint8Array("a", async (found) => {
      runs += 1;
      if (runs === 1) await kv.set("a", bytes(7));
      return bytes(found[0] + 1);
    });
    equal(changed, bytes(8));
    equal(runs, 2);
  });

  test("a key that is removed while the function thinks stays removed", async () => {
    const kv = await open();
    await kv.set("a", "before");
    const changed = await kv.modify("a", async () => {
      await kv.remove("a");
      return "after";
    });
    equal(changed, undefined);
    equal(await kv.has("a"), false);
  });

  test("the function may use the store, also the key that is modified", async () => {
    const kv = await open();
    await kv.set("a", "1");
    await kv.set("b", "2");
    equal(await kv.modify("a", async (text) => `${text}${await kv.modify("b", async (b) => `${b}!`)}`), "12!");
    equal(await kv.modify("a", async (text) => text + (await kv.get("a"))), "12!12!");
    let runs = 0;
    const changed = await kv.modify("a", async () => {
      runs += 1;
      if (runs === 1) await kv.modify("a", async () => "inner");
      return `outer of run ${runs}`;
    });
    equal(changed, "outer of run 2");
  });

  test("a function that is always overtaken by itself ends in an error", async () => {
    const kv = await open();
    await kv.set("a", "0");
    const overtaken = kv.modify("a", async (text) => {
      await kv.modify("a", (n) => String(Number(n) + 1));
      return `never ${text}`;
    });
    await rejects(overtaken, durastate.KeyValueStoreError, { method: "modify", key: "a" });
    ok(Number(await kv.get("a")) > 0, "what the inner one did is there");
  });

  test("an element that looks like a promise is waited for", async () => {
    const kv = await open();
    await kv.set("a", "1");
    // biome-ignore lint/suspicious/noThenProperty: other promise libraries have it
    equal(await kv.modify("a", () => ({ then: (resolve) => resolve("2") })), "2");
    if (traits.nativeBytes) equal(await kv.modifyUint8Array("a", (x) => Promise.resolve(x)), utf8("2"));
  });
}
