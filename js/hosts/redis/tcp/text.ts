// Text and its UTF-8 bytes, by the fastest way that the runtime has.

interface BufferClass {
  byteLength(text: string): number;
  prototype: { utf8Slice?(this: Uint8Array, from: number, to: number): string };
}

// By way of globalThis, for some bundlers put a whole polyfill where they read "Buffer".
const buffer = (globalThis as { Buffer?: BufferClass }).Buffer;
const utf8Slice = buffer?.prototype.utf8Slice;
const encoder = new TextEncoder();
// A byte order mark is part of a value as any other character.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text that some bytes of a chunk are; what is no UTF-8 becomes U+FFFD. */
export const textOf: (bytes: Uint8Array, from: number, to: number) => string = utf8Slice
  ? (bytes, from, to) => utf8Slice.call(bytes, from, to)
  : (bytes, from, to) => decoder.decode(bytes.subarray(from, to));

/** How many bytes a text has in UTF-8. */
export const byteLength: (text: string) => number = buffer ? (text) => buffer.byteLength(text) : countBytes;

/** A text as its bytes. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Pieces of text and bytes as one piece of bytes. */
export function joined(pieces: Array<string | Uint8Array>): Uint8Array {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return typeof first === "string" ? encoder.encode(first) : first;
  let size = 0;
  for (const piece of pieces) size += typeof piece === "string" ? byteLength(piece) : piece.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") at += encoder.encodeInto(piece, bytes.subarray(at)).written;
    else {
      bytes.set(piece, at);
      at += piece.length;
    }
  }
  return bytes;
}

function countBytes(text: string): number {
  let size = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    size += unit < 0x800 ? 1 : 2;
    // the two halves of a pair are four bytes together; one alone is written as U+FFFD, which has three
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) at += 1;
  }
  return size;
}
