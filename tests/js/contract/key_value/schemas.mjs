import { equal, rejects, throws } from "../../support/assert.mjs";

/** A Standard Schema for `{ name: string, age: number }` that makes a number of text. */
const user = (answer = (result) => result) => ({
  "~standard": {
    version: 1,
    vendor: "tests",
    validate(value) {
      const issues = [];
      if (typeof value?.name !== "string") issues.push({ message: "no name", path: ["name"] });
      const age = Number(value?.age);
      if (!Number.isFinite(age)) issues.push({ message: "no age", path: [{ key: "age" }] });
      return answer(issues.length ? { issues } : { value: { name: value.name, age } });
    },
  },
});
const date = {
  decode(stored) {
    const decoded = new Date(typeof stored === "string" ? stored : Number.NaN);
    if (Number.isNaN(decoded.getTime())) throw new Error(`not a date: ${stored}`);
    return decoded;
  },
  encode: (value) => value.toISOString(),
};
const asyncDate = { decode: async (stored) => date.decode(stored), encode: async (value) => date.encode(value) };

export function schemas({ test, open, durastate, traits }) {
  const { SchemaError, KeyValueStoreError } = durastate;

  for (const [kind, schema] of [
    ["a synchronous", user()],
    ["an asynchronous", user((result) => Promise.resolve(result))],
    ["a callable", Object.assign(() => {}, user())],
  ]) {
    test(`${kind} Standard Schema: good values come back, bad ones are refused both ways`, async () => {
      const kv = await open();
      const users = kv.toSchemaStore(schema);
      equal(await users.get("a"), undefined);
      await users.set("a", { name: "Ada", age: 36 });
      equal(await kv.get("a"), '{"name":"Ada","age":36}');
      equal(await users.get("a"), { name: "Ada", age: 36 });

      const issues = [
        { message: "no name", path: ["name"] },
        { message: "no age", path: ["age"] },
      ];
      await rejects(users.set("a", { nam: "Bob" }), SchemaError, {
        _tag: "SchemaError",
        issues,
        message: "no name at name",
      });
      equal(await users.get("a"), { name: "Ada", age: 36 });
      await kv.set("a", '{"age":"x"}');
      await rejects(users.get("a"), SchemaError, { issues });
      await kv.set("a", '{"name":"Eve","age":"7"}');
      equal(await users.get("a"), { name: "Eve", age: 7 });
    });
  }

  for (const [kind, codec] of [
    ["a", date],
    ["an asynchronous", asyncDate],
  ]) {
    test(`${kind} codec encodes what is stored and decodes what is read`, async () => {
      const kv = await open();
      const dates = kv.toSchemaStore(codec);
      await dates.set("a", new Date(0));
      equal(await kv.get("a"), '"1970-01-01T00:00:00.000Z"');
      equal((await dates.get("a")).getTime(), 0);
      equal((await dates.modify("a", (found) => new Date(found.getTime() + 5))).getTime(), 5);
      await kv.set("a", '"soon"');
      const error = await rejects(dates.get("a"), SchemaError, { issues: [{ message: "not a date: soon" }] });
      equal(error.cause.message, "not a date: soon");
      await rejects(dates.set("a", "no date"), SchemaError);
      equal(await kv.get("a"), '"soon"');
    });
  }

  test("stored text that is no JSON is a SchemaError", async () => {
    const kv = await open();
    for (const store of [kv.toSchemaStore(user()), kv.toSchemaStore(date), kv.json()]) {
      await kv.set("a", "{no json");
      const issues = [{ message: "Expected a valid JSON string" }];
      const error = await rejects(store.get("a"), SchemaError, { issues, message: "Expected a valid JSON string" });
      equal(error.cause instanceof SyntaxError, true);
      await rejects(
        store.modify("a", (x) => x),
        SchemaError,
        { issues },
      );
      equal(await kv.get("a"), "{no json");
    }
  });

  test("modify of a schema store checks what it reads and what it writes", async () => {
    const kv = await open();
    const users = kv.toSchemaStore(user());
    equal(await users.modify("a", () => ({ name: "new", age: 1 })), undefined);
    equal(await kv.has("a"), false);
    await users.set("a", { name: "Ada", age: 36 });
    equal(await users.modify("a", (u) => ({ ...u, age: u.age + 1 })), { name: "Ada", age: 37 });
    equal(await users.modify("a", async (u) => ({ ...u, age: u.age + 1 })), { name: "Ada", age: 38 });
    await rejects(
      users.modify("a", () => ({ name: 5 })),
      SchemaError,
    );
    const own = new Error("the user's own");
    equal(
      await rejects(
        users.modify("a", () => Promise.reject(own)),
        Error,
      ),
      own,
    );
    equal(await users.get("a"), { name: "Ada", age: 38 });
  });

  test("json keeps numbers, truth values, text, null, arrays and objects", async () => {
    const kv = await open();
    const json = kv.json();
    for (const value of [
      0,
      -1.5,
      1e300,
      true,
      false,
      "",
      "é👩‍👩‍👧",
      "half \ud83d",
      null,
      [],
      [1, [2]],
      {},
      { a: { b: [null] } },
    ]) {
      await json.set("a", value);
      equal(await json.get("a"), value);
    }
    await json.set("a", JSON.parse('{"__proto__":{"evil":true}}'));
    const read = await json.get("a");
    equal(read.evil, undefined);
    equal(Object.keys(read), ["__proto__"]);
  });

  test("json leaves out what is undefined, and refuses what it would change", async () => {
    const kv = await open();
    const json = kv.json();
    await json.set("a", { left: 1, out: undefined });
    equal(await json.get("a"), { left: 1 });
    const circle = {};
    circle.self = circle;
    const wrong = [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      1n,
      Symbol("s"),
      () => {},
      new Date(0),
      new Map(),
      new Uint8Array(1),
      [undefined],
      circle,
    ];
    for (const value of wrong) {
      await rejects(json.set("a", value), SchemaError);
      await rejects(json.set("a", { deep: [value] }), SchemaError);
    }
    await rejects(json.set("a", circle), SchemaError, { message: /contains itself at self$/ });
    const [issue] = (await rejects(json.set("a", { deep: [1, 2n] }), SchemaError)).issues;
    equal(issue.path, ["deep", 1]);
    equal(await json.get("a"), { left: 1 });
  });

  test("a schema store removes, and answers about keys", async () => {
    const kv = await open();
    const json = kv.json();
    await json.set("a", 1);
    equal(await json.has("a"), true);
    if (traits.lists) {
      await json.set("b", 2);
      equal(await json.size(), 2);
      equal((await json.keys()).sort(), ["a", "b"]);
      equal(await json.isEmpty(), false);
      await json.clear();
      equal(await json.isEmpty(), true);
      await json.set("a", 1);
    }
    await json.remove("a");
    equal(await json.has("a"), false);
  });

  test("what is no schema is refused before anything is touched", async () => {
    const kv = await open();
    await kv.set("a", "1");
    for (const wrong of [
      undefined,
      null,
      5,
      "text",
      {},
      () => {},
      { decode: () => 1 },
      { encode: () => 1 },
      { decode: 1, encode: 2 },
    ]) {
      throws(() => kv.toSchemaStore(wrong), TypeError, { message: /^schema must be/ });
    }
    for (const wrong of [{ "~standard": null }, { "~standard": {} }, { "~standard": { validate: 5 } }]) {
      throws(() => kv.toSchemaStore(wrong), TypeError, {
        message: /^schema\["~standard"\]\.validate must be a function/,
      });
    }
    equal(await kv.get("a"), "1");
  });

  test("a schema store refuses bad keys and functions as its store does", async () => {
    const kv = await open();
    const json = kv.json();
    await rejects(json.get(5), TypeError, { message: /key of KeyValueStore\.get/ });
    await rejects(json.set("", 5), KeyValueStoreError, { method: "set", key: "" });
    await rejects(json.modify("missing", "no function"), TypeError, { message: /^change of KeyValueStore\.modify/ });
    await json.set("a", 1);
    await rejects(json.modify("a", "no function"), TypeError, { message: /^change of KeyValueStore\.modify/ });
    await rejects(
      json.modify(null, (x) => x),
      TypeError,
      { message: /key of KeyValueStore\.modify/ },
    );
    equal(await json.get("a"), 1);
  });
}
