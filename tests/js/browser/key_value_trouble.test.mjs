// What happens to Web Storage in the wild: full, forbidden, reloaded, gone with its frame.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { load, openPage, sendPage, serve } from "../support/browser.mjs";
import { launchChromium } from "../support/chromium.mjs";

const forbidden = (_, response) => {
  response.setHeader("content-security-policy", "sandbox allow-scripts");
  sendPage(response);
};

let server;
let browser;
let context;
before(async () => {
  server = await serve({ "/forbidden": forbidden });
  browser = await launchChromium();
  context = await browser.newContext();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const place of ["localStorage", "sessionStorage"]) {
  test(`${place} that is full: what was there is still there, and it works again when there is room`, async () => {
    const page = await openPage(context, server.origin);
    const result = await page.evaluate(async (place) => {
      const kv = durastate.KeyValueStore[place]();
      const chunk = "x".repeat(256 * 1024);
      await kv.set("kept", "before");
      let stored = 0;
      let error;
      while (!error && stored < 100) {
        error = await kv.set(`chunk ${stored}`, chunk).then(
          () => undefined,
          (thrown) => thrown,
        );
        if (!error) stored += 1;
      }
      const errors = [error];
      for (const attempt of [
        () => kv.set("kept", chunk),
        () => kv.modify("kept", () => chunk),
        () => kv.modify("kept", async () => chunk),
        () => kv.modifyUint8Array("kept", () => new Uint8Array(chunk.length)),
        () => kv.json().set("kept", chunk),
      ]) {
        errors.push(await attempt().catch((thrown) => thrown));
      }
      const told = errors.map((e) => [
        e._tag,
        e.method,
        e.key,
        e.cause instanceof DOMException,
        e.cause?.name,
        structuredClone(e.toJSON()).cause,
      ]);
      const kept = await kv.get("kept");
      const size = await kv.size();
      await kv.remove("chunk 0");
      await kv.set("room", "again");
      const later = [await kv.get("room"), await kv.get("kept")];
      await kv.clear();
      return { told, kept, stored, size, later, empty: await kv.isEmpty() };
    }, place);
    const quota = [true, "QuotaExceededError", { name: "QuotaExceededError" }];
    assert.deepEqual(result.told, [
      ["KeyValueStoreError", "set", `chunk ${result.stored}`, ...quota],
      ["KeyValueStoreError", "set", "kept", ...quota],
      ["KeyValueStoreError", "modify", "kept", ...quota],
      ["KeyValueStoreError", "modify", "kept", ...quota],
      ["KeyValueStoreError", "modifyUint8Array", "kept", ...quota],
      ["KeyValueStoreError", "set", "kept", ...quota],
    ]);
    assert.ok(result.stored > 10, `${result.stored} chunks fit`);
    assert.equal(result.kept, "before");
    assert.equal(result.size, result.stored + 1);
    assert.deepEqual(result.later, ["again", "before"]);
    assert.equal(result.empty, true);
    await page.close();
  });
}

describe("a page that may not touch its storage", () => {
  for (const place of ["localStorage", "sessionStorage"]) {
    test(`every call of ${place} fails with the browser's error as the cause`, async () => {
      const page = await openPage(context, server.origin, "/forbidden");
      const told = await page.evaluate(async (place) => {
        const kv = durastate.KeyValueStore[place]();
        const calls = {
          get: () => kv.get("a"),
          getUint8Array: () => kv.getUint8Array("a"),
          set: () => kv.set("a", "x"),
          remove: () => kv.remove("a"),
          has: () => kv.has("a"),
          modify: () => kv.modify("a", () => "x"),
          modifyUint8Array: () => kv.modifyUint8Array("a", (x) => x),
          keys: () => kv.keys(),
          size: () => kv.size(),
          isEmpty: () => kv.isEmpty(),
          clear: () => kv.clear(),
          clearPrefix: () => kv.clearPrefix("a"),
          watch: async () => kv.watch("a", () => {}),
        };
        const told = {};
        for (const [method, call] of Object.entries(calls)) {
          told[method] = await call().then(
            () => "nothing",
            (e) => [e._tag, e.method, e.cause instanceof DOMException, e.cause?.name],
          );
        }
        return told;
      }, place);
      for (const [method, error] of Object.entries(told)) {
        assert.deepEqual(error, ["KeyValueStoreError", method, true, "SecurityError"], method);
      }
      await page.close();
    });
  }

  test("memory works there", async () => {
    const page = await openPage(context, server.origin, "/forbidden");
    const value = await page.evaluate(async () => {
      const kv = durastate.KeyValueStore.memory();
      await kv.set("a", "1");
      return kv.modify("a", (text) => `${text}!`);
    });
    assert.equal(value, "1!");
    await page.close();
  });
});

test("what is stored survives a reload, in memory nothing does, and a new tab has no session", async () => {
  const page = await openPage(context, server.origin);
  const places = ["memory", "localStorage", "sessionStorage"];
  const read = (page) =>
    page.evaluate(
      (places) =>
        Promise.all(places.map(async (place) => (await durastate.KeyValueStore[place]().json().get("a")) ?? null)),
      places,
    );
  const value = { n: [1, "é👩‍👩‍👧"] };
  await page.evaluate(
    async ([places, value]) => {
      for (const place of places) await durastate.KeyValueStore[place]().json().set("a", value);
    },
    [places, value],
  );
  await page.reload();
  await load(page);
  assert.deepEqual(await read(page), [null, value, value]);
  const tab = await openPage(context, server.origin);
  assert.deepEqual(await read(tab), [null, value, null]);
  await Promise.all([page.close(), tab.close()]);
});

test("storage(localStorage) is localStorage, and hears what it hears", async () => {
  const page = await openPage(context, server.origin);
  const told = await page.evaluate(async () => {
    const told = [];
    durastate.KeyValueStore.storage(localStorage).watch("b", ({ value }) => told.push(value));
    await durastate.KeyValueStore.localStorage().set("b", "1");
    return told;
  });
  assert.deepEqual(told, ["1"]);
  await page.close();
});
