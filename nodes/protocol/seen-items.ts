import type { CollectionWalk } from './pages';

/** What is new in a page. */
export interface Sighting {
  fresh: unknown[];
  /** There were items, but all of them had been there before. */
  nothingNew: boolean;
  /** That was so too often to be chance: the server repeats itself. */
  repeated: boolean;
}

/** Remembers the items of a walk by their keys. Those that have none are taken as they come, unless a whole page comes again. */
export class SeenItems {
  readonly #keys = new SeenKeys();
  readonly #keyOf: CollectionWalk['keyOf'];
  /** The last page without keys, as text. */
  #keyless: string | undefined;
  /** Items that may come again because others came before them and pushed them to the next page. */
  #pushed = 0;
  /** Pages in a row that had nothing new. One is chance where pages are small. */
  #idle = 0;

  constructor(keyOf: CollectionWalk['keyOf']) {
    this.#keyOf = keyOf;
  }

  /** `grown`: by how much the count grew since the page before. `placed`: the server said which page this is. */
  look(items: unknown[], grown: number, placed: boolean): Sighting {
    const fresh = this.fresh(items, placed);
    const nothingNew = items.length > 0 && fresh.length === 0;
    this.#pushed = Math.max(0, this.#pushed + Math.max(0, grown) - (items.length - fresh.length));
    this.#idle = nothingNew && this.#pushed === 0 ? this.#idle + 1 : 0;
    return { fresh, nothingNew, repeated: this.#idle > 1 };
  }

  /** The items that were not here before, without a judgement. */
  fresh(items: unknown[], placed: boolean): unknown[] {
    let keyed = 0;
    const fresh = items.filter((item) => {
      const key = this.#keyOf(item);
      if (key === undefined) return true;
      keyed += 1;
      return this.#keys.add(key);
    });
    if (keyed > 0 || placed || items.length === 0) return fresh;
    const text = JSON.stringify(items);
    if (text === this.#keyless) return [];
    this.#keyless = text;
    return fresh;
  }
}

/**
 * A set that is cheap for what is usual: numbers that ascend, as flespi's ids do, are kept as a plain list. A hundred thousand
 * of them take a tenth of the memory and time of a Set.
 */
class SeenKeys {
  readonly #ascending: number[] = [];
  readonly #others = new Set<string | number>();

  /** Adds a key; false when it was there. */
  add(key: string | number): boolean {
    const list = this.#ascending;
    if (typeof key === 'number' && key > (list.at(-1) ?? -Infinity)) {
      if (this.#others.has(key)) return false;
      list.push(key);
      return true;
    }
    if (this.#others.has(key) || (typeof key === 'number' && this.#isListed(key))) return false;
    this.#others.add(key);
    return true;
  }

  #isListed(key: number): boolean {
    let low = 0;
    let high = this.#ascending.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ascending[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return this.#ascending[low] === key;
  }
}
