/** Whether a text has no half of a surrogate pair: UTF-8 would put another character in its place. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The text of these bytes, with a byte order mark where there is one. */
export function textOf(bytes: Uint8Array | ArrayBuffer): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** How many bytes a text has as UTF-8. */
export function bytesIn(text: string): number {
  return new TextEncoder().encode(text).length;
}
