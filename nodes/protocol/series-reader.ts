import type { JudgedAnswer } from './answer';
import type { Incomplete } from './call';
import { FlespiError } from './flespi-error';
import { mostPages, type Page, type PageAnswer } from './pages';
import type { Series } from './series';

export interface SeriesWalk {
  series: Series;
  /** Sends one read with these parameters in place of the author's bounds and count. */
  fetch: (data: Record<string, unknown>) => Promise<PageAnswer>;
  low?: number;
  high?: number;
  /** The latest first. */
  reverse: boolean;
  /** Records for one answer. */
  size: number;
  /** Most records in all. */
  most: number;
  /** The read addresses one device or other source, so its records come in order. */
  single: boolean;
  /** Averages (`generalize`) over buckets of time: reads that begin inside a bucket would give half of it. One read is all. */
  whole: boolean;
  attempted: string;
}

/** A record and its place on the way: its key, negated when the walk goes backwards, so that places always ascend. */
export interface Placed {
  item: unknown;
  place: number;
}

/** One answer, looked at. */
export interface Reading {
  answer: JudgedAnswer;
  /** Ascending by place; undefined when some record has no key. */
  records: Placed[] | undefined;
  items: unknown[];
  /** The records came in this order. */
  ordered: boolean;
  /** As many as were asked for, or as this server ever sends: there may be more. */
  full: boolean;
  /** Fewer than asked for, but a number at which servers cut. */
  suspicious: boolean;
  /** Records of the largest group that `size` counts for. */
  longest: number;
}

/** Reads stretches of a time series, in places instead of times, and keeps the bounds of the walk. */
export class SeriesReader {
  readonly size: number;
  /** Where the walk begins and ends; undefined is open. */
  readonly begin: number | undefined;
  readonly end: number | undefined;
  readonly #walk: SeriesWalk;
  readonly #sign: 1 | -1;
  #given = 0;
  #pages = 0;
  /** This server has been seen to cut answers at this length. */
  #cap = Infinity;
  /** Length of the longest answer so far: where a server sent that many, it does not cut below. */
  #longest = 0;

  constructor(walk: SeriesWalk) {
    this.#walk = walk;
    this.#sign = walk.reverse ? -1 : 1;
    this.size = walk.size;
    const [begin, end] = walk.reverse ? [walk.high, walk.low] : [walk.low, walk.high];
    this.begin = begin === undefined ? undefined : this.#sign * begin;
    this.end = end === undefined ? undefined : this.#sign * end;
  }

  get series(): Series {
    return this.#walk.series;
  }

  /** How many to ask for: one more than may still be given out, to know whether there is more. */
  get wanted(): number {
    return Math.min(this.size, this.#walk.most - this.#given + 1);
  }

  async read(near: number | undefined, far: number | undefined, count: number): Promise<Reading> {
    const { series, reverse, fetch } = this.#walk;
    const [low, high] = reverse ? [far, near] : [near, far];
    this.#pages += 1;
    const { answer, items } = await fetch({
      ...(low === undefined ? {} : { [series.low]: this.#sign * low }),
      ...(high === undefined ? {} : { [series.high]: this.#sign * high }),
      [series.size]: count,
      ...(reverse ? { reverse: true } : {}),
    });
    const records = this.#place(items);
    const longest = longestGroup(items, series);
    const longestBefore = this.#longest;
    this.#longest = Math.max(longest, longestBefore);
    const ordered = records?.every(({ place }, index) => index === 0 || place >= (records[index - 1] as Placed).place);
    if (ordered === false) records?.sort((left, right) => left.place - right.place);
    return {
      answer,
      items,
      records,
      ordered: ordered ?? true,
      longest,
      // More than asked for means that the server does not count, and sent everything.
      full: longest === count || (longest < count && longest >= this.#cap),
      suspicious: longest < count && longest >= 100 && longest % 50 === 0 && longest >= longestBefore,
    };
  }

  /** There was more behind an answer that was shorter than asked for. */
  learnCap(length: number): void {
    this.#cap = Math.min(this.#cap, length);
  }

  /** What of the records goes out, within the bound; `last` when nothing is left. */
  page(reading: Reading, records: readonly { item: unknown }[], last: boolean, incomplete?: Incomplete): Page {
    const room = this.#walk.most - this.#given;
    const over = records.length > room;
    const kept = over ? records.slice(0, room) : records;
    this.#given += kept.length;
    const capped = !last && this.#pages >= mostPages ? 'page-cap' : undefined;
    const reason = over ? 'most' : (incomplete ?? capped);
    return {
      items: kept.map(({ item }) => item),
      answer: reading.answer,
      ...(last || reason !== undefined ? { last: true } : {}),
      ...(reason === undefined ? {} : { incomplete: reason }),
    };
  }

  /** The server gives the same again, or more with one key than any answer can hold. */
  repeated(place: number | undefined): FlespiError {
    return new FlespiError('FLESPI_PAGES_REPEATED', {
      attempted: this.#walk.attempted,
      params: { offset: place === undefined ? 0 : this.#sign * place },
    });
  }

  #place(items: unknown[]): Placed[] | undefined {
    const records: Placed[] = [];
    for (const item of items) {
      const key = keyOf(item, this.#walk.series);
      if (key === undefined) return undefined;
      records.push({ item, place: this.#sign * key });
    }
    return records;
  }
}

function keyOf(item: unknown, { keys }: Series): number | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  for (const name of keys) {
    const value = (item as Record<string, unknown>)[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return undefined;
}

function longestGroup(items: unknown[], { groups }: Series): number {
  if (!groups) return items.length;
  const lengths = new Map<string, number>();
  for (const item of items) {
    const name = JSON.stringify(groups.map((group) => (item as Record<string, unknown> | null)?.[group]));
    lengths.set(name, (lengths.get(name) ?? 0) + 1);
  }
  return Math.max(0, ...lengths.values());
}
