import type { JudgedAnswer } from './answer';
import type { Incomplete } from './call';
import { FlespiError } from './flespi-error';
import { type Arrived, PagesAhead } from './pages-ahead';
import { SeenItems } from './seen-items';

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

/**
 * A page that has come and was not read yet. Reading it is the expensive part, and what was read takes the most memory, so it
 * is left until the page's turn. Throws FLESPI_INCOMPLETE_ANSWER when the page turns out to be cut.
 */
export type UnreadPage = () => PageAnswer;

export interface CollectionWalk {
  /** One request for a page. Its owner ends what is under way when the walk has ended. */
  fetch: (limit: number, offset: number) => Promise<UnreadPage>;
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

/**
 * Walks over a collection by `limit` and `offset` (flespi: "Fields and Pagination"), several pages under way at a time, given
 * out in order. Items that come and go meanwhile move the others across page borders: none is given twice, those that
 * slipped below the offset are fetched, and the changed count is told. It ends whatever the server does:
 * FLESPI_PAGES_REPEATED when the same page comes again, `incomplete` when the server promises more than it gives.
 */
export async function* collectionPages(walk: CollectionWalk): AsyncGenerator<Page> {
  const seen = new SeenItems(walk.keyOf);
  const ahead = new PagesAhead(walk);
  const repairs = new Repairs(walk, seen);
  let count: number | undefined;
  let given = 0;
  let holes = 0;
  /** The page before had not what was asked for, so a repetition of it means that there are no pages at all. */
  let unpaged = false;

  ahead.fill(walk.most, count);
  for (let pages = 1; ; pages += 1) {
    const arrived = await ahead.next();
    const { answer, items, offset, limit } = arrived;
    const { pagination } = answer;
    if (pagination && pagination.offset !== offset) throw repeated(walk, offset);
    if (pagination && pagination.limit > 0) ahead.limit = Math.min(ahead.limit, pagination.limit);

    const before = count;
    count = pagination?.count ?? count;
    const grown = before === undefined || count === undefined ? 0 : count - before;
    const sighting = seen.look(items, grown, pagination !== undefined);
    const exhausted = count === undefined && (items.length === 0 || (sighting.nothingNew && unpaged));
    if (sighting.repeated && !exhausted) throw repeated(walk, offset);
    const slipped = grown < 0 ? await repairs.fetch(offset + grown, arrived, ahead.limit) : [];

    const end = offset + items.length;
    const hole = items.length > 0 && items.length < limit && end < (count ?? 0);
    if (hole) {
      // The server gives less than asked for. Once may be chance.
      holes += 1;
      if (pages === 1 || holes > 1) ahead.limit = Math.min(ahead.limit, items.length);
    }
    unpaged = items.length !== limit;
    const more = ahead.settle(end, hole, count) && !exhausted;

    const fresh = [...slipped, ...sighting.fresh];
    const room = walk.most - given;
    const incomplete =
      whyEnded({ over: fresh.length - room, more, pages, promised: items.length === 0 && offset < (count ?? 0) }) ??
      (!more && repairs.short ? 'drift' : undefined);
    const last = !more || incomplete !== undefined;
    given += Math.min(fresh.length, room);
    if (!last) ahead.fill(walk.most - given, count);
    yield {
      items: fresh.slice(0, room),
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

/** Why a walk must end although it has not everything. */
function whyEnded(state: { over: number; more: boolean; pages: number; promised: boolean }): Incomplete | undefined {
  if (state.over > 0 || (state.over === 0 && state.more)) return 'most';
  if (state.promised) return 'empty-page';
  return state.more && state.pages >= mostPages ? 'page-cap' : undefined;
}

function repeated({ attempted }: CollectionWalk, offset: number): FlespiError {
  return new FlespiError('FLESPI_PAGES_REPEATED', { attempted, params: { offset } });
}

/** Fetches what slipped below the offset of a page because as many others went away before it. */
class Repairs {
  /** There were more to make than are allowed: something may be missing. */
  short = false;
  readonly #walk: CollectionWalk;
  readonly #seen: SeenItems;
  #made = 0;

  constructor(walk: CollectionWalk, seen: SeenItems) {
    this.#walk = walk;
    this.#seen = seen;
  }

  /** The unseen items from `begin` up to where the page begins. */
  async fetch(begin: number, { offset, answer }: Arrived, limit: number): Promise<unknown[]> {
    const slipped: unknown[] = [];
    let from = begin;
    let count = answer.pagination?.count ?? 0;
    for (; from < offset && this.#made < mostRepairs; this.#made += 1) {
      const at = Math.max(this.#walk.offset, from);
      const size = Math.min(limit, offset - at);
      if (size <= 0) return slipped;
      const repair = (await this.#walk.fetch(size, at))();
      slipped.push(...this.#seen.fresh(repair.items, true));
      // More may have gone in the meantime, and what is sought slipped further.
      const now = repair.answer.pagination?.count ?? count;
      from = now < count ? at - (count - now) : at + size;
      count = now;
    }
    this.short ||= from < offset;
    return slipped;
  }
}
