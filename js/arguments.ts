/** A value as an error message shows it: what it is and what kind of thing that is, never more than a few words. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === "string") return `the string ${quoted(value)}`;
  if (typeof value === "function") return `the function ${value.name || "without a name"}`;
  if (typeof value === "object") return `an object (${value.constructor?.name ?? "without a class"})`;
  return `the ${typeof value} ${String(value)}`;
}

/** A text in quotes, shortened. */
export function quoted(text: string, length = 40): string {
  return JSON.stringify(text.length > length ? `${text.slice(0, length)}…` : text);
}

/** Refuses what is no string, naming the argument. */
export function checkString(what: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${what} must be a string, but is ${shown(value)}`);
}

/** Refuses what is no function, naming the argument. */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== "function") throw new TypeError(`${what} must be a function, but is ${shown(value)}`);
}

/** The members of a list, or of anything else that can be gone through, refusing what can not. */
export function listOf<T>(what: string, given: Iterable<T>): T[] {
  if (typeof (given as Iterable<T> | null | undefined)?.[Symbol.iterator] === "function") return [...given];
  throw new TypeError(`${what} must be a list, but is ${shown(given)}`);
}
