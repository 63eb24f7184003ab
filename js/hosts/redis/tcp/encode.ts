import { shown } from "../../../arguments.ts";
import type { RedisArgument } from "../../redis.ts";
import { isBytes } from "../../store.ts";
import { byteLength, joined } from "./text.ts";

/** A command as it is written. */
export interface Encoded {
  data: string | Uint8Array;
  /** Whether it is a text of ASCII alone, which a socket may write faster. */
  ascii: boolean;
}

/** The most that Redis takes as one argument. */
const LONGEST = 512 * 1024 * 1024;

const headers: string[] = Array.from({ length: 256 }, (_, size) => `$${size}\r\n`);

/** Encodes a command: as text where all its arguments are texts, as bytes otherwise. It copies: the bytes may change. */
export function encode(parts: RedisArgument[], into: Encoded): void {
  let text = `*${parts.length}\r\n`;
  let ascii = true;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (typeof part !== "string") {
      into.data = encodeBytes(parts);
      into.ascii = false;
      return;
    }
    const size = byteLength(part);
    if (size > LONGEST) throw tooLong(at);
    if (size !== part.length) ascii = false;
    text += (headers[size] ?? `$${size}\r\n`) + part;
    text += "\r\n";
  }
  into.data = text;
  into.ascii = ascii;
}

function encodeBytes(parts: RedisArgument[]): Uint8Array {
  const pieces: Array<string | Uint8Array> = [];
  let text = `*${parts.length}\r\n`;
  parts.forEach((part, at) => {
    if (typeof part !== "string" && !isBytes(part)) {
      throw new TypeError(`argument ${at} of a Redis command must be a string or a Uint8Array, but is ${shown(part)}`);
    }
    const size = typeof part === "string" ? byteLength(part) : part.length;
    if (size > LONGEST) throw tooLong(at);
    text += `$${size}\r\n`;
    if (typeof part === "string") text += part;
    else {
      pieces.push(text, part);
      text = "";
    }
    text += "\r\n";
  });
  return joined([...pieces, text]);
}

function tooLong(at: number): RangeError {
  return new RangeError(`argument ${at} of a Redis command is longer than the 512 MB that Redis takes`);
}
