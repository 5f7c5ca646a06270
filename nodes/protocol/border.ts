import type { Placed } from './series-reader';

/**
 * What was given out at the place where the next read begins. The read begins *at* that place, so these records come again
 * and are taken off; records that share the place and had no room before are kept. Equal records count one by one.
 */
export class Border {
  /** Everything before it was given out. */
  #place: number | undefined;
  #given = new Map<string, number>();

  /** How many records of the next answer were given out already. */
  get size(): number {
    let size = 0;
    for (const times of this.#given.values()) size += times;
    return size;
  }

  /** The records that were not given out yet. */
  fresh(records: readonly Placed[]): Placed[] {
    const place = this.#place;
    if (place === undefined) return [...records];
    const left = new Map(this.#given);
    return records.filter((record) => {
      if (record.place !== place) return record.place > place;
      const text = JSON.stringify(record.item);
      const times = left.get(text) ?? 0;
      if (times > 0) left.set(text, times - 1);
      return times === 0;
    });
  }

  /** How many of the records lie before the border, where nothing should be. */
  stale(records: readonly Placed[]): number {
    const place = this.#place;
    return place === undefined ? 0 : records.filter((record) => record.place < place).length;
  }

  /** Moves on, after all of these records up to `place` were given out. */
  moveTo(place: number, records: readonly Placed[]): void {
    const given = new Map<string, number>();
    for (const record of records) {
      if (record.place !== place) continue;
      const text = JSON.stringify(record.item);
      given.set(text, (given.get(text) ?? 0) + 1);
    }
    if (place === this.#place)
      for (const [text, times] of this.#given) given.set(text, Math.max(times, given.get(text) ?? 0));
    this.#place = place;
    this.#given = given;
  }
}
