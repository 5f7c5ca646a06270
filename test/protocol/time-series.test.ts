import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import type { Page } from '../../nodes/protocol/pages';
import { seriesOf } from '../../nodes/protocol/series';
import type { SeriesWalk } from '../../nodes/protocol/series-reader';
import { seriesPages } from '../../nodes/protocol/time-series';

interface Message {
  timestamp: number;
  'device.id': number;
  n: number;
}

type Read = Record<string, unknown>;

/** Ways in which servers put the records of several devices into one answer. */
const orders = {
  /** By time over all devices. */
  merged: (records: Message[]) => records.toSorted((a, b) => a.timestamp - b.timestamp),
  /** One device after the other. */
  'by device': (records: Message[]) =>
    records.toSorted((a, b) => a['device.id'] - b['device.id'] || a.timestamp - b.timestamp),
  /** The other way round. */
  'by device, backwards': (records: Message[]) =>
    records.toSorted((a, b) => b['device.id'] - a['device.id'] || b.timestamp - a.timestamp),
};

function server(records: readonly Message[], order: keyof typeof orders, cap = Infinity) {
  return ({ from = -Infinity, to = Infinity, count = Infinity, reverse }: Read): Message[] => {
    const inside = records.filter(({ timestamp }) => timestamp >= Number(from) && timestamp <= Number(to));
    const ordered = orders[order](inside);
    if (reverse === true) ordered.reverse();
    return structuredClone(ordered.slice(0, Math.min(Number(count), cap)));
  };
}

interface Outcome {
  records: Message[];
  pages: Page[];
  reads: Read[];
  error?: FlespiError;
}

const messages = seriesOf('messages', 'gw/devices/1/messages');
assert(messages);

async function walk(read: (data: Read) => unknown[], options: Partial<SeriesWalk> = {}): Promise<Outcome> {
  const outcome: Outcome = { records: [], pages: [], reads: [] };
  assert(messages);
  try {
    for await (const page of seriesPages({
      series: messages,
      fetch: (data) => {
        outcome.reads.push(data);
        assert(outcome.reads.length < 3000, 'too many reads');
        const items = read(data);
        return Promise.resolve({ items, answer: { statusCode: 200, headers: {}, result: items } });
      },
      reverse: false,
      size: 10,
      most: 100_000,
      single: true,
      whole: false,
      attempted: 'GET gw/devices/1/messages',
      ...options,
    })) {
      outcome.pages.push(page);
      outcome.records.push(...(page.items as Message[]));
    }
  } catch (error) {
    if (!(error instanceof FlespiError)) throw error;
    outcome.error = error;
  }
  return outcome;
}

const ids = (records: readonly Message[]): number[] => records.map(({ n }) => n).sort((a, b) => a - b);

function isSorted(records: readonly Message[], reverse: boolean): boolean {
  return records.every((record, index) => {
    const before = records[index - 1]?.timestamp ?? record.timestamp;
    return reverse ? before >= record.timestamp : before <= record.timestamp;
  });
}

/** Few distinct times, so that many records share one. */
const recordsOf = (devices: number) =>
  fc
    .array(
      fc.record({
        timestamp: fc.oneof(
          fc.integer({ min: 0, max: 12 }).map((step) => 1_700_000_000 + step),
          fc.integer({ min: 0, max: 40_000 }).map((step) => 1_700_000_000 + step / 3),
        ),
        'device.id': fc.integer({ min: 1, max: devices }),
      }),
      { maxLength: 150 },
    )
    .map((records) => records.map((record, n): Message => ({ ...record, n })));

describe('seriesPages', () => {
  it('gives every record of one device once and in order, equal times at page borders included', async () => {
    await fc.assert(
      fc.asyncProperty(recordsOf(1), fc.integer({ min: 1, max: 20 }), fc.boolean(), async (records, size, reverse) => {
        const { records: got, pages } = await walk(server(records, 'merged'), { size, reverse });
        assert.deepEqual(ids(got), ids(records));
        assert(isSorted(got, reverse));
        assert.equal(pages.at(-1)?.last, true);
        assert(pages.every((page) => page.incomplete === undefined));
      }),
      { numRuns: 400 },
    );
  });

  it('gives equal records as often as they are there', async () => {
    const twins = Array.from({ length: 25 }, (): Message => ({ timestamp: 1_700_000_000, 'device.id': 1, n: 0 }));
    const { records, reads } = await walk(server(twins, 'merged'));
    assert.equal(records.length, 25);
    assert(reads.length <= 4);
  });

  for (const order of Object.keys(orders) as (keyof typeof orders)[]) {
    it(`gives every record of several devices once and in order, sent ${order}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          recordsOf(6),
          fc.integer({ min: 1, max: 20 }),
          fc.boolean(),
          fc.boolean(),
          async (records, size, reverse, bounded) => {
            const bounds = bounded ? { low: 1_700_000_003, high: 1_700_009_000 } : {};
            const wanted = records.filter(
              ({ timestamp }) => !bounded || (timestamp >= 1_700_000_003 && timestamp <= 1_700_009_000),
            );
            const { records: got, pages } = await walk(server(records, order), {
              size,
              reverse,
              single: false,
              ...bounds,
            });
            assert.deepEqual(ids(got), ids(wanted));
            assert(isSorted(got, reverse));
            assert.equal(pages.at(-1)?.last, true);
          },
        ),
        { numRuns: 400 },
      );
    });
  }

  it('finds out that one source does not send in order after all', async () => {
    await fc.assert(
      fc.asyncProperty(recordsOf(4), fc.integer({ min: 3, max: 20 }), async (records, size) => {
        const { records: got, error } = await walk(server(records, 'by device'), { size });
        // Sorted by chance up to the first full page, nothing can tell; then it may be too late for the ones before.
        const first = server(records, 'by device')({ count: size });
        if (isSorted(first, false) && first.length === size) return;
        assert.equal(error, undefined);
        assert.deepEqual(ids(got), ids(records));
      }),
    );
  });

  it('costs few reads: about twice as many as pages when devices are mixed', async () => {
    const records = Array.from({ length: 20_000 }, (_, n): Message => ({
      timestamp: 1_700_000_000 + n * 4,
      'device.id': (n % 50) + 1,
      n,
    }));
    const mixed = await walk(server(records, 'by device'), {
      size: 1000,
      single: false,
      low: 1_700_000_000,
      high: 1_700_080_000,
    });
    assert.deepEqual(ids(mixed.records), ids(records));
    assert(mixed.reads.length <= 45, String(mixed.reads.length));
    const one = await walk(server(records, 'merged'), { size: 1000 });
    assert.equal(one.records.length, 20_000);
    assert(one.reads.length <= 22, String(one.reads.length));
  });

  it('reads a short range with one request', async () => {
    const records = Array.from({ length: 7 }, (_, n): Message => ({ timestamp: n, 'device.id': n, n }));
    for (const single of [true, false]) {
      const { reads, records: got } = await walk(server(records, 'merged'), { single });
      assert.equal(got.length, 7);
      assert.equal(reads.length, 1);
    }
  });

  it('stops at the bound of the author, and knows whether there was more', async () => {
    await fc.assert(
      fc.asyncProperty(
        recordsOf(1),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        async (records, size, most, reverse) => {
          const { records: got, pages } = await walk(server(records, 'merged'), { size, most, reverse });
          const sorted = orders.merged(records);
          if (reverse) sorted.reverse();
          assert.equal(got.length, Math.min(most, records.length));
          assert.deepEqual(
            got.map(({ timestamp }) => timestamp),
            sorted.slice(0, most).map(({ timestamp }) => timestamp),
          );
          assert.equal(pages.at(-1)?.incomplete, records.length > most ? 'most' : undefined);
        },
      ),
    );
  });

  it('gets over a server that sends at most 100 records whatever is asked', async () => {
    const records = Array.from({ length: 730 }, (_, n): Message => ({
      timestamp: Math.floor(n / 3),
      'device.id': 1,
      n,
    }));
    for (const reverse of [false, true]) {
      const { records: got } = await walk(server(records, 'merged', 100), { size: 1000, reverse });
      assert.deepEqual(ids(got), ids(records));
    }
    const mixed = await walk(server(records, 'by device', 100), { size: 1000, single: false });
    assert.deepEqual(ids(mixed.records), ids(records));
  });

  it('ends when the server overlooks the bounds, or sends everything at once', async () => {
    const records = Array.from({ length: 100 }, (_, n): Message => ({ timestamp: n, 'device.id': 1, n }));
    const all = server(records, 'merged');
    const deaf = await walk(({ count }) => all({ count }), { size: 10 });
    assert.equal(deaf.error?.code, 'FLESPI_PAGES_REPEATED');
    const lavish = await walk(() => all({}), { size: 10 });
    assert.deepEqual(ids(lavish.records), ids(records));
    assert.equal(lavish.reads.length, 1);
    const crowd = ({ count }: Read): Message[] =>
      Array.from({ length: Number(count) }, (_, n) => ({ timestamp: 60, 'device.id': 1, n }));
    for (const single of [true, false]) {
      const endless = await walk(crowd, { size: 1000, single, low: 60, high: 60, most: 1_000_000 });
      assert.equal(endless.error?.code, 'FLESPI_PAGES_REPEATED');
      assert(endless.reads.length <= 12);
    }
  });

  it('says that records without time have no pages', async () => {
    const { records, pages } = await walk(({ count }) => Array.from({ length: Number(count) }, () => ({ speed: 1 })));
    assert.equal(records.length, 10);
    assert.equal(pages.at(-1)?.incomplete, 'no-key');
  });

  it('reads averages in one piece', async () => {
    const records = Array.from({ length: 30 }, (_, n): Message => ({ timestamp: n * 60, 'device.id': 1, n }));
    const { pages, reads } = await walk(server(records, 'merged'), { whole: true });
    assert.equal(reads.length, 1);
    assert.equal(pages.at(-1)?.incomplete, 'generalized');
  });

  describe('intervals', () => {
    const series = seriesOf('intervals', 'gw/calcs/1/devices/1/intervals/all');
    assert(series);
    interface Interval {
      id: number;
      begin: number;
      end: number;
      calc_id: number;
      device_id: number;
    }
    /** `count` is per calculator and device; `overlap`: those that reach into the range belong to it. */
    const serve =
      (intervals: readonly Interval[], overlap: boolean) =>
      ({ begin = -Infinity, end = Infinity, count, reverse }: Read): Interval[] => {
        const devices = new Set(intervals.map(({ device_id }) => device_id));
        return [...devices].flatMap((device) => {
          const group = intervals.filter(({ device_id }) => device_id === device);
          const inside = group.filter((interval) =>
            overlap
              ? interval.end >= Number(begin) && interval.begin <= Number(end)
              : interval.begin >= Number(begin) && interval.begin <= Number(end),
          );
          const sorted = inside.toSorted((a, b) => a.begin - b.begin);
          if (reverse === true) sorted.reverse();
          return structuredClone(sorted.slice(0, Number(count)));
        });
      };

    const intervalsOf = (devices: number) =>
      fc
        .array(
          fc.record({
            begin: fc.integer({ min: 0, max: 300 }),
            length: fc.integer({ min: 0, max: 30 }),
            device_id: fc.integer({ min: 1, max: devices }),
          }),
          { maxLength: 80 },
        )
        .map((list) =>
          list.map(({ begin, length, device_id }, id): Interval => ({
            id,
            begin,
            end: begin + length,
            calc_id: 1,
            device_id,
          })),
        );

    for (const overlap of [false, true]) {
      for (const devices of [1, 4]) {
        it(`of ${devices} device(s), ${overlap ? 'with' : 'without'} those that reach in`, async () => {
          await fc.assert(
            fc.asyncProperty(
              intervalsOf(devices),
              fc.integer({ min: 1, max: 12 }),
              fc.boolean(),
              fc.boolean(),
              async (intervals, size, reverse, bounded) => {
                const bounds = bounded ? { low: 50, high: 200 } : {};
                const wanted = serve(
                  intervals,
                  overlap,
                )({
                  begin: bounds.low,
                  end: bounds.high,
                  count: Infinity,
                });
                const { records, error } = await walk(serve(intervals, overlap), {
                  series,
                  size,
                  reverse,
                  single: devices === 1,
                  ...bounds,
                });
                assert.equal(error, undefined);
                const sorted = (list: readonly unknown[]): number[] =>
                  list.map((entry) => (entry as Interval).id).sort((a, b) => a - b);
                assert.deepEqual(sorted(records), sorted(wanted));
              },
            ),
            { numRuns: 200 },
          );
        });
      }
    }
  });

  it('walks containers by their keys', async () => {
    const series = seriesOf('container', 'storage/containers/1/messages');
    assert(series);
    const keys = Array.from({ length: 57 }, (_, n) => ({ key: n * 2, n }));
    for (const single of [true, false]) {
      const { records } = await walk(
        ({ left_key = -Infinity, right_key = Infinity, max_count }) =>
          keys.filter(({ key }) => key >= Number(left_key) && key <= Number(right_key)).slice(0, Number(max_count)),
        { series, single },
      );
      assert.equal(records.length, 57);
    }
  });

  it('goes by arrival where channels do', () => {
    assert.deepEqual(seriesOf('messages', 'gw/channels/5/messages')?.keys, ['server.timestamp', 'timestamp']);
    assert.equal(seriesOf('collection', 'gw/devices/all'), undefined);
  });
});
