import type { KeyValueImplementation } from "../implementation.ts";
import type { Value } from "../store.ts";
import { Refused } from "./refused.ts";
import { bytesIn, isWellFormed, textOf } from "./text.ts";

/** What is used of a namespace of Workers KV. */
export interface CloudflareKvNamespace {
  getWithMetadata(key: string, type: "arrayBuffer"): Promise<{ value: ArrayBuffer | null; metadata: unknown }>;
  getWithMetadata(
    keys: string[],
    type: "text",
  ): Promise<Map<string, { value: string | null; metadata: unknown } | null>>;
  put(key: string, value: string | ArrayBuffer, options?: { metadata?: unknown }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix?: string; cursor?: string; limit?: number }): Promise<{
    keys: Array<{ name: string }>;
    list_complete: boolean;
    cursor?: string;
  }>;
}

const LONGEST_KEY = 512;
const LARGEST_VALUE = 25 * 1024 * 1024;
const LARGEST_PAGE = 1000;
const KEYS_AT_ONCE = 100;

/** What the metadata of a value says it is, where it is not simply text. */
type Kind = "bytes" | "json";

/**
 * A key-value store in a namespace of Workers KV. It is never atomic: what is written is seen elsewhere up to a minute
 * later, and of two writers at once one is lost. Values that other programs have put there are read as text.
 */
export function fromCloudflareKv(namespace: CloudflareKvNamespace): KeyValueImplementation {
  if (typeof namespace?.getWithMetadata !== "function" || typeof namespace.put !== "function") {
    throw new TypeError("namespace of fromCloudflareKv must be a namespace of Workers KV");
  }
  return new CloudflareKv(namespace);
}

class CloudflareKv implements KeyValueImplementation {
  readonly atomicity = "none";
  readonly #namespace: CloudflareKvNamespace;
  /** Whether this runtime reads several keys in one request. */
  #together = true;

  constructor(namespace: CloudflareKvNamespace) {
    this.#namespace = namespace;
  }

  async get(key: string): Promise<Value | undefined> {
    checkKey(key);
    const { value, metadata } = await this.#namespace.getWithMetadata(key, "arrayBuffer");
    if (value === null) return undefined;
    const kind = kindIn(metadata);
    return kind === "bytes" ? new Uint8Array(value) : plain(textOf(value), kind);
  }

  getUint8Array(key: string): Promise<never> {
    return this.get(key) as Promise<never>;
  }

  async getMany(keys: string[]): Promise<Array<Value | undefined>> {
    const chunks: string[][] = [];
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) chunks.push(keys.slice(at, at + KEYS_AT_ONCE));
    return (await Promise.all(chunks.map((chunk) => this.#chunk(chunk)))).flat();
  }

  async set(key: string, value: Value): Promise<void> {
    checkKey(key);
    const [stored, kind] = storable(value);
    const size = typeof stored === "string" ? bytesIn(stored) : stored.byteLength;
    if (size > LARGEST_VALUE) {
      throw new Refused(`Workers KV takes values of ${LARGEST_VALUE} bytes at most, and this one has ${size}`);
    }
    await this.#namespace.put(key, stored, kind && { metadata: { durastate: kind } });
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    await this.#namespace.delete(key);
  }

  async list(prefix: string, cursor: string | undefined, limit: number): Promise<{ keys: string[]; next?: string }> {
    // No key is so long, so none begins like this.
    if (bytesIn(prefix) > LONGEST_KEY) return { keys: [] };
    // What simulates a namespace on a developer's machine takes a prefix to end there.
    const [looked = ""] = prefix.split("\u0000", 1);
    const page = await this.#namespace.list({
      prefix: looked,
      limit: Math.min(limit, LARGEST_PAGE),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const keys = page.keys.map(({ name }) => name).filter((key) => key.startsWith(prefix));
    return page.list_complete || page.cursor === undefined ? { keys } : { keys, next: page.cursor };
  }

  async #chunk(keys: string[]): Promise<Array<Value | undefined>> {
    for (const key of keys) checkKey(key);
    const found = this.#together && keys.length > 1 ? await this.#bulk(keys) : undefined;
    return Promise.all(
      keys.map((key) => {
        if (!found) return this.get(key);
        const { value, metadata } = found.get(key) ?? { value: null, metadata: undefined };
        if (value === null) return undefined;
        const kind = kindIn(metadata);
        // Several at once come as text only, which bytes do not survive.
        return kind === "bytes" ? this.get(key) : plain(value, kind);
      }),
    );
  }

  /** Several values in one request; undefined where that can not be had. */
  async #bulk(keys: string[]): Promise<Map<string, { value: string | null; metadata: unknown } | null> | undefined> {
    try {
      const found = await this.#namespace.getWithMetadata(keys, "text");
      // An older runtime takes the list for one key.
      if (typeof found?.get === "function") return found;
      this.#together = false;
    } catch {
      // Too much for one answer; what is really wrong is told when each is asked for.
    }
    return undefined;
  }
}

/** A value as it is put, and what its metadata has to say of it. */
function storable(value: Value): [stored: string | ArrayBuffer, kind?: Kind] {
  if (typeof value !== "string") return [new Uint8Array(value).buffer, "bytes"];
  // JSON keeps what UTF-8 can not hold, and a byte order mark, which is lost where several values are read at once.
  const isPlain = isWellFormed(value) && !value.startsWith("\ufeff");
  return isPlain ? [value] : [JSON.stringify(value), "json"];
}

function plain(text: string, kind: Kind | undefined): string {
  return kind === "json" ? String(JSON.parse(text)) : text;
}

function kindIn(metadata: unknown): Kind | undefined {
  return (metadata as { durastate?: Kind } | null | undefined)?.durastate;
}

/** Refuses here what Cloudflare refuses, before anything is sent. */
function checkKey(key: string): void {
  if (key === "." || key === "..") throw new Refused(`Workers KV takes no key "${key}"`);
  const length = bytesIn(key);
  if (length <= LONGEST_KEY) return;
  throw new Refused(`Workers KV takes keys of ${LONGEST_KEY} bytes at most, and this one has ${length}`);
}
