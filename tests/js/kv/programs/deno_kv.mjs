// What Deno KV holds, and what it refuses: says it as JSON.
import { KeyValueStore } from "../../../../dist/index.js";
import { fromDenoKv } from "../../../../dist/kv/deno.js";

const raw = await Deno.openKv(`${Deno.args[0]}/kv`);
const said = {};

/** What a call came to: its result, or what its error says. */
async function outcome(call) {
  try {
    return { result: (await call()) ?? null };
  } catch ({ _tag, cause }) {
    return { _tag, cause: cause?.name, reason: cause?.message };
  }
}

/** A Deno KV that counts what it is asked. */
function counted(kv) {
  const calls = {};
  const count = (name) => {
    return (...args) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return kv[name](...args);
    };
  };
  const methods = ["get", "getMany", "set", "delete", "list", "atomic"].map((name) => [name, count(name)]);
  return { calls, kv: Object.fromEntries(methods) };
}

// layout
const kv = KeyValueStore.make(fromDenoKv(raw));
await kv.set("text", "é\ud83d");
await kv.set("bytes", new Uint8Array([9, 1, 2, 9]).subarray(1, 3));
said.layout = [(await raw.get(["durastate", "text"])).value, [...(await raw.get(["durastate", "bytes"])).value]];

// what others have put there
const foreign = [
  [["durastate", 5], "a number for a key"],
  [["durastate", "text", "deeper"], "deeper"],
  [["durastate", "te", "deeper"], "deeper"],
  [["durastate"], "above"],
  [["elsewhere", "text"], "elsewhere"],
];
for (const [key, value] of foreign) await raw.set(key, value);
await raw.set(["durastate", "number"], 5);
await raw.set(["durastate", "counter"], new Deno.KvU64(5n));
await raw.set(["durastate", "null"], null);
said.keys = (await kv.keys()).sort();
said.prefixed = (await kv.prefix("te").keys()).sort();
said.foreign = [];
for (const key of ["number", "counter", "null"]) said.foreign.push(await outcome(() => kv.get(key)));
await kv.clear();
said.left = (await Promise.all(foreign.map(([key]) => raw.get(key)))).every(({ value }, i) => value === foreign[i][1]);

// listings by prefix, in pages
const odd = [
  "a",
  "a\u0000",
  "ab",
  "a\ud7ff",
  "a\u{10ffff}",
  "a\u{10ffff}b",
  "b",
  "\u{10ffff}",
  "\u{10ffff}\u{10ffff}",
  "\ud7ff",
  "\ue000",
];
const store = fromDenoKv(raw, { prefix: [] });
const listed = fromDenoKv(raw, { prefix: ["listed", 1n, true] });
for (const key of odd) await listed.set(key, "1");
said.wrong = [];
for (const prefix of ["", "a", "a\ud7ff", "a\u{10ffff}", "\u{10ffff}", "\u{10ffff}\u{10ffff}", "\ud7ff", "none"]) {
  for (const limit of [1, 3, 1000]) {
    const found = [];
    let cursor;
    do {
      const page = await listed.list(prefix, cursor, limit);
      found.push(...page.keys);
      cursor = page.next;
    } while (cursor !== undefined);
    const expected = odd.filter((key) => key.startsWith(prefix)).sort();
    if (JSON.stringify(found.sort()) !== JSON.stringify(expected)) said.wrong.push([prefix, limit, found]);
  }
}
await store.set("top", "1");
said.top = (await raw.get(["top"])).value;

// several at once
const many = Array.from({ length: 95 }, (_, i) => `key ${i}`);
await Promise.all(many.map((key) => listed.set(key, key)));
const watched = counted(raw);
const counting = fromDenoKv(watched.kv, { prefix: ["listed", 1n, true] });
const values = await counting.getMany(["missing", ...many]);
await counting.removeMany([...many, "missing"]);
said.many = [
  values[0] === undefined && many.every((key, i) => values[i + 1] === key),
  watched.calls,
  (await listed.getMany(many)).every((value) => value === undefined),
];

// swap
const swapping = fromDenoKv(raw, { prefix: ["swapped"] });
const beaten = fromDenoKv(
  {
    ...counted(raw).kv,
    async get(key) {
      const found = await raw.get(key);
      await raw.set(key, "somebody was faster");
      return found;
    },
  },
  { prefix: ["swapped"] },
);
said.swap = [
  await swapping.swap("a", undefined, "1"),
  await swapping.swap("a", undefined, "2"),
  await swapping.swap("a", "2", "3"),
  await swapping.swap("a", "1", new Uint8Array([1])),
  await swapping.swap("a", new Uint8Array([2]), "4"),
  await swapping.swap("a", new Uint8Array([1]), undefined),
  (await swapping.get("a")) ?? null,
  await beaten.swap("b", undefined, "mine"),
  await swapping.get("b"),
];
const two = [raw, raw].map((kv) => KeyValueStore.make(fromDenoKv(kv)));
await two[0].set("n", "0");
await Promise.all(Array.from({ length: 60 }, (_, i) => two[i % 2].modify("n", async (n) => String(Number(n) + 1))));
said.modified = await two[1].get("n");

// limits
const narrow = counted(raw);
const limited = KeyValueStore.make(fromDenoKv(narrow.kv));
const text = (length, character = "x") => character.repeat(length);
await limited.set("kept", "before");
const before = { ...narrow.calls };
said.refused = [
  await outcome(() => limited.get(text(2036))),
  await outcome(() => limited.set(text(1018, "\u0000"), "1")),
  await outcome(() => limited.set("kept", text(65_533))),
  await outcome(() => limited.set("kept", text(32_767, "☃"))),
  await outcome(() => limited.set("kept", new Uint8Array(65_537))),
];
said.unsent = JSON.stringify(before) === JSON.stringify(narrow.calls);
// Just below what is refused here: Deno decides.
said.deno = [
  await outcome(() => limited.set("bytes", new Uint8Array(65_536))),
  await outcome(() => limited.set("text", text(65_500))),
  await outcome(() => limited.set(text(2035), "1")),
  await outcome(() => limited.set(`k${text(1017, "\u0000")}`, "1")),
];
said.kept = await limited.get("kept");
said.wrong_arguments = [() => fromDenoKv(undefined), () => fromDenoKv({}), () => fromDenoKv(raw, { prefix: "a" })].map(
  (call) => {
    try {
      return call();
    } catch (thrown) {
      return thrown.name;
    }
  },
);
console.log(JSON.stringify(said));
Deno.exit(0);
