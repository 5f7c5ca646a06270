import { inSlices } from '../platform/in-slices';
import type { Call, Outcome } from './call';
import { pickParameters } from './pick-parameters';
import { generalize } from './generalize';
import { selectRows } from './select-rows';
import { familyOf, type SeriesFamily } from './series-families';
import { parseWindow, passes, type TimeWindow } from './time-window';
import { deleteRecords, postRecords } from './write-records';

/** How the methods work on records in order of time: `gw/devices/{}/messages` and all like it. */
export const seriesRules = {
  async GET(call: Call): Promise<Outcome> {
    const family = familyOf(call.resource.path);
    const window = parseWindow(call.query.data, family.names, call.platform.assumptions.recordsPerAnswer);
    const rows = call.slots.length === 0 ? [{ row: {} }] : selectRows(call).picked;
    const series = rows.map(({ row }) => shaped(call, family, row, window));
    const records = call.platform.assumptions.messagesByDevice
      ? inTurn(series)
      : inTime(series, family.time, window.reverse);
    return { result: await inSlices(taken(records, window), call.platform.closing) };
  },

  POST: postRecords,
  DELETE: deleteRecords,
};

/** Records as they are found; `undefined` is a step on the way to the next one, where other work may come between. */
type Steps = Iterable<object | undefined>;

/** As many records as the window holds, in the shape it asks for. */
function* taken(records: Steps, { count, fields }: TimeWindow): Generator<undefined, object[]> {
  const result: object[] = [];
  for (const record of records) {
    if (record) result.push(fields ? pickParameters(record, fields) : record);
    if (result.length >= count) break;
    yield;
  }
  return result;
}

/** The records of one row, filtered and drawn together as the window says. */
function shaped(call: Call, family: SeriesFamily, row: object, window: TimeWindow): Steps {
  const records = filtered(call, family.read(call, row, window), window);
  return window.generalize > 0 ? generalize(records, family.time, window.generalize, window.method) : records;
}

function* filtered({ platform }: Call, records: Iterable<object>, window: TimeWindow): Generator<object | undefined> {
  const { item_type: itemType } = window.data;
  for (const record of records) {
    const isOfType = itemType === undefined || (record as { origin_type?: unknown }).origin_type === itemType;
    yield isOfType && passes(window, record, platform.now) ? record : undefined;
  }
}

function* inTurn(series: readonly Steps[]): Generator<object | undefined> {
  for (const records of series) {
    // Also where a row has no records: there may be thousands of such rows.
    yield;
    yield* records;
  }
}

/** Draws several ordered series into one. Few series, so the smallest head is simply looked for. */
function* inTime(series: readonly Steps[], timeName: string, reverse: boolean): Generator<object | undefined> {
  const timeOf = (record: object): number => Number((record as Record<string, unknown>)[timeName]);
  const heads: Head[] = [];
  for (const records of series) {
    const iterator = records[Symbol.iterator]();
    const record = yield* nextRecord(iterator);
    if (record) heads.push({ iterator, record });
  }
  while (heads.length > 0) {
    let best = 0;
    for (let index = 1; index < heads.length; index += 1) {
      const difference = timeOf((heads[index] as Head).record) - timeOf((heads[best] as Head).record);
      if (reverse ? difference > 0 : difference < 0) best = index;
    }
    const head = heads[best] as Head;
    yield head.record;
    const record = yield* nextRecord(head.iterator);
    if (record) head.record = record;
    else heads.splice(best, 1);
  }
}

/** A series, and the record of it that comes next. */
interface Head {
  iterator: Iterator<object | undefined>;
  record: object;
}

function* nextRecord(iterator: Iterator<object | undefined>): Generator<undefined, object | undefined> {
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    if (step.value) return step.value;
    yield;
  }
  return undefined;
}
