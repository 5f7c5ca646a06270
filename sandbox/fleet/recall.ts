/** Remembers the last `size` results by key: what is worked out from a seed can always be worked out again. */
export class Recall<Value> {
  /** At most `size` entries, the oldest first. */
  readonly #entries = new Map<number, Value>();

  constructor(private readonly size: number) {}

  get(key: number, make: () => Value): Value {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.#entries.set(key, value);
    if (this.#entries.size > this.size) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    return value;
  }
}
