/**
 * Remembers the last results by key, between `size` and twice as many: what is worked out from a seed can always be worked
 * out again. Two generations instead of one list in order, because removing the oldest entry of a Map one by one is slow.
 */
export class Recall<Value> {
  /** At most `size` entries; all that were asked for since it was started. */
  #young = new Map<number, Value>();
  /** The generation before. */
  #old = new Map<number, Value>();

  constructor(private readonly size: number) {}

  get(key: number, make: () => Value): Value {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const value = this.#old.get(key) ?? make();
    if (this.#young.size >= this.size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    return value;
  }
}
