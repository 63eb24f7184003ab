/** A text that nobody else has. Not to be made before a call: the start of a worker has no randomness. */
export function uniqueText(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}
