import { setImmediate } from 'node:timers/promises';
import { FlespiError } from './flespi-error';
import type { CollectionWalk, PageAnswer, UnreadPage } from './pages';

interface Asked {
  offset: number;
  limit: number;
  page: Promise<UnreadPage>;
}

/** A page that was asked for and has come. */
export interface Arrived extends PageAnswer {
  offset: number;
  /** What was asked for; the server may have given less. */
  limit: number;
}

/** The requests of a walk that are under way, in the order of their offsets. */
export class PagesAhead {
  /** Items to ask for with one request. */
  limit: number;
  readonly #walk: CollectionWalk;
  /** Without gaps between them. */
  readonly #asked: Asked[] = [];
  /** Where the next request begins: behind the last one that was asked for. */
  #next: number;

  constructor(walk: CollectionWalk) {
    this.#walk = walk;
    this.limit = walk.limit;
    this.#next = walk.offset;
  }

  /**
   * Asks for as many pages as may be under way: one as long as nobody knows how many items there are, and never for more
   * items than `room`.
   */
  fill(room: number, count: number | undefined): void {
    let left = room - this.#asked.reduce((sum, { limit }) => sum + limit, 0);
    while (left > 0 && (count === undefined ? this.#asked.length === 0 : this.#mayAsk(count))) {
      const limit = Math.min(this.limit, left);
      const page = this.#walk.fetch(limit, this.#next);
      // It may fail before anybody waits for it; whoever waits gets the failure all the same.
      page.catch(() => undefined);
      this.#asked.push({ offset: this.#next, limit, page });
      this.#next += limit;
      left -= limit;
    }
  }

  /** The next page in order; there must be one under way. */
  async next(): Promise<Arrived> {
    const asked = this.#asked.shift();
    if (!asked) throw new TypeError('no page is under way');
    const { offset, limit } = asked;
    const read = await asked.page;
    // What was given out before is dealt with first; reading page after page at once would keep them all in memory. A
    // flow needs a turn of the event loop to take a message over, and one more to have done with it.
    await setImmediate();
    await setImmediate();
    try {
      return { offset, limit, ...read() };
    } catch (error) {
      if (!(error instanceof FlespiError) || error.code !== 'FLESPI_INCOMPLETE_ANSWER') throw error;
      const again = await this.#walk.fetch(limit, offset);
      return { offset, limit, ...again() };
    }
  }

  /**
   * Notes where the page that came last ended, and gives up what makes no sense any more: everything when the page left a
   * hole behind it, otherwise what lies beyond the count. Returns whether more is to come.
   */
  settle(end: number, hole: boolean, count: number | undefined): boolean {
    const beyond = hole ? 0 : this.#asked.findIndex(({ offset }) => offset >= (count ?? Infinity));
    if (beyond >= 0) this.#asked.length = beyond;
    if (this.#asked.length === 0) this.#next = end;
    return this.#asked.length > 0 || this.#next < (count ?? Infinity);
  }

  #mayAsk(count: number): boolean {
    return this.#next < count && this.#asked.length < this.#walk.inFlight;
  }
}
