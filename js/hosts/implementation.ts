import { checkFunction, shown } from "../arguments.ts";
import { asText } from "../layers/key_value/value.ts";
import { Unsupported } from "../runner.ts";
import { Changes } from "./changes.ts";
import { type Atomicity, type Awaitable, type HostStore, isBytes, type Value } from "./store.ts";

/** A key-value store of the user's own. Each method may answer at once or with a promise. */
export interface KeyValueImplementation {
  /** What is stored under the key: text, or bytes where the store keeps bytes. */
  get(key: string): Awaitable<Value | null | undefined>;
  /** Stores a value. A store without `getUint8Array` is only ever given text: bytes come as base64. */
  set(key: string, value: never): Awaitable<unknown>;
  /** Removes a key, also one that is not there. */
  remove(key: string): Awaitable<unknown>;
  /** All keys. Without it nothing can be listed; `size`, `isEmpty` and `clear` then need their own. */
  keys?(): Awaitable<Iterable<string>>;
  /** The bytes under a key: that it is there says that the store keeps bytes as bytes. */
  getUint8Array?(key: string): Awaitable<Uint8Array | null | undefined>;
  has?(key: string): Awaitable<boolean>;
  size?(): Awaitable<number>;
  isEmpty?(): Awaitable<boolean>;
  clear?(): Awaitable<unknown>;
  /** Some of the keys with this prefix, from `cursor` on: what large stores have in the place of `keys`. */
  list?(
    prefix: string,
    cursor: string | undefined,
    limit: number,
  ): Awaitable<{ keys: string[]; next?: string | undefined }>;
  /** The values of several keys in one request. */
  getMany?(keys: string[]): Awaitable<Array<Value | null | undefined>>;
  /** Removes several keys in one request. */
  removeMany?(keys: string[]): Awaitable<unknown>;
  /** Puts `next` (nothing: removes) if `expected` is there (nothing: no value), in one atomic step. */
  swap?(key: string, expected: Value | undefined, next: Value | undefined): Awaitable<boolean>;
  /** Tells of changes that others make, for as long as somebody wants to know; the function it gives ends that. */
  watch?(tell: (key: string | undefined, value: Value | undefined) => void): () => void;
  /** How far `swap` is atomic; "none" where it does not say. */
  readonly atomicity?: Atomicity;
}

const REQUIRED = ["get", "set", "remove"] as const;
const OPTIONAL = [
  "keys",
  "list",
  "getUint8Array",
  "getMany",
  "removeMany",
  "has",
  "size",
  "isEmpty",
  "clear",
  "swap",
  "watch",
] as const;
const ATOMICITIES: readonly unknown[] = ["none", "process", "origin", "store", undefined];

/** A store of the user's own as a host store. */
export class ImplementationHost implements HostStore {
  readonly atomicity: Atomicity;
  readonly bytes: boolean;
  readonly immediate = false;
  readonly changes: Changes;
  readonly swap?: NonNullable<HostStore["swap"]>;
  readonly getMany?: NonNullable<HostStore["getMany"]>;
  readonly removeMany?: NonNullable<HostStore["removeMany"]>;

  constructor(readonly own: KeyValueImplementation) {
    if (typeof own !== "object" || own === null)
      throw new TypeError(`implementation must be an object, but is ${shown(own)}`);
    for (const name of REQUIRED) checkFunction(`implementation.${name}`, own[name]);
    for (const name of OPTIONAL) if (own[name] !== undefined) checkFunction(`implementation.${name}`, own[name]);
    if (!ATOMICITIES.includes(own.atomicity)) {
      throw new TypeError(
        `implementation.atomicity must be "none", "process", "origin" or "store", but is ${shown(own.atomicity)}`,
      );
    }
    this.atomicity = (own.swap && own.atomicity) || "none";
    this.bytes = own.getUint8Array !== undefined;
    this.changes = new Changes(
      own.watch && ((tell) => own.watch?.((key, value) => tell(key, told(value))) ?? (() => {})),
    );
    if (own.swap) this.swap = async (...change) => (await own.swap?.(...change)) === true;
    if (own.getMany)
      this.getMany = async (keys) => ((await own.getMany?.(keys)) ?? []).map((value) => checked(value) ?? undefined);
    if (own.removeMany) this.removeMany = async (keys) => void (await own.removeMany?.(keys));
  }

  async get(key: string): Promise<Value | undefined> {
    return checked(await this.own.get(key)) ?? undefined;
  }

  /** The value for one who wants bytes. */
  async getBytes(key: string): Promise<Value | undefined> {
    const value = this.own.getUint8Array ? await this.own.getUint8Array(key) : await this.own.get(key);
    return checked(value) ?? undefined;
  }

  async set(key: string, value: Value): Promise<void> {
    await this.own.set(key, value as never);
  }

  async remove(key: string): Promise<void> {
    await this.own.remove(key);
  }

  async list(
    prefix: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ keys: string[]; next?: string | undefined }> {
    if (this.own.list) {
      const { keys, next } = await this.own.list(prefix, cursor, limit);
      // What is no key is refused where the answer is handed over.
      return { keys: Array.isArray(keys) ? keys.filter((key) => !isOther(key, prefix)) : keys, next };
    }
    if (!this.own.keys) throw new Unsupported("this store can not list its keys: its implementation has no keys()");
    const keys = [...(await this.own.keys())];
    return { keys: keys.filter((key) => key.startsWith(prefix)) };
  }
}

function isOther(key: unknown, prefix: string): boolean {
  return typeof key === "string" && !key.startsWith(prefix);
}

/** What is told of a value: text, or bytes as base64. */
function told(value: Value | undefined): string | undefined {
  return value === undefined ? undefined : asText(value);
}

function checked(value: Value | null | undefined): Value | null | undefined {
  if (value === undefined || value === null || typeof value === "string" || isBytes(value)) return value;
  throw new TypeError(`the implementation gave ${shown(value)} where a string or a Uint8Array was expected`);
}
