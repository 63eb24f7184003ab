// The request classes of the contract, and how their results are compared.

/** A codec that keeps values as they are: JSON alone decides what can be stored. */
export const asIs = { decode: (stored) => stored, encode: (value) => value };

/** A codec of dates; what is none is refused. */
export const date = {
  decode(stored) {
    const decoded = new Date(typeof stored === "string" ? stored : Number.NaN);
    if (Number.isNaN(decoded.getTime())) throw new Error("not a date");
    return decoded;
  },
  encode: (value) => value.toISOString(),
};

const text = (what) => ({
  decode(stored) {
    if (typeof stored !== "string") throw new Error(`not a ${what}`);
    return stored;
  },
  encode(value) {
    if (typeof value !== "string") throw new Error(`not a ${what}`);
    return value;
  },
});

/** Requests by their key alone: for any value of JSON, for texts, for dates, and for nothing. */
export function requests({ Persistable }) {
  const made = (tag, more) => Persistable.make(tag, { primaryKey: ({ id }) => id, ...more });
  return {
    Any: made("Any", { success: asIs, error: asIs }),
    Text: made("Text", { success: text("text"), error: text("reason") }),
    When: made("When", { success: date, error: text("reason") }),
    Nothing: made("Nothing", {}),
  };
}

/** An exit with its errors as plain data, so that it can be compared. */
export function plain(value) {
  if (value instanceof Error) {
    const { name, message, cause } = value;
    return cause === undefined ? { name, message } : { name, message, cause: plain(cause) };
  }
  if (Array.isArray(value)) return value.map(plain);
  const isData = typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array;
  if (isData) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([field, inner]) => [field, plain(inner)]),
  );
}
