/** Has the methods of a Web Storage, and does what the tests ask of it. */
export class FakeStorage {
  /** May throw; is given the name of the method that is called. */
  before = () => {};
  entries = new Map();

  get length() {
    this.before("length");
    return this.entries.size;
  }

  key(place) {
    this.before("key");
    return [...this.entries.keys()][place] ?? null;
  }

  getItem(key) {
    this.before("getItem");
    return this.entries.get(key) ?? null;
  }

  setItem(key, value) {
    this.before("setItem");
    this.entries.set(String(key), String(value));
  }

  removeItem(key) {
    this.before("removeItem");
    this.entries.delete(key);
  }

  clear() {
    this.before("clear");
    this.entries.clear();
  }
}
