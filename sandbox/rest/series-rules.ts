import type { Call, Outcome } from './call';
import { pickParameters } from './pick-parameters';
import { generalize } from './generalize';
import { selectRows } from './select-rows';
import { familyOf, type SeriesFamily } from './series-families';
import { parseWindow, passes, type TimeWindow } from './time-window';
import { deleteRecords, postRecords } from './write-records';

/** How the methods work on records in order of time: `gw/devices/{}/messages` and all like it. */
export const seriesRules = {
  GET(call: Call): Outcome {
    const family = familyOf(call.resource.path);
    const window = parseWindow(call.query.data, family.names, call.platform.assumptions.recordsPerAnswer);
    const rows = call.slots.length === 0 ? [{ row: {} }] : selectRows(call).picked;
    const series = rows.map(({ row }) => shaped(call, family, row, window));
    const records = call.platform.assumptions.messagesByDevice
      ? inTurn(series)
      : inTime(series, family.time, window.reverse);
    const result: object[] = [];
    for (const record of records) {
      if (result.length >= window.count) break;
      result.push(window.fields ? pickParameters(record, window.fields) : record);
    }
    return { result };
  },

  POST: postRecords,
  DELETE: deleteRecords,
};

/** The records of one row, filtered and drawn together as the window says. */
function shaped(call: Call, family: SeriesFamily, row: object, window: TimeWindow): Iterable<object> {
  const records = filtered(call, family.read(call, row, window), window);
  return window.generalize > 0 ? generalize(records, family.time, window.generalize, window.method) : records;
}

function* filtered({ platform }: Call, records: Iterable<object>, window: TimeWindow): Generator<object> {
  const { item_type: itemType } = window.data;
  for (const record of records) {
    if (itemType !== undefined && (record as { origin_type?: unknown }).origin_type !== itemType) continue;
    if (passes(window, record, platform.now)) yield record;
  }
}

function* inTurn(series: readonly Iterable<object>[]): Generator<object> {
  for (const records of series) yield* records;
}

/** Draws several ordered series into one. Few series, so the smallest head is simply looked for. */
function* inTime(series: readonly Iterable<object>[], timeName: string, reverse: boolean): Generator<object> {
  const heads = series.map((records) => {
    const iterator = records[Symbol.iterator]();
    return { iterator, head: iterator.next() };
  });
  const timeOf = (record: object): number => Number((record as Record<string, unknown>)[timeName]);
  for (;;) {
    let best: (typeof heads)[number] | undefined;
    for (const one of heads) {
      if (one.head.done) continue;
      if (!best || best.head.done) {
        best = one;
        continue;
      }
      const difference = timeOf(one.head.value) - timeOf(best.head.value);
      if (reverse ? difference > 0 : difference < 0) best = one;
    }
    if (!best || best.head.done) return;
    yield best.head.value;
    best.head = best.iterator.next();
  }
}
