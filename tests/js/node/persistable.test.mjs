// Requests whose results can be kept.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Codec, Exit, Persistence, Persistable as Published } from "durastate";
import { source } from "../support/source.mjs";

const { Persistable, exitCodecOf, primaryKeyOf } = await source("js/layers/persistence/persistable.ts");

const GetUser = Persistable.make("GetUser", {
  primaryKey: ({ id }) => `user:${id}`,
  success: Codec.string,
  error: Codec.int,
});

describe("a request", () => {
  test("has the fields of its payload and its tag, with and without new", () => {
    for (const request of [GetUser({ id: 1, deep: { a: [1] } }), new GetUser({ id: 1, deep: { a: [1] } })]) {
      assert.deepEqual({ ...request }, { id: 1, deep: { a: [1] }, _tag: "GetUser" });
      assert.equal(JSON.stringify(request), '{"id":1,"deep":{"a":[1]},"_tag":"GetUser"}');
      assert.deepEqual(Reflect.ownKeys(request), ["id", "deep", "_tag"]);
      assert.ok(request instanceof GetUser);
      assert.equal(request.constructor, GetUser);
    }
    assert.equal(GetUser.name, "GetUser");
  });

  test("does not change, whatever becomes of its payload", () => {
    const payload = { id: 1 };
    const request = GetUser(payload);
    payload.id = 2;
    assert.equal(request.id, 1);
    assert.ok(Object.isFrozen(request));
    assert.throws(() => {
      request.id = 2;
    }, TypeError);
    assert.equal(primaryKeyOf(request), "user:1");
  });

  test("may be of a class that extends its own", () => {
    class GetNamed extends GetUser {
      get title() {
        return `user ${this.id}`;
      }
    }
    const request = new GetNamed({ id: 1 });
    assert.ok(request instanceof GetNamed && request instanceof GetUser);
    assert.deepEqual([request.title, primaryKeyOf(request), request._tag], ["user 1", "user:1", "GetUser"]);
    assert.equal(exitCodecOf(request), exitCodecOf(GetUser({ id: 1 })));
  });

  test("needs no payload where nothing is asked for", () => {
    const GetSettings = Persistable.make("GetSettings", { primaryKey: () => "settings" });
    assert.deepEqual({ ...GetSettings() }, { _tag: "GetSettings" });
    assert.equal(primaryKeyOf(new GetSettings()), "settings");
  });

  test("has the tag of its class, and a class of that tag, whatever its payload says", () => {
    const request = GetUser({ id: 1, _tag: "Other", ...JSON.parse('{"__proto__":{"evil":1}}') });
    assert.equal(request._tag, "GetUser");
    assert.equal(request.evil, undefined);
    assert.ok(request instanceof GetUser);
    assert.equal(primaryKeyOf(request), "user:1");
  });

  test("refuses a payload that is no object", () => {
    for (const wrong of [null, 5, "text", true]) {
      for (const make of [() => GetUser(wrong), () => new GetUser(wrong)]) {
        assert.throws(make, { name: "TypeError", message: /^the payload of GetUser must be an object, but is/ });
      }
    }
  });
});

describe("a primary key", () => {
  test("is worked out once, when it is first needed", () => {
    let calls = 0;
    const options = {
      primaryKey(request) {
        calls++;
        assert.equal(this, options);
        return `${request._tag}:${request.id}`;
      },
    };
    const Get = Persistable.make("Get", options);
    const [one, other] = [Get({ id: 1 }), Get({ id: 1 })];
    assert.equal(calls, 0);
    assert.deepEqual([primaryKeyOf(one), primaryKeyOf(one)], ["Get:1", "Get:1"]);
    assert.equal(calls, 1);
    assert.equal(primaryKeyOf(other), "Get:1");
    assert.equal(calls, 2);
  });

  test("is a text that is not empty and that every store can hold", () => {
    for (const [key, given] of [
      ["", 'the string ""'],
      [5, "the number 5"],
      [undefined, "undefined"],
      [null, "null"],
      [Promise.resolve("a"), "an object (Promise)"],
      ["a\ud800", "a text with half of a surrogate pair"],
    ]) {
      const request = Persistable.make("Get", { primaryKey: () => key })();
      assert.throws(() => primaryKeyOf(request), {
        name: "TypeError",
        message: `primaryKey of Get must give a string that is not empty, but gave ${given}`,
      });
    }
    assert.equal(primaryKeyOf(Persistable.make("Get", { primaryKey: () => "👩‍👧 %:*" })()), "👩‍👧 %:*");
    const own = new Error("own");
    const failing = Persistable.make("Get", {
      primaryKey() {
        throw own;
      },
    })();
    assert.throws(() => primaryKeyOf(failing), own);
  });

  test("is only that of a request", () => {
    const request = GetUser({ id: 1 });
    const copies = [{ ...request }, structuredClone(request), Object.create(request), GetUser.prototype, GetUser];
    for (const wrong of [undefined, null, 5, "user:1", {}, [], ...copies]) {
      for (const ask of [primaryKeyOf, exitCodecOf]) {
        assert.throws(() => ask(wrong), {
          name: "TypeError",
          message: /must be a request of a class that Persistable\.make/,
        });
      }
    }
  });
});

test("the codec of exits is made once for each class", () => {
  const [one, other] = [GetUser({ id: 1 }), GetUser({ id: 2 })];
  assert.equal(exitCodecOf(one), exitCodecOf(other));
  assert.equal(exitCodecOf(one).encode(Exit.succeed("a")), '{"_tag":"Success","value":"a"}');
  assert.deepEqual(exitCodecOf(one).decode({ _tag: "Failure", cause: [{ _tag: "Fail", error: 5 }] }), Exit.fail(5));
});

test("what can not be a class of requests is refused, naming what is wrong", () => {
  const primaryKey = () => "a";
  for (const [args, message] of [
    [[5, { primaryKey }], /^tag of Persistable\.make must be a string/],
    [["", { primaryKey }], /^tag of Persistable\.make must not be empty/],
    [["Get"], /^options of Persistable\.make\("Get"\) must be an object/],
    [["Get", null], /^options of Persistable\.make\("Get"\) must be an object/],
    [["Get", {}], /^primaryKey of Get must be a function/],
    [["Get", { primaryKey: "id" }], /^primaryKey of Get must be a function/],
    [["Get", { primaryKey, success: "text" }], /^success of Get must be a Standard Schema or have decode and encode/],
    [["Get", { primaryKey, success: null }], /^success of Get must be/],
    [["Get", { primaryKey, error: { decode() {} } }], /^error of Get must be/],
  ]) {
    assert.throws(() => Persistable.make(...args), { name: "TypeError", message });
  }
});

test("classes of requests share a store, by their primary keys", async () => {
  const options = { primaryKey: ({ id }) => `user:${id}` };
  const GetName = Published.make("GetName", { ...options, success: Codec.string });
  const GetSame = Published.make("GetSame", { ...options, success: Codec.string });
  const store = await Persistence.memory().make({ storeId: "users" });
  await store.set(GetName({ id: 1, more: "field" }), Exit.succeed("Ada"));
  assert.deepEqual(await store.get(GetSame({ id: 1 })), Exit.succeed("Ada"));
  assert.equal(await store.get(GetSame({ id: 2 })), undefined);
  await assert.rejects(store.get({ ...GetName({ id: 1 }) }), { name: "TypeError", message: /must be a request/ });
});
