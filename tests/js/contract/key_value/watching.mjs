import { equal, ok, sameMembers, throws } from "../../support/assert.mjs";
import { recorder, reportedBy } from "../../support/reported.mjs";

const local = (key, value) => ({ key, value, origin: "local" });

export function watching({ test, open, durastate, traits }) {
  test("who watches a key is told of its changes, and of no others", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stop = kv.watch("a", listener);
    await kv.set("a", "1");
    await kv.set("b", "2");
    await kv.modify("a", (text) => `${text}!`);
    await kv.set("a", new Uint8Array([0, 1, 2]));
    await kv.remove("a");
    equal(told, [local("a", "1"), local("a", "1!"), local("a", "AAEC"), local("a", undefined)]);
    stop();
  });

  test("who watches everything is told of all keys", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stop = kv.watch(undefined, listener);
    await kv.set("a", "1");
    await kv.json().set("b", { n: 1 });
    await kv.remove("a");
    equal(told, [local("a", "1"), local("b", '{"n":1}'), local("a", undefined)]);
    stop();
  });

  test("nothing is told of what changed nothing", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stop = kv.watch(undefined, listener);
    await kv.modify("missing", () => "x");
    await kv.get("a");
    await kv.has("a");
    await kv.modify("a", () => Promise.reject(new Error("no"))).catch(() => {});
    await kv.set("a", 5).catch(() => {});
    equal(told, []);
    stop();
  });

  test("after the end nothing is told any more, and ending twice is fine", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stop = kv.watch("a", listener);
    stop();
    stop();
    await kv.set("a", "1");
    equal(told, []);
  });

  test("one function may watch twice, and each ends by itself", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stops = [kv.watch("a", listener), kv.watch("a", listener)];
    await kv.set("a", "1");
    equal(told.length, 2);
    stops[0]();
    stops[0]();
    await kv.set("a", "2");
    equal(told.length, 3);
    stops[1]();
    await kv.set("a", "3");
    equal(told.length, 3);
  });

  test("views watch their own keys, by their own names, and hear of changes through other views", async () => {
    const kv = await open();
    const all = recorder();
    const app = recorder();
    const one = recorder();
    const stops = [kv.watch(undefined, all.listener), kv.prefix("app:").watch(undefined, app.listener)];
    stops.push(kv.prefix("ap").watch("p:a", one.listener));
    await kv.set("app:a", "1");
    await kv.prefix("app:").set("b", "2");
    await kv.set("other", "3");
    equal(all.told, [local("app:a", "1"), local("app:b", "2"), local("other", "3")]);
    equal(app.told, [local("a", "1"), local("b", "2")]);
    equal(one.told, [local("p:a", "1")]);
    for (const stop of stops) stop();
  });

  test("a listener that throws is reported, and stops nobody", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const wrong = new Error("the listener's own");
    const stops = [
      kv.watch("a", () => {
        throw wrong;
      }),
      kv.watch("a", listener),
    ];
    const reported = await reportedBy(async () => {
      await kv.set("a", "1");
      await kv.modify("a", (text) => `${text}!`);
    });
    equal(reported.length, 2);
    ok(reported.every((error) => error === wrong));
    equal(told, [local("a", "1"), local("a", "1!")]);
    equal(await kv.get("a"), "1!");
    for (const stop of stops) stop();
  });

  test("a listener may stop itself, and may change the store", async () => {
    const kv = await open();
    const { told, listener } = recorder();
    const stops = [];
    const changed = new Promise((resolve) => {
      stops[0] = kv.watch("a", (change) => {
        stops[0]();
        resolve(kv.set("b", change.value));
      });
    });
    stops[1] = kv.watch(undefined, listener);
    await kv.set("a", "1");
    await changed;
    await kv.set("a", "2");
    sameMembers(
      told.map(({ key, value }) => `${key} ${value}`),
      ["a 1", "b 1", "a 2"],
    );
    stops[1]();
  });

  if (traits.lists) {
    test("clear and clearPrefix tell of every key that went", async () => {
      const kv = await open();
      for (const key of ["a1", "a2", "b", "c"]) await kv.set(key, "x");
      const { told, listener } = recorder();
      const stop = kv.watch(undefined, listener);
      await kv.clearPrefix("a");
      sameMembers(
        told.map(({ key }) => key),
        ["a1", "a2"],
      );
      await kv.prefix("b").clear();
      await kv.clear();
      equal(told.slice(2), [local("b", undefined), local("c", undefined)]);
      ok(told.every(({ value, origin }) => value === undefined && origin === "local"));
      stop();
    });
  }

  test("what can not be watched, or can not listen, is refused", async () => {
    const kv = await open();
    for (const wrong of [undefined, null, "text", {}]) {
      throws(() => kv.watch("a", wrong), TypeError, {
        message: /^listener of KeyValueStore\.watch must be a function/,
      });
    }
    for (const wrong of [null, 5, {}]) {
      throws(() => kv.watch(wrong, () => {}), TypeError, { message: /^key of KeyValueStore\.watch must be a string/ });
    }
    throws(() => kv.watch("", () => {}), durastate.KeyValueStoreError, { method: "watch", key: "" });
  });
}
