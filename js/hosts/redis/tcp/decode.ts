import { ProtocolError, ReplyError } from "./errors.ts";
import { textOf } from "./text.ts";

/** Who is told of what a server sends. */
export interface Replies {
  /** A reply; an error reply is a `ReplyError`. */
  reply(value: unknown): void;
  /** What nobody asked for: news of a channel. */
  push(values: unknown[]): void;
}

const CR = 13;
const LF = 10;

/** The longest bulk reply that is taken, as Redis has it. */
const LONGEST_BULK = 512 * 1024 * 1024;
/** The most elements of one array: that many would be more than the longest bulk. */
const MOST_ELEMENTS = LONGEST_BULK / 4;
/** The longest line that is taken: a status, an error, a number. */
const LONGEST_LINE = 1024 * 1024;
/** How deep arrays may lie in each other. */
const DEEPEST = 128;

const ARRAY = 42; // *
const ATTRIBUTE = 124; // |
const BULK = 36; // $
const BULK_ERROR = 33; // !
const ERROR = 45; // -
const INTEGER = 58; // :
const MAP = 37; // %
const PUSH = 62; // >
const SET = 126; // ~
const STATUS = 43; // +
const VERBATIM = 61; // =
const ARRAYS: ReadonlySet<number> = new Set([ARRAY, ATTRIBUTE, MAP, PUSH, SET]);

/** An array that is being read. */
interface Frame {
  readonly type: number;
  readonly items: unknown[];
  missing: number;
}

/** Reads RESP2 and RESP3, from chunks that end anywhere. */
export class Decoder {
  /** Whether the bulk replies of the reply that is being read, or comes next, are given as bytes. */
  bytes = false;
  /** Set by whoever wants no more of this chunk. */
  stopped = false;
  readonly #replies: Replies;
  readonly #stack: Frame[] = [];
  // the beginning of a line whose end is in a later chunk
  #line = new Uint8Array(64);
  #lineLength = 0;
  // a bulk whose end is in a later chunk; it grows as bytes come, for a server may promise more than it sends
  #bulk: Uint8Array | undefined;
  #bulkType = BULK;
  #bulkSize = 0;
  #bulkLength = 0;

  constructor(replies: Replies) {
    this.#replies = replies;
  }

  /** Reads a chunk, of which nothing is kept. Throws a `ProtocolError` where it is not RESP. */
  write(chunk: Uint8Array, length: number = chunk.length): void {
    let at = 0;
    while (at < length && !this.stopped) {
      if (this.#bulk) at = this.#continueBulk(this.#bulk, chunk, at, length);
      else if (this.#lineLength > 0) at = this.#continueLine(chunk, at, length);
      else at = this.#read(chunk, at, length);
    }
  }

  /** Reads one value, or the beginning of one, and gives the place behind it. */
  #read(chunk: Uint8Array, at: number, length: number): number {
    const end = endOfLine(chunk, at, length);
    if (end < 0) {
      checkType(chunk[at] as number);
      this.#keep(chunk, at, length);
      return length;
    }
    const type = chunk[at];
    if (type !== BULK && type !== BULK_ERROR && type !== VERBATIM) {
      this.#readLine(chunk, at, end);
      return end + 2;
    }
    const size = sizeOf(chunk, at + 1, end);
    const from = end + 2;
    const to = from + size;
    if (size < 0 || size > LONGEST_BULK || to + 2 > length) {
      this.#readLine(chunk, at, end);
      return from;
    }
    if (chunk[to] !== CR || chunk[to + 1] !== LF) throw unexpected("behind a bulk", chunk[to]);
    this.#deliver(this.#bulkValue(type, chunk, from, to));
    return to + 2;
  }

  /** A whole line, of this chunk or put together of several. */
  #readLine(line: Uint8Array, at: number, end: number): void {
    const type = line[at] as number;
    if (type === BULK || type === BULK_ERROR || type === VERBATIM) this.#beginBulk(type, sizeOf(line, at + 1, end));
    else if (ARRAYS.has(type)) this.#beginArray(type, sizeOf(line, at + 1, end));
    else if (type === INTEGER) this.#deliver(integerOf(line, at + 1, end));
    else if (type === STATUS) this.#deliver(textOf(line, at + 1, end));
    else if (type === ERROR) this.#deliver(new ReplyError(textOf(line, at + 1, end)));
    else this.#deliver(simpleOf(type, textOf(line, at + 1, end)));
  }

  #keep(chunk: Uint8Array, at: number, to: number): void {
    const needed = this.#lineLength + to - at;
    if (needed > LONGEST_LINE) throw new ProtocolError("the server sent a line of more than 1 MB");
    if (needed > this.#line.length) {
      const longer = new Uint8Array(Math.max(needed, this.#line.length * 2));
      longer.set(this.#line.subarray(0, this.#lineLength));
      this.#line = longer;
    }
    this.#line.set(chunk.subarray(at, to), this.#lineLength);
    this.#lineLength = needed;
  }

  #continueLine(chunk: Uint8Array, at: number, length: number): number {
    let to = at;
    if (chunk[at] === LF && this.#line[this.#lineLength - 1] === CR) to = at + 1;
    else {
      const end = endOfLine(chunk, at - 1, length);
      to = end < 0 ? length : end + 2;
    }
    this.#keep(chunk, at, to);
    const end = this.#lineLength - 2;
    if (this.#line[end] === CR && this.#line[end + 1] === LF) {
      this.#lineLength = 0;
      this.#readLine(this.#line, 0, end);
      if (this.#line.length > 4096) this.#line = new Uint8Array(64);
    }
    return to;
  }

  #beginBulk(type: number, size: number): void {
    if (size === -1 && type === BULK) {
      this.#deliver(null);
      return;
    }
    if (size < 0) throw unexpected("instead of a length", ERROR);
    if (size > LONGEST_BULK) throw new ProtocolError(`the server announced a reply of ${size} bytes: more than 512 MB`);
    this.#bulkType = type;
    this.#bulkSize = size;
    this.#bulkLength = 0;
    this.#bulk = new Uint8Array(Math.min(size, 65_536));
  }

  #continueBulk(bulk: Uint8Array, chunk: Uint8Array, at: number, length: number): number {
    const room = this.#bulkSize - this.#bulkLength;
    if (room > 0) {
      const to = Math.min(length, at + room);
      const needed = this.#bulkLength + to - at;
      if (needed > bulk.length) {
        const longer = new Uint8Array(Math.min(this.#bulkSize, Math.max(needed, bulk.length * 2)));
        longer.set(bulk.subarray(0, this.#bulkLength));
        this.#bulk = longer;
      }
      this.#bulk?.set(chunk.subarray(at, to), this.#bulkLength);
      this.#bulkLength = needed;
      return to;
    }
    // what has come of the line end counts as room that is used up
    const expected = room === 0 ? CR : LF;
    if (chunk[at] !== expected) throw unexpected("behind a bulk", chunk[at]);
    this.#bulkLength += 1;
    if (expected === LF) {
      this.#bulk = undefined;
      this.#deliver(this.#bulkValue(this.#bulkType, bulk, 0, this.#bulkSize));
    }
    return at + 1;
  }

  #bulkValue(type: number, bytes: Uint8Array, from: number, to: number): unknown {
    if (type === BULK) {
      if (!this.#wantsBytes) return bulkText(bytes, from, to);
      const copied = new Uint8Array(to - from);
      copied.set(bytes.subarray(from, to));
      return copied;
    }
    // a verbatim text begins with three letters for its kind and a colon
    return type === VERBATIM ? bulkText(bytes, Math.min(from + 4, to), to) : new ReplyError(textOf(bytes, from, to));
  }

  get #wantsBytes(): boolean {
    return this.bytes && this.#stack[0]?.type !== PUSH;
  }

  #beginArray(type: number, count: number): void {
    if (count === -1 && type === ARRAY) {
      this.#deliver(null);
      return;
    }
    if (count < 0) throw unexpected("instead of a length", ERROR);
    if (count > MOST_ELEMENTS) throw new ProtocolError(`the server announced an array of ${count} elements`);
    if (this.#stack.length >= DEEPEST) throw new ProtocolError(`the server sent arrays more than ${DEEPEST} deep`);
    if (type === PUSH && this.#stack.length > 0) throw unexpected("inside of an array", type);
    const frame = { type, items: [], missing: type === MAP || type === ATTRIBUTE ? count * 2 : count };
    this.#stack.push(frame);
    if (frame.missing === 0) this.#complete();
  }

  /** Puts a value where it belongs. */
  #deliver(value: unknown): void {
    const frame = this.#stack[this.#stack.length - 1];
    if (frame) {
      frame.items.push(value);
      frame.missing -= 1;
      if (frame.missing === 0) this.#complete();
    } else this.#replies.reply(value);
  }

  /** The innermost array has all its elements. */
  #complete(): void {
    const { type, items } = this.#stack.pop() as Frame;
    if (type === PUSH) this.#replies.push(items);
    // an attribute is no value: the one that follows is
    else if (type !== ATTRIBUTE) this.#deliver(type === MAP ? mapOf(items) : items);
  }
}

function endOfLine(chunk: Uint8Array, at: number, length: number): number {
  for (let end = at + 1; end + 1 < length; end++) if (chunk[end] === CR && chunk[end + 1] === LF) return end;
  return -1;
}

const TYPES = new Set([..."*|$!-:%>~+=_#,("].map((type) => type.charCodeAt(0)));

function checkType(type: number): void {
  if (!TYPES.has(type)) throw unexpected("at the beginning of a reply", type);
}

function unexpected(where: string, byte: number | undefined): ProtocolError {
  return new ProtocolError(`the server does not speak RESP: it sent the byte ${byte} ${where}`);
}

/** A length or a count: digits, or -1. */
function sizeOf(line: Uint8Array, at: number, end: number): number {
  const size = digitsOf(line, at, end);
  if (size >= 0) return size;
  if (end - at === 2 && line[at] === ERROR && line[at + 1] === 49) return -1;
  throw unexpected("instead of a length", line[at]);
}

/** A number of at most 15 digits; -1 where it is anything else. */
function digitsOf(line: Uint8Array, at: number, end: number): number {
  if (at === end || end - at > 15) return -1;
  let number = 0;
  for (let place = at; place < end; place++) {
    const digit = (line[place] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function integerOf(line: Uint8Array, at: number, end: number): number | bigint {
  const number = digitsOf(line, at, end);
  if (number >= 0) return number;
  const integer = bigintOf(textOf(line, at, end));
  const near = Number(integer);
  return Number.isSafeInteger(near) ? near : integer;
}

function bigintOf(text: string): bigint {
  if (!/^[+-]?\d{1,10000}$/.test(text)) throw new ProtocolError("the server sent something else instead of an integer");
  return BigInt(text.replace("+", ""));
}

const doubles = new Map([
  ["inf", Infinity],
  ["-inf", -Infinity],
  ["nan", NaN],
  ["-nan", NaN],
]);

function simpleOf(type: number, text: string): unknown {
  switch (type) {
    case 95: // _
      return null;
    case 35: // #
      if (text === "t" || text === "f") return text === "t";
      break;
    case 44: {
      // ,
      const special = doubles.get(text);
      if (special !== undefined) return special;
      if (/^[+-]?\d/.test(text) && !Number.isNaN(Number(text))) return Number(text);
      break;
    }
    case 40: // (
      return bigintOf(text);
  }
  throw unexpected("at the beginning of a reply", type);
}

function mapOf(items: unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let at = 0; at < items.length; at += 2) map.set(items[at], items[at + 1]);
  return map;
}

/** The text of a bulk; a runtime may hold no text as long as Redis's longest. */
function bulkText(bytes: Uint8Array, from: number, to: number): unknown {
  if (to - from < 0x1000_0000) return textOf(bytes, from, to);
  try {
    return textOf(bytes, from, to);
  } catch (cause) {
    return new ReplyError(`a reply of ${to - from} bytes is too long for a string: use sendBytes`, { cause });
  }
}
