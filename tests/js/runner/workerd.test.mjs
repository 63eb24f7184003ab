// In workerd nothing that one request started may be awaited by another, and import time allows next to nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "./workerd/start.mjs";

// Since late 2024 one request may settle a promise that another awaits. Before, workerd ends the one that awaits it.
for (const [date, settles] of [
  ["2024-01-01", false],
  ["2026-04-01", true],
]) {
  test(`compatibility date ${date}`, { timeout: 120_000 }, async (context) => {
    const { request, service } = await start(context, date);
    const during = (what, body) => context.test(what, { timeout: 20_000 }, body);

    await during("two requests modify one key of one store at once: neither waits for the other", async () => {
      const [first, second] = [request("modify", "first"), request("modify", "second")];
      const [held, passing] = [await service.next("first", "get"), await service.next("second", "get")];
      passing.answer("0");
      const written = await service.next("second", "set");
      assert.equal(written.value, "0+second");
      written.answer();
      assert.deepEqual(await second, { value: "0+second" });
      held.answer("1");
      (await service.next("first", "set")).answer();
      assert.deepEqual(await first, { value: "1+first" });
    });

    await during("one that modifies does not hold up one that sets", async () => {
      const modifying = request("modify", "modifying");
      const held = await service.next("modifying", "get");
      const setting = request("set", "setting");
      (await service.next("setting", "set")).answer();
      assert.deepEqual(await setting, {});
      held.answer("0");
      (await service.next("modifying", "set")).answer();
      assert.deepEqual(await modifying, { value: "0+modifying" });
    });

    await during("ten requests read at once, and each asks for itself", async () => {
      const names = Array.from({ length: 10 }, (_, at) => `reader${at}`);
      const reading = names.map((name) => request("read", name));
      const asked = await Promise.all(names.map((name) => service.next(name, "getMany")));
      for (const { name, answer } of asked.reverse()) answer([`${name} a`, `${name} b`]);
      const answers = await Promise.all(reading);
      answers.forEach(({ value }, at) => {
        assert.deepEqual(value, [`${names[at]} a`, `${names[at]} b`]);
      });
    });

    await during("a request whose client has gone does not concern the others", async () => {
      const gone = new AbortController();
      const leaving = assert.rejects(request("keys", "leaving", { signal: gone.signal }), { name: "AbortError" });
      const held = await service.next("leaving", "keys");
      const staying = request("keys", "staying");
      const kept = await service.next("staying", "keys");
      gone.abort();
      await leaving;
      held.answer(["late"]);
      kept.answer(["a"]);
      assert.deepEqual(await staying, { value: ["a"] });
      const after = request("keys", "after");
      (await service.next("after", "keys")).answer(["b"]);
      assert.deepEqual(await after, { value: ["b"] });
    });

    await during("requests sleep side by side", async () => {
      const sleeping = ["one", "two", "three"].map((name) => request("wait", name));
      assert.deepEqual(await Promise.all(sleeping), [{ value: true }, { value: true }, { value: true }]);
    });

    await during("what outlives the response goes on under the context that was handed in", async () => {
      const abandoned = request("abandon", "abandoning");
      const claiming = await service.next("abandoning", "set");
      assert.deepEqual(await abandoned, { error: "Error: abandoned" });
      claiming.answer();
      const undoing = await service.next("abandoning", "remove");
      assert.equal(undoing.key, "job");
      undoing.answer();
    });

    await during("a store that was opened with a context works as any other", async () => {
      const listing = request("keys-with-context", "listing");
      (await service.next("listing", "keys")).answer(["a", "b"]);
      assert.deepEqual(await listing, { value: ["a", "b"] });
    });

    await during("a panic in one request: the next one works, and whoever waited is told", async () => {
      const waiting = request("keys", "waiting");
      const held = await service.next("waiting", "keys");
      assert.match((await request("panic", "panicking")).error, /^BugError: .*in one request/s);
      held.answer(["late"]);
      const told = await waiting;
      if (settles) assert.match(told.error, /^BugError: .*in one request/s);
      else assert.ok(told.ended);
      const after = request("keys", "after");
      (await service.next("after", "keys")).answer(["b"]);
      assert.deepEqual(await after, { value: ["b"] });
    });

    assert.deepEqual(service.left, []);
  });
}
