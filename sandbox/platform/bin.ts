import type { Entity, Item } from './item';

/** A deleted item in the bin (flespi Skill: deleted items are kept for 30 days). */
export interface DeletedItem {
  id: number;
  cid: number;
  /** Kind of the item, the number of logs; by both names (flespi Skill, Toolbox). */
  type: number;
  item_type: number;
  item_id: number;
  name: unknown;
  /** Where it was: `gw/devices/123`. */
  origin: string;
  deleted: number;
  data: Item;
}

const day = 86_400;
const mostItems = 10_000;

/** Items that were deleted and can come back. Links, messages and telemetry are not kept. */
export class Bin {
  readonly #items = new Map<number, DeletedItem>();
  readonly #seconds: number;
  readonly #now: () => number;
  readonly #onGone: (entityPath: string, item: Item) => void;
  #lastId = 0;

  /** `onGone` is told of every item that nobody can bring back any more. */
  constructor(days: number, now: () => number, onGone: (entityPath: string, item: Item) => void) {
    this.#seconds = days * day;
    this.#now = now;
    this.#onGone = onGone;
  }

  put(entity: Entity, item: Item): void {
    const id = (this.#lastId += 1);
    this.#items.set(id, {
      id,
      cid: item.cid,
      type: entity.originType,
      item_type: entity.originType,
      item_id: item.id,
      name: item['name'],
      origin: `${entity.path}/${item.id}`,
      deleted: this.#now(),
      data: item,
    });
    this.#expire();
  }

  values(): Iterable<DeletedItem> {
    this.#expire();
    return this.#items.values();
  }

  get(id: number): DeletedItem | undefined {
    this.#expire();
    return this.#items.get(id);
  }

  delete(id: number): void {
    this.#items.delete(id);
  }

  #expire(): void {
    const oldest = this.#now() - this.#seconds;
    for (const { id, deleted, origin, data } of this.#items.values()) {
      // In the order of deletion: what follows is younger.
      if (deleted > oldest && this.#items.size <= mostItems) return;
      this.#items.delete(id);
      this.#onGone(origin.slice(0, origin.lastIndexOf('/')), data);
    }
  }
}
