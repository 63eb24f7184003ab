// What is measured of caches and stores of results, by kind.

export const columns = {
  /** What a get finds. */
  hit: ["the same request again", "a new request each time"],
  persisted: ["the same request again", "a new request each time"],
  /** What a get does not find, so that it is looked up. */
  miss: ["one after another", "100 at once for each key"],
  /** A store without a lookup. */
  store: ["get", "set", "getMany of 100, each"],
};
