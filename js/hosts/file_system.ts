import { checkString } from "../arguments.ts";
import { isWellFormed } from "../layers/key_value/face.ts";
import { Directory } from "./file_system/directory.ts";
import { keyOf, nameOf } from "./file_system/names.ts";
import type { KeyValueImplementation } from "./implementation.ts";
import { Refused } from "./kv/refused.ts";
import { isSame } from "./memory.ts";
import type { Value } from "./store.ts";

/**
 * A key-value store in a directory, as Effect lays it out: one file for each key, text as UTF-8, bytes as they are.
 *
 * A file does not say which of the two it holds: bytes that happen to be UTF-8 read as text, all others as base64. Where
 * the file system does not tell "a" from "A", neither does the store. Changes are atomic within this process: others that
 * use the directory see whole values, old or new, and what they write between a read and its `modify` is lost.
 */
export function fileSystemStore(directory: string): KeyValueImplementation {
  checkString("directory of KeyValueStore.fileSystem", directory);
  if (directory === "") throw new RangeError("directory of KeyValueStore.fileSystem must not be empty");
  return new FileSystemStore(directory);
}

class FileSystemStore implements KeyValueImplementation {
  readonly atomicity = "process";
  readonly #directory: Directory;

  constructor(directory: string) {
    this.#directory = new Directory(directory);
  }

  async get(key: string): Promise<Value | undefined> {
    const bytes = await this.#directory.read(nameOf(key));
    return bytes && decoded(bytes);
  }

  async getUint8Array(key: string): Promise<Uint8Array | undefined> {
    return this.#directory.read(nameOf(key));
  }

  getMany(keys: string[]): Promise<Array<Value | undefined>> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  async has(key: string): Promise<boolean> {
    return this.#directory.has(nameOf(key));
  }

  async set(key: string, value: Value): Promise<void> {
    const name = nameOf(key);
    const bytes = encoded(value);
    await this.#directory.alone(name, () => this.#directory.write(name, bytes));
  }

  async remove(key: string): Promise<void> {
    const name = nameOf(key);
    await this.#directory.alone(name, () => this.#directory.remove(name));
  }

  async removeMany(keys: string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.remove(key)));
  }

  async swap(key: string, expected: Value | undefined, next: Value | undefined): Promise<boolean> {
    const name = nameOf(key);
    const before = expected && encoded(expected);
    const after = next === undefined ? undefined : encoded(next);
    return this.#directory.alone(name, async () => {
      if (!isSame(await this.#directory.read(name), before)) return false;
      await (after ? this.#directory.write(name, after) : this.#directory.remove(name));
      return true;
    });
  }

  async keys(): Promise<string[]> {
    const names = await this.#directory.names();
    return names.map(keyOf).filter((key) => key !== undefined);
  }
}

/** A value as a file holds it: a copy, for its owner may go on writing into it. */
function encoded(value: Value): Uint8Array {
  if (typeof value !== "string") return new Uint8Array(value);
  // UTF-8 would put another character in its place, and nobody would know.
  if (!isWellFormed(value)) throw new Refused("a text with half of a surrogate pair can not be kept in a file");
  return new TextEncoder().encode(value);
}

/** The text that a file holds, or else its bytes. */
function decoded(bytes: Uint8Array): Value {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}
