/** As many causes of causes are kept; what is deeper says more about the program than about the error. */
const deepest = 100;

/** The JSON text of a defect. Whatever was thrown has one: what JSON can not hold is left out or becomes a word. */
export function defectText(defect: unknown): string {
  try {
    return JSON.stringify(defect, replacer()) ?? "null";
  } catch {
    return JSON.stringify(wordFor(defect));
  }
}

/** A defect of parsed JSON: what has a message is an error again, with its name and its cause. */
export function defectOf(stored: unknown, depth = 0): unknown {
  if (typeof stored !== "object" || stored === null || depth > deepest) return stored;
  const { name, message } = stored as Record<string, unknown>;
  if (typeof message !== "string") return stored;
  const options = "cause" in stored ? { cause: defectOf(stored.cause, depth + 1) } : undefined;
  const error = new Error(message, options);
  if (typeof name === "string" && name !== error.name) {
    Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  }
  return error;
}

/** Whether something is an error, also one of another realm: an iframe, a test runner's sandbox. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/**
 * Makes a replacer for `JSON.stringify`: of an error is stored what it says, but not where it was thrown nor what else it
 * carries, and nothing is stored inside of itself.
 */
function replacer(): (this: unknown, key: string, value: unknown) => unknown {
  const above: unknown[] = [];
  const stored: unknown[] = [];
  return function (key, value) {
    if (typeof value === "bigint") return `${value}n`;
    // toJSON has spoken for an error already, and has said something else.
    const original = (this as Record<string, unknown>)[key];
    const given = isError(original) ? original : value;
    if (typeof given !== "object" || given === null) return given;
    while (stored.length > 0 && stored.at(-1) !== this) {
      stored.pop();
      above.pop();
    }
    if (above.includes(given)) return isError(given) ? "[Circular]" : undefined;
    const kept = isError(given) ? said(given, above.length < deepest) : given;
    above.push(given);
    stored.push(kept);
    return kept;
  };
}

function said({ name, message, cause }: Error, withCause: boolean): object {
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
    ...(withCause && cause !== undefined ? { cause } : {}),
  };
}

/** What stands for a value that can not even be looked at. */
function wordFor(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return "[object]";
  }
}
