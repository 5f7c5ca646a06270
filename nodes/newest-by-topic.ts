/** Topics to remember; the longest known is forgotten for a new one. */
const most = 50_000;

/** Tells messages that are newer than the last of their topic, by the broker's clock, from repetitions of what was there. */
export class NewestByTopic {
  /** Unix seconds of the newest message. */
  readonly #times = new Map<string, number>();

  /** Without a time nothing can be said, so it counts as new. */
  isNew(topic: string, timestamp: number | undefined): boolean {
    if (timestamp === undefined) return true;
    const last = this.#times.get(topic);
    if (last !== undefined && timestamp <= last) return false;
    if (last === undefined && this.#times.size >= most) {
      const [oldest] = this.#times.keys();
      if (oldest !== undefined) this.#times.delete(oldest);
    }
    this.#times.set(topic, timestamp);
    return true;
  }
}
