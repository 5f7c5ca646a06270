import { Border } from './border';
import type { Page } from './pages';
import { type Placed, type Reading, SeriesReader, type SeriesWalk } from './series-reader';

/** Most records to ask for at once when very many share one time. */
const largestCount = 100_000;
/** How full the next stretch should be by what the last one had; the rest is room for busier times. */
const fill = 0.7;

/**
 * Walks over records to the end of their range, forward or in reverse. The next read begins *at* the time where the last one
 * ended and what was given out with exactly that time is taken off again, so records that share a time at a page border are
 * neither lost nor doubled.
 *
 * Records of one source come in order, so a full answer is a page. Of several sources flespi promises no order: there a
 * full answer only tells that the stretch of time was too long. It is cut where half of the answer lies, until an answer is
 * not full and thus has everything in its stretch.
 */
export async function* seriesPages(walk: SeriesWalk): AsyncGenerator<Page> {
  const reader = new SeriesReader(walk);
  const reading = await reader.read(reader.begin, reader.end, reader.wanted);
  if (!reading.records || walk.whole) {
    const incomplete = reading.full ? (walk.whole ? 'generalized' : 'no-key') : undefined;
    const records = reading.items.map((item) => ({ item }));
    yield reader.page(reading, records, true, incomplete);
  } else if (walk.single && reading.ordered) {
    yield* inOrder(reader, reading);
  } else {
    yield* inStretches(reader, reader.begin, new Border(), reading);
  }
}

async function* inOrder(reader: SeriesReader, first: Reading): AsyncGenerator<Page> {
  const border = new Border();
  let reading = first;
  let near = reader.begin;
  /** More to ask for than a page, when what was given out already, or one crowded moment, fills the answers. */
  let extra = 0;
  /** Length of the answer before, when it looked cut. */
  let suspect: number | undefined;
  for (;;) {
    const records = placed(reader, reading, near);
    if (!reading.ordered) {
      yield* inStretches(reader, near, border, reading);
      return;
    }
    const fresh = border.fresh(records);
    const lastPlace = records.at(-1)?.place;
    const stale = border.stale(records);
    // Intervals reach across the border; of others, nothing that lies before it should come.
    if (stale > 0 && !reader.series.spans) throw reader.repeated(near);
    if (suspect !== undefined && fresh.length > 0) reader.learnCap(suspect);
    suspect = undefined;

    if (fresh.length === 0 && reading.full && records.length > 0) {
      if (stale === 0 || extra >= largestCount) throw reader.repeated(near);
      extra += records.length;
    } else {
      const page = reader.page(reading, fresh, fresh.length === 0 || !(reading.full || reading.suspicious));
      if (page.last || lastPlace === undefined) {
        yield page;
        return;
      }
      if (reading.suspicious) suspect = reading.longest;
      extra = lastPlace === near ? extra + records.length : 0;
      if (extra >= largestCount) throw reader.repeated(near);
      near = lastPlace;
      // Before they are given away: whoever gets them may change them.
      border.moveTo(near, records);
      yield page;
    }
    reading = await reader.read(near, reader.end, reader.wanted + border.size + extra);
  }
}

async function* inStretches(
  reader: SeriesReader,
  begin: number | undefined,
  border: Border,
  first: Reading,
): AsyncGenerator<Page> {
  let reading = first;
  let near = begin;
  let far = reader.end;
  let count = reader.size;
  for (;;) {
    const records = placed(reader, reading, near);
    const crowded = reading.full || reading.suspicious;
    const cut = crowded ? whereToCut(border.fresh(records), near, far, reader.series.step) : undefined;
    if (cut !== undefined) {
      far = cut;
    } else if (reading.full) {
      // The stretch is one moment: only a longer answer can hold it.
      if (count >= largestCount) throw reader.repeated(near);
      count *= 2;
    } else {
      // What lies beyond a cut comes with the next stretch; what lies beyond the author's range comes only here.
      const atEnd = far === reader.end;
      const inside = atEnd ? records : records.filter(({ place }) => place <= (far ?? Infinity));
      const fresh = border.fresh(inside);
      const page = reader.page(reading, fresh, atEnd);
      if (page.last || far === undefined) {
        yield page;
        return;
      }
      const width = far - (near ?? records[0]?.place ?? far);
      border.moveTo(far, inside);
      near = far;
      far = nextEnd(near, width, Math.min(fresh.length, reading.longest), reader);
      count = reader.size;
      yield page;
    }
    // Intervals that reach across the border come again and must not crowd out the new ones.
    reading = await reader.read(near, far, count + border.size + border.stale(records));
  }
}

/** The records of a later answer; when they suddenly bear no keys there is no way on. */
function placed(reader: SeriesReader, reading: Reading, near: number | undefined): Placed[] {
  if (!reading.records) throw reader.repeated(near);
  return reading.records;
}

/** A shorter end for a stretch that had too much, or nothing when the stretch is a single moment. */
function whereToCut(
  fresh: readonly Placed[],
  near: number | undefined,
  far: number | undefined,
  step: number,
): number | undefined {
  const inside = fresh.filter(
    ({ place }) => (near === undefined || place >= near) && (far === undefined || place <= far),
  );
  const middle = inside[Math.floor((inside.length - 1) / 2)]?.place;
  if (middle === undefined) return undefined;
  if (far === undefined || middle < far) return middle;
  // All of the upper half lies at the very end.
  const below = inside.findLast(({ place }) => place < far)?.place;
  if (below !== undefined) return below;
  return near === undefined || far - near > 2 * step ? far - step : undefined;
}

/** Where the next stretch should end, by how crowded the last one was. */
function nextEnd(near: number, width: number, had: number, reader: SeriesReader): number | undefined {
  // Nearly nothing there: perhaps nothing much until the end.
  if (had * 4 < reader.size) return reader.end;
  const end = near + Math.max(width, reader.series.step) * ((fill * reader.size) / had);
  return reader.end === undefined ? end : Math.min(end, reader.end);
}
