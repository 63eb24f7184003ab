/** First in, first out, in a ring that grows. */
export class Queue<T> {
  #ring: Array<T | undefined> = new Array<T | undefined>(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What `shift` would give. */
  get first(): T | undefined {
    return this.#ring[this.#head];
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length += 1;
  }

  shift(): T | undefined {
    const item = this.#ring[this.#head];
    if (this.#length === 0) return undefined;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length -= 1;
    return item;
  }

  #grow(): void {
    const ring = this.#ring.slice(this.#head).concat(this.#ring.slice(0, this.#head));
    ring.length *= 2;
    this.#ring = ring;
    this.#head = 0;
  }
}
