import type { Item } from './item';

/** The items of one kind, in ascending order of their ids. */
export class ItemStore {
  /** Keys ascend: ids are only ever given out upwards, and a restored item causes a re-sort. */
  #items = new Map<number, Item>();
  #lastId: number;

  constructor(firstId: number) {
    this.#lastId = firstId - 1;
  }

  get size(): number {
    return this.#items.size;
  }

  get(id: number): Item | undefined {
    return this.#items.get(id);
  }

  values(): IterableIterator<Item> {
    return this.#items.values();
  }

  /** An id that no item has or had. */
  nextId(): number {
    return this.#lastId + 1;
  }

  /** Puts a new item or the new version of one. */
  set(item: Item): void {
    const isNew = !this.#items.has(item.id);
    this.#items.set(item.id, item);
    if (item.id > this.#lastId) this.#lastId = item.id;
    else if (isNew) this.#items = new Map([...this.#items].sort(([a], [b]) => a - b));
  }

  delete(id: number): boolean {
    return this.#items.delete(id);
  }
}
