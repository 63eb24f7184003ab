import * as glue from "#glue";
import { KeyValueStoreError } from "../../errors.ts";
import { isOurs, told } from "../../failures.ts";
import type { ChangeListener } from "../../hosts/changes.ts";
import { ImplementationHost } from "../../hosts/implementation.ts";
import type { Atomicity, Awaitable, HostStore, Value } from "../../hosts/store.ts";
import { call } from "../../runner.ts";
import type { Scope } from "../../scope.ts";
import {
  checkChange,
  checkChanged,
  checkKey,
  checkPrefix,
  checkValue,
  checkWatch,
  KeyValueFace,
  type Seal,
} from "./face.ts";
import { type Ended, Modification, type Thinking } from "./modification.ts";
import { SealedView } from "./sealed.ts";
import { asText, bytesOf } from "./value.ts";

/** Keys that begin like this belong to durastate itself. */
const RESERVED = "durastate:";

/** How often `modify` starts again because somebody else was faster. */
const ROUNDS = 128;

/** How long, in milliseconds, a beaten `modify` waits for another one whose function thinks. */
const PATIENCE = 1000;

/** The keys of a host store, or those of them that share a prefix. */
export class View extends KeyValueFace {
  readonly #host: HostStore;
  readonly #prefix: string;
  readonly #scope: Scope;

  constructor(host: HostStore, prefix: string, scope: Scope) {
    super();
    this.#host = host;
    this.#prefix = prefix;
    this.#scope = scope;
  }

  get atomicity(): Atomicity {
    return this.#host.atomicity;
  }

  async get(key: string): Promise<string | undefined> {
    const value = this.#host.immediate ? this.#readNow("get", key) : await this.#readLater("get", key);
    return typeof value === "object" ? asText(value) : value;
  }

  async getUint8Array(key: string): Promise<Uint8Array | undefined> {
    const method = "getUint8Array";
    const value = this.#host.immediate ? this.#readNow(method, key) : await this.#readLater(method, key);
    return value === undefined ? undefined : this.#asBytes(value);
  }

  async set(key: string, value: string | Uint8Array): Promise<void> {
    checkKey("set", key);
    checkValue("set", key, value);
    const place = this.#prefix + key;
    const host = this.#host;
    const stored = this.#storable(value);
    try {
      if (host.immediate) {
        host.set(place, stored);
      } else {
        await this.#ordered(place, () => host.set(place, stored));
      }
    } catch (thrown) {
      throw failed("set", key, thrown);
    }
    this.#tell(place, stored);
  }

  async remove(key: string): Promise<void> {
    checkKey("remove", key);
    const place = this.#prefix + key;
    await this.#try("remove", key, () => this.#ordered(place, () => this.#host.remove(place)));
    this.#tell(place, undefined);
  }

  async has(key: string): Promise<boolean> {
    if (this.#host.immediate) return this.#readNow("has", key) !== undefined;
    const own = this.#own?.has;
    if (!own) return (await this.#readLater("has", key)) !== undefined;
    checkKey("has", key);
    return this.#try("has", key, () => own.call(this.#own, this.#prefix + key));
  }

  async keys(): Promise<string[]> {
    return this.#list("keys", "keys");
  }

  async size(): Promise<number> {
    const own = this.#unlisted?.size;
    if (own) return this.#try("size", undefined, () => own.call(this.#own));
    return this.#list("size", "size");
  }

  async isEmpty(): Promise<boolean> {
    const own = this.#unlisted?.isEmpty;
    if (own) return this.#try("isEmpty", undefined, () => own.call(this.#own));
    return this.#list("isEmpty", "isEmpty");
  }

  async clear(): Promise<void> {
    if (this.#prefix === "" && this.#host.foreign) {
      const message = "without a prefix this would remove all that is in this Redis";
      throw new KeyValueStoreError({ method: "clear", message });
    }
    const own = this.#unlisted?.clear;
    if (!own) return this.#clear("clear", "");
    await this.#try("clear", undefined, () => own.call(this.#own));
    this.#host.changes.tell({ key: undefined, value: undefined, origin: "local" });
  }

  async clearPrefix(prefix: string): Promise<void> {
    checkPrefix("clearPrefix", prefix);
    return prefix === "" ? this.clear() : this.#clear("clearPrefix", prefix);
  }

  async modify(key: string, change: (text: string) => Awaitable<string>): Promise<string | undefined> {
    const changed = await this.#modify("modify", key, change, asText);
    return changed === undefined ? undefined : asText(changed);
  }

  async modifyUint8Array(
    key: string,
    change: (bytes: Uint8Array) => Awaitable<Uint8Array>,
  ): Promise<Uint8Array | undefined> {
    const changed = await this.#modify("modifyUint8Array", key, change, (value) => this.#asBytes(value));
    return changed === undefined ? undefined : this.#asBytes(changed);
  }

  prefix(prefix: string): View {
    checkPrefix("prefix", prefix);
    return new View(this.#host, this.#prefix + prefix, this.#scope);
  }

  sealed(seal: Seal): KeyValueFace {
    return new SealedView(this, seal);
  }

  /** The store below, and where in it this view is: for layers that keep something else there. */
  get place(): { host: HostStore; prefix: string } {
    return { host: this.#host, prefix: this.#prefix };
  }

  watch(key: string | undefined, listener: ChangeListener): () => void {
    checkWatch(key, listener);
    const prefix = this.#prefix;
    const place = key === undefined ? undefined : prefix + key;
    const heard: ChangeListener = (change) => {
      if (change.key === undefined) return listener({ ...change, key });
      const concerns = place === undefined ? isOf(prefix, change.key) : change.key === place;
      if (concerns) listener({ ...change, key: change.key.slice(prefix.length) });
    };
    try {
      return this.#host.changes.listen(heard);
    } catch (thrown) {
      throw failed("watch", key, thrown);
    }
  }

  /**
   * What a host has that answers at once: the hottest path there is. Half of a surrogate pair is looked for only in a
   * key without a value: nothing is ever stored under such a key, and looking costs a third of a read.
   */
  #readNow(method: string, key: string): Value | undefined {
    if (typeof key !== "string" || key === "") checkKey(method, key);
    let value: Awaitable<Value | undefined>;
    try {
      value = this.#host.get(this.#prefix + key);
    } catch (thrown) {
      throw failed(method, key, thrown);
    }
    if (value === undefined) checkKey(method, key);
    return value as Value | undefined;
  }

  async #readLater(method: string, key: string): Promise<Value | undefined> {
    checkKey(method, key);
    const host = this.#host;
    const place = this.#prefix + key;
    try {
      return await (method === "getUint8Array" && host.getBytes ? host.getBytes(place) : host.get(place));
    } catch (thrown) {
      throw failed(method, key, thrown);
    }
  }

  get #own() {
    return this.#host instanceof ImplementationHost ? this.#host.own : undefined;
  }

  /** The user's own store where it can not list: then its own words for the whole store are all there is. */
  get #unlisted() {
    const own = this.#own;
    return own && !own.keys && !own.list && this.#prefix === "" ? own : undefined;
  }

  async #try<T>(method: string, key: string | undefined, attempt: () => Awaitable<T>): Promise<T> {
    try {
      return await attempt();
    } catch (thrown) {
      throw failed(method, key, thrown);
    }
  }

  #list<T>(method: string, want: "keys" | "size" | "isEmpty" | "clear", begin = ""): Promise<T> {
    const list = () => glue.key_value_list(this.#host, this.#prefix, want, begin);
    return this.#try(method, undefined, () => call<T>(list, undefined, this.#scope));
  }

  async #clear(method: string, prefix: string): Promise<void> {
    const removed = await this.#list<string[]>(method, "clear", prefix);
    for (const key of removed) this.#tell(this.#prefix + key, undefined);
  }

  #asBytes(value: Value): Uint8Array {
    if (typeof value !== "string") return new Uint8Array(value);
    return bytesOf(value, this.#host.bytes);
  }

  /** The value as the host keeps it. */
  #storable(value: Value): Value {
    return this.#host.bytes ? value : asText(value);
  }

  #tell(place: string, value: Value | undefined): void {
    if (!this.#host.changes.wanted) return;
    this.#host.changes.tell({ key: place, value: value === undefined ? undefined : asText(value), origin: "local" });
  }

  /** Runs a change that no `modify` of this process may miss, where the host can not compare and swap itself. */
  #ordered(place: string, change: () => Awaitable<void>): Awaitable<void> {
    return this.#host.swap ? change() : this.#scope.inTurn(this.#host, place, change);
  }

  /** Runs `body` while no other `modify` of this key runs, as far as that can be had. */
  #alone<T>(place: string, body: () => Awaitable<T>): Awaitable<T> {
    const host = this.#host;
    if (host.alone) return host.alone(place, body) as Promise<T>;
    return host.immediate ? body() : this.#scope.inTurn(host, place, body);
  }

  async #modify<T extends Value>(
    method: "modify" | "modifyUint8Array",
    key: string,
    change: (value: T) => Awaitable<T>,
    as: (value: Value) => T,
  ): Promise<Value | undefined> {
    checkKey(method, key);
    checkChange(method, change);
    const modification = new Modification<T>(this.#host, this.#prefix + key, change, as, (next) => {
      checkChanged(method, next);
      return this.#storable(next);
    });
    const place = this.#prefix + key;
    let ended: Ended;
    try {
      ended = await this.#round(place, modification);
      if (ended.state === "beaten") ended = await this.#again(place, modification);
    } catch (thrown) {
      if (modification.refused) throw thrown;
      throw failed(method, key, thrown);
    }
    if (ended.state === "missing") return undefined;
    if (ended.state === "beaten") {
      throw new KeyValueStoreError({ method, key, message: `others changed it first, ${ROUNDS} times in a row` });
    }
    this.#tell(place, ended.value);
    return ended.value;
  }

  async #round<T>(place: string, modification: Modification<T>): Promise<Ended> {
    const begun = await this.#alone(place, () => modification.begin());
    return begun.state === "thinking" ? this.#afterThought(place, modification, begun) : begun;
  }

  /** Those who were beaten go one after the other, or a crowd would have each of its functions run once for each of them. */
  #again<T>(place: string, modification: Modification<T>): Promise<Ended> {
    return this.#scope.inLine(this.#host, place, PATIENCE, async () => {
      let ended: Ended = { state: "beaten" };
      for (let round = 1; round < ROUNDS && ended.state === "beaten"; round++) {
        ended = await this.#round(place, modification);
      }
      return ended;
    });
  }

  /** The turn was given up while the user's function thinks: nothing may wait for what only it can know. */
  async #afterThought<T>(place: string, modification: Modification<T>, { found, next }: Thinking<T>): Promise<Ended> {
    const thought = await modification.thought(next);
    return this.#alone(place, () => modification.swap(found, thought, false));
  }
}

/** Whether a place is a key of the view with this prefix, as listings have it: not empty there, and nobody else's. */
function isOf(prefix: string, place: string): boolean {
  return place.length > prefix.length && place.startsWith(prefix) && !place.startsWith(RESERVED);
}

/** Whatever stood in the way, as the error of this layer. */
function failed(method: string, key: string | undefined, thrown: unknown): unknown {
  if (thrown instanceof KeyValueStoreError || isOurs(thrown)) return thrown;
  return new KeyValueStoreError({ method, key, ...told(thrown) });
}
