// A worker with a namespace of Workers KV: runs one test of the contract in each request, or what a test asks of it.
import * as durastate from "../../../../dist/index.workerd.js";
import { fromCloudflareKv } from "../../../../dist/kv/cloudflare.js";
import { keyValueContract } from "../../contract/key_value.mjs";

const { KeyValueStore } = durastate;
const traits = { nativeBytes: true, atomicity: "none", room: 25 * 1024 * 1024 };

/** Removes what the test before has left. */
async function empty(namespace) {
  for (;;) {
    const { keys } = await namespace.list();
    if (keys.length === 0) return;
    await Promise.all(keys.map(({ name }) => namespace.delete(name)));
  }
}

function contract(namespace, context) {
  const tests = new Map();
  // In workerd changes take turns within one request alone, and durastate has to know which one it is.
  const scoped = durastate.withContext(context).KeyValueStore;
  const open = async () => {
    await empty(namespace);
    return scoped.make(fromCloudflareKv(namespace));
  };
  keyValueContract({ test: (name, run) => tests.set(name, run), durastate, open, traits });
  return tests;
}

/** What a call came to: its result, or what its error says. */
async function outcome(call) {
  try {
    return { result: await call() };
  } catch ({ _tag, key, cause }) {
    return { _tag, key: key?.slice(0, 10), cause: cause?.name, reason: cause?.message };
  }
}

/** A namespace that counts what it is asked, with some of its methods replaced. */
function counted(namespace, replaced = {}) {
  const calls = {};
  const count =
    (name) =>
    (...args) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return replaced[name] ? replaced[name].apply(namespace, args) : namespace[name](...args);
    };
  const methods = ["get", "getWithMetadata", "put", "delete", "list"].map((name) => [name, count(name)]);
  return { calls, namespace: Object.fromEntries(methods) };
}

const tasks = {
  async layout(namespace) {
    const kv = KeyValueStore.make(fromCloudflareKv(namespace));
    await kv.set("text", "é");
    await kv.set("mark", "\ufeff");
    await kv.set("bytes", new Uint8Array([9, 255, 0, 9]).subarray(1, 3));
    await kv.set("half", "\ud83d");
    await namespace.put("foreign", "by hand", { metadata: { their: "own" } });
    await namespace.put("foreign bytes", new Uint8Array([255, 65]));
    const raw = {};
    for (const key of ["text", "mark", "bytes", "half"]) {
      const { value, metadata } = await namespace.getWithMetadata(key, "arrayBuffer");
      raw[key] = [[...new Uint8Array(value)], metadata];
    }
    return { raw, read: [await kv.get("foreign"), await kv.get("foreign bytes"), await kv.get("half")] };
  },

  async many(namespace) {
    const keys = Array.from({ length: 250 }, (_, i) => `key ${i}`);
    const value = (i) =>
      i % 50 === 0 ? new Uint8Array([255, i]) : i % 50 === 1 ? `half ${i} \ud83d` : `\ufeff value ${i}`;
    const store = fromCloudflareKv(namespace);
    await Promise.all(keys.map((key, i) => store.set(key, value(i))));
    const asked = ["missing", ...keys, "key 3"];
    const expected = JSON.stringify([null, ...keys.map((_, i) => value(i)), value(3)]);
    const read = async (given) => {
      const { calls, namespace } = counted(...given);
      const store = fromCloudflareKv(namespace);
      const first = JSON.stringify(await store.getMany(asked)) === expected;
      const before = calls.getWithMetadata;
      const second = JSON.stringify(await store.getMany(["key 2", "key 3"]));
      return { first, second, before, after: calls.getWithMetadata - before, get: calls.get };
    };
    const single = (key, type) => {
      // As a runtime does that knows one key at a time.
      return namespace.getWithMetadata(String(key), type);
    };
    const tooLarge = (key, type) => {
      if (Array.isArray(key)) return Promise.reject(new Error("KV GET_BULK failed: 413"));
      return namespace.getWithMetadata(key, type);
    };
    return {
      bulk: await read([namespace]),
      old: await read([namespace, { getWithMetadata: single }]),
      large: await read([namespace, { getWithMetadata: tooLarge }]),
      none: await store.getMany([]),
    };
  },

  async pages(namespace) {
    const store = fromCloudflareKv(namespace);
    const keys = Array.from({ length: 25 }, (_, i) => `a:${String(i).padStart(2, "0")}`);
    await Promise.all([...keys, "b"].map((key) => store.set(key, "1")));
    const listed = [];
    let pages = 0;
    let cursor;
    do {
      const page = await store.list("a:", cursor, 10);
      listed.push(...page.keys);
      pages += 1;
      cursor = page.next;
    } while (cursor !== undefined);
    return [
      pages,
      JSON.stringify(listed) === JSON.stringify(keys),
      (await store.list("x".repeat(600), undefined, 10)).keys,
    ];
  },

  async limits(namespace) {
    const { calls, namespace: watched } = counted(namespace);
    const kv = KeyValueStore.make(fromCloudflareKv(watched));
    const told = [];
    for (const key of [".", "..", "é".repeat(257)]) {
      told.push(await outcome(() => kv.get(key)));
      told.push(await outcome(() => kv.set(key, "1")));
      told.push(await outcome(() => kv.remove(key)));
    }
    told.push(await outcome(() => kv.set("large", "x".repeat(25 * 1024 * 1024 + 1))));
    const before = { ...calls };
    await kv.set("é".repeat(256), "fits");
    return { told, before, fits: await kv.get("é".repeat(256)) };
  },

  async failing() {
    const refuse = () => Promise.reject(new Error("KV PUT failed: 429 Too Many Requests"));
    const kv = KeyValueStore.make(fromCloudflareKv(counted({}, { put: refuse, getWithMetadata: refuse }).namespace));
    const wrong = [];
    for (const given of [undefined, null, {}, 5]) {
      try {
        fromCloudflareKv(given);
      } catch (thrown) {
        wrong.push(thrown.name);
      }
    }
    return [await outcome(() => kv.set("a", "1")), await outcome(() => kv.get("a")), wrong];
  },
};

export default {
  async fetch(request, { KV }, context) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name");
    try {
      if (pathname === "/names") return Response.json([...contract(KV, context).keys()]);
      if (pathname === "/contract") return Response.json({ value: await contract(KV, context).get(name)() });
      await empty(KV);
      return Response.json({ value: await tasks[name](KV) });
    } catch (thrown) {
      return Response.json({ error: String(thrown?.stack ?? thrown) });
    }
  },
};
