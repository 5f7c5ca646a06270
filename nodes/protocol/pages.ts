import type { JudgedAnswer } from './answer';
import type { Incomplete } from './call';
import { FlespiError } from './flespi-error';

/** A piece of a walk: what is new in one answer. */
export interface Page {
  items: unknown[];
  answer: JudgedAnswer;
  /** Known number of all items. */
  count?: number;
  countChanged?: { from: number; to: number };
  /** True: nothing follows. False: something does. Left out: the next answer will tell. */
  last?: boolean;
  incomplete?: Incomplete;
}

export interface PageAnswer {
  answer: JudgedAnswer;
  items: unknown[];
}

export interface CollectionWalk {
  /** One request for a page. Its owner ends what is under way when the walk has ended. */
  fetch: (limit: number, offset: number) => Promise<PageAnswer>;
  /** Items for one page. */
  limit: number;
  /** Where to begin. */
  offset: number;
  /** Most items in all. */
  most: number;
  /** Pages under way at a time, once the number of items is known. */
  inFlight: number;
  /** What tells an item from the others; undefined when nothing in it does. */
  keyOf: (item: unknown) => string | number | undefined;
  attempted: string;
}

/** No walk has more pages; it bounds a server that promises items without end. */
export const mostPages = 10_000;
/** Extra requests for items that slipped below the offset when others went away. */
const mostRepairs = 3;

interface Asked {
  offset: number;
  limit: number;
  answer: Promise<PageAnswer>;
}

/**
 * Walks over a collection by `limit` and `offset` (flespi: "Fields and Pagination"), several pages under way at a time, given
 * out in order. Items that come and go meanwhile move the others across page borders: none is given twice, those that
 * slipped below the offset are fetched, and the changed count is told. It ends whatever the server does:
 * FLESPI_PAGES_REPEATED when the same page comes again, `incomplete` when the server promises more than it gives.
 */
export async function* collectionPages(walk: CollectionWalk): AsyncGenerator<Page> {
  const seen = new Seen(walk.keyOf);
  /** Requests under way, in the order of their offsets, without gaps between them. */
  const ahead: Asked[] = [];
  /** Where the next request begins. */
  let next = walk.offset;
  let { limit } = walk;
  let count: number | undefined;
  let given = 0;
  let repairs = 0;
  let drifted = false;
  /** Items that may come again because others came before them. */
  let pushed = 0;
  /** Pages in a row that had nothing new. One is chance where pages are small. */
  let idle = 0;
  let shortPages = 0;
  /** The page before had not what was asked for, so a repetition of it means that there are no pages at all. */
  let unpaged = false;

  const ask = (): void => {
    const under = ahead.reduce((sum, asked) => sum + asked.limit, 0);
    const size = Math.min(limit, walk.most - given - under);
    const answer = walk.fetch(size, next);
    // It may fail before anybody waits for it; whoever waits gets the failure all the same.
    answer.catch(() => undefined);
    ahead.push({ offset: next, limit: size, answer });
    next += size;
  };
  const mayAsk = (): boolean => {
    const under = ahead.reduce((sum, asked) => sum + asked.limit, 0);
    if (given + under >= walk.most) return false;
    return count === undefined ? ahead.length === 0 : next < count && ahead.length < walk.inFlight;
  };

  ask();
  for (let pages = 1; ; pages += 1) {
    const asked = ahead.shift() as Asked;
    const { answer, items } = await asked.answer;
    const { pagination } = answer;
    if (pagination && pagination.offset !== asked.offset) throw repeated(walk.attempted, asked.offset);
    if (pagination && pagination.limit > 0) limit = Math.min(limit, pagination.limit);

    const before = count;
    count = pagination?.count ?? count;
    const grown = before === undefined || count === undefined ? 0 : count - before;

    let fresh = seen.fresh(items, pagination === undefined);
    const nothingNew = items.length > 0 && fresh.length === 0;
    const exhausted = nothingNew && count === undefined && unpaged;
    // Items that came before them push others to the next page; so many of them may come again.
    pushed = Math.max(0, pushed + Math.max(0, grown) - (items.length - fresh.length));
    idle = nothingNew && !exhausted && pushed === 0 ? idle + 1 : 0;
    if (idle > 1) throw repeated(walk.attempted, asked.offset);

    if (grown < 0) {
      const slipped: unknown[] = [];
      let from = asked.offset + grown;
      let known = count;
      for (; from < asked.offset && repairs < mostRepairs; repairs += 1) {
        const at = Math.max(walk.offset, from);
        const size = Math.min(limit, asked.offset - at);
        const repair = await walk.fetch(size, at);
        slipped.push(...seen.fresh(repair.items, false));
        // More may have gone in the meantime, and what is sought slipped further.
        const now = repair.answer.pagination?.count ?? known;
        from = now !== undefined && known !== undefined && now < known ? at - (known - now) : at + size;
        known = now;
      }
      drifted ||= from < asked.offset;
      fresh = [...slipped, ...fresh];
    }

    const end = asked.offset + items.length;
    const short = items.length < asked.limit;
    if (short && items.length > 0 && end < (count ?? 0)) {
      // The server gives less than asked for, so what is under way would leave holes. Once may be chance.
      shortPages += 1;
      if (pages === 1 || shortPages > 1) limit = Math.min(limit, items.length);
      ahead.length = 0;
    }
    const beyond = ahead.findIndex(({ offset }) => offset >= (count ?? Infinity));
    if (beyond >= 0) ahead.length = beyond;
    if (ahead.length === 0) next = end;

    const more = ahead.length > 0 || (count === undefined ? items.length > 0 && !exhausted : next < count);
    let incomplete: Incomplete | undefined = drifted && !more ? 'drift' : undefined;
    let last = !more;
    if (given + fresh.length > walk.most || (given + fresh.length === walk.most && more)) {
      fresh = fresh.slice(0, walk.most - given);
      incomplete = 'most';
      last = true;
    } else if (items.length === 0 && asked.offset < (count ?? 0)) {
      incomplete = 'empty-page';
      last = true;
    } else if (more && pages >= mostPages) {
      incomplete = 'page-cap';
      last = true;
    }
    given += fresh.length;
    unpaged = items.length !== asked.limit;

    if (!last) while (mayAsk()) ask();
    yield {
      items: fresh,
      answer,
      ...(count === undefined ? {} : { count }),
      ...(before === undefined || count === undefined || grown === 0
        ? {}
        : { countChanged: { from: before, to: count } }),
      ...(last || count !== undefined ? { last } : {}),
      ...(incomplete === undefined ? {} : { incomplete }),
    };
    if (last) return;
  }
}

function repeated(attempted: string, offset: number): FlespiError {
  return new FlespiError('FLESPI_PAGES_REPEATED', { attempted, params: { offset } });
}

/** Remembers items by key. Items that have none are taken as they come, unless a whole page of them comes again. */
class Seen {
  readonly #keys = new Set<string | number>();
  readonly #keyOf: CollectionWalk['keyOf'];
  /** The last page without keys. */
  #signature: string | undefined;

  constructor(keyOf: CollectionWalk['keyOf']) {
    this.#keyOf = keyOf;
  }

  /** The items that were not here before. `doubtful`: the server did not say which page this is. */
  fresh(items: unknown[], doubtful: boolean): unknown[] {
    let keyed = 0;
    const fresh = items.filter((item) => {
      const key = this.#keyOf(item);
      if (key === undefined) return true;
      keyed += 1;
      if (this.#keys.has(key)) return false;
      this.#keys.add(key);
      return true;
    });
    if (keyed > 0 || !doubtful || items.length === 0) return fresh;
    const signature = JSON.stringify(items);
    if (signature === this.#signature) return [];
    this.#signature = signature;
    return fresh;
  }
}
