import { type Atomicity, type Change, type ChangeListener, KeyValueStore, type Seal } from "durastate";
import { type Equal, is } from "./equal.js";

declare const storage: Storage;
const kv: KeyValueStore = KeyValueStore.memory();

export const stores: KeyValueStore[] = [
  KeyValueStore.memory(),
  KeyValueStore.localStorage(),
  KeyValueStore.sessionStorage(),
  KeyValueStore.storage(storage),
  kv.prefix("app:"),
  kv.prefix("app:").prefix("inner:"),
  kv.sealed({ seal: (bytes) => bytes, open: async (bytes) => bytes }),
];

export async function methods(): Promise<void> {
  const text = await kv.get("a");
  is<Equal<typeof text, string | undefined>>();
  const bytes = await kv.getUint8Array("a");
  is<Equal<typeof bytes, Uint8Array | undefined>>();
  const keys = await kv.keys();
  is<Equal<typeof keys, string[]>>();
  const answers = [await kv.has("a"), await kv.isEmpty()] as const;
  is<Equal<typeof answers, readonly [boolean, boolean]>>();
  const size = await kv.size();
  is<Equal<typeof size, number>>();
  const nothing = kv.set("a", "text");
  is<Equal<typeof nothing, Promise<void>>>();
  is<Equal<ReturnType<typeof kv.remove | typeof kv.clear | typeof kv.clearPrefix>, Promise<void>>>();
  await kv.set("a", new Uint8Array([1]));
  await kv.remove("a");
  await kv.clearPrefix("app:");
  await kv.clear();
  is<Equal<typeof kv.atomicity, Atomicity>>();
  is<Equal<Atomicity, "none" | "process" | "origin" | "store">>();
}

export async function modifications(): Promise<void> {
  const text = await kv.modify("a", (text) => `${text}!`);
  is<Equal<typeof text, string | undefined>>();
  await kv.modify("a", async (text) => text.toUpperCase());
  const bytes = await kv.modifyUint8Array("a", (bytes) => bytes.slice(1));
  is<Equal<typeof bytes, Uint8Array | undefined>>();
  await kv.modifyUint8Array("a", async (bytes) => bytes);
}

export function watching(): () => void {
  const listener: ChangeListener = ({ key, value, origin }) => {
    is<Equal<typeof key, string | undefined>>();
    is<Equal<typeof value, string | undefined>>();
    is<Equal<typeof origin, "local" | "remote">>();
  };
  kv.watch("a", listener);
  kv.watch("a", (change) => void (change satisfies Change));
  return kv.watch(undefined, listener);
}

export const seal: Seal = { seal: async (bytes) => bytes, open: (bytes) => bytes };

export function refused(): void {
  // @ts-expect-error a key is text
  kv.get(5);
  // @ts-expect-error a key is needed
  kv.get();
  // @ts-expect-error a value is text or bytes
  kv.set("a", 5);
  // @ts-expect-error a value is needed
  kv.set("a");
  // @ts-expect-error other typed arrays are no bytes
  kv.set("a", new Uint16Array(1));
  // @ts-expect-error what modify gives is text
  kv.modify("a", () => new Uint8Array(1));
  // @ts-expect-error what modify gives is there
  kv.modify("a", () => undefined);
  // @ts-expect-error what modifyUint8Array gives is bytes
  kv.modifyUint8Array("a", () => "text");
  // @ts-expect-error a listener is needed
  kv.watch("a");
  // @ts-expect-error a change is read only
  kv.watch("a", (change) => (change.value = ""));
  // @ts-expect-error a seal opens as well
  kv.sealed({ seal: (bytes: Uint8Array) => bytes });
  // @ts-expect-error how far it is atomic is the store's own affair
  kv.atomicity = "store";
  // @ts-expect-error a prefix is needed
  kv.clearPrefix();
  // @ts-expect-error a Map is no Web Storage
  KeyValueStore.storage(new Map());
  // @ts-expect-error memory has no options
  KeyValueStore.memory({});
  // @ts-expect-error stores are opened, not constructed
  new KeyValueStore();
}
