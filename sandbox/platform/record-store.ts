/** Anything with a time: messages, logs, results of commands. */
export interface TimedRecord {
  timestamp: number;
}

/**
 * Records in ascending order of time, or of another number, at most so many: the oldest go first. Equal times keep the order they
 * came in.
 */
export class RecordStore<R extends TimedRecord = TimedRecord> {
  readonly #records: R[] = [];
  readonly #most: number;
  readonly #timeOf: (record: R) => number;

  constructor(most: number, timeOf: (record: R) => number = ({ timestamp }) => timestamp) {
    this.#most = most;
    this.#timeOf = timeOf;
  }

  get size(): number {
    return this.#records.length;
  }

  get last(): R | undefined {
    return this.#records.at(-1);
  }

  add(record: R): void {
    const records = this.#records;
    const last = records.at(-1);
    if (!last || this.#timeOf(last) <= this.#timeOf(record)) records.push(record);
    else records.splice(this.#firstAfter(this.#timeOf(record)), 0, record);
    // In blocks, so that a full store does not move all its records for each new one.
    if (records.length > this.#most * 1.125) records.splice(0, records.length - this.#most);
  }

  /** Records with `from <= time <= to`, ascending; what comes in or goes while they are read makes no difference. */
  range(from: number, to: number): R[] {
    return this.#records.slice(this.#firstFrom(from), this.#firstAfter(to));
  }

  /** The same range, descending. */
  reversed(from: number, to: number): R[] {
    return this.range(from, to).reverse();
  }

  /** Removes a range and says how many records it held. */
  remove(from: number, to: number): number {
    const start = this.#firstFrom(from);
    return this.#records.splice(start, Math.max(0, this.#firstAfter(to) - start)).length;
  }

  #firstFrom(time: number): number {
    return this.#search((record) => this.#timeOf(record) >= time);
  }

  #firstAfter(time: number): number {
    return this.#search((record) => this.#timeOf(record) > time);
  }

  #search(isPast: (record: R) => boolean): number {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isPast(this.#records[middle] as R)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
