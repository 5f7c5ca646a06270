export interface BatchBounds {
  /** A batch is given out when it has so many messages. */
  count: number;
  /** Or when the first of them has waited so long. */
  milliseconds: number;
  /** Or when their payloads are together so long. */
  bytes: number;
}

/** Collects what arrives together. Never holds more than its bounds, and nothing for longer than its time. */
export class MessageBatch<Entry> {
  readonly #bounds: BatchBounds;
  readonly #give: (entries: Entry[]) => void;
  #entries: Entry[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bounds: BatchBounds, give: (entries: Entry[]) => void) {
    this.#bounds = bounds;
    this.#give = give;
  }

  add(entry: Entry, bytes: number): void {
    this.#entries.push(entry);
    this.#bytes += bytes;
    if (this.#entries.length >= this.#bounds.count || this.#bytes >= this.#bounds.bytes) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#bounds.milliseconds);
  }

  /** Gives out what there is, now. */
  flush(): void {
    const entries = this.#entries;
    this.clear();
    if (entries.length > 0) this.#give(entries);
  }

  /** Forgets what there is. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#entries = [];
    this.#bytes = 0;
  }
}
