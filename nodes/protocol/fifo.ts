/**
 * A queue that keeps nothing of what has left it, and moves nothing: a ring of slots that are emptied one by one. An array that
 * is shifted and spliced leaves copies of itself behind, and each keeps the young messages that it lists from being collected.
 */
export class Fifo<Entry extends object> {
  /** Its length is a power of two. */
  #slots: (Entry | undefined)[] = Array.from({ length: 16 }, () => undefined);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that waits longest. */
  get first(): Entry | undefined {
    return this.#slots[this.#head];
  }

  push(entry: Entry): void {
    this.#grow();
    this.#slots[this.#at(this.#size)] = entry;
    this.#size += 1;
  }

  /** To the front. */
  unshift(entry: Entry): void {
    this.#grow();
    this.#head = this.#at(this.#slots.length - 1);
    this.#slots[this.#head] = entry;
    this.#size += 1;
  }

  shift(): Entry | undefined {
    const entry = this.#slots[this.#head];
    if (!entry) return undefined;
    this.#slots[this.#head] = undefined;
    this.#head = this.#at(1);
    this.#size -= 1;
    return entry;
  }

  #at(index: number): number {
    return (this.#head + index) & (this.#slots.length - 1);
  }

  #grow(): void {
    const { length } = this.#slots;
    if (this.#size < length) return;
    const slots = Array.from({ length: length * 2 }, (_, index) =>
      index < length ? this.#slots[this.#at(index)] : undefined,
    );
    this.#slots = slots;
    this.#head = 0;
  }
}
