import assert from 'node:assert/strict';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { timeOf } from '../../nodes/protocol/time-range';

/** A Wednesday, in local time, whatever the zone of the machine. */
const noon = new Date(2026, 10, 25, 12, 30).getTime() / 1000;
const local = (...parts: [number, number, number, number?, number?]): number => new Date(...parts).getTime() / 1000;
const day = 86_400;

const times: [unknown, number, number][] = [
  [1_700_000_000, 1_700_000_000, 1_700_000_000],
  [1_700_000_000.25, 1_700_000_000.25, 1_700_000_000.25],
  [0, 0, 0],
  ['1700000000', 1_700_000_000, 1_700_000_000],
  [1_700_000_000_000, 1_700_000_000, 1_700_000_000],
  ['1700000000500', 1_700_000_000.5, 1_700_000_000.5],
  [new Date(1_700_000_000_000), 1_700_000_000, 1_700_000_000],
  ['2023-11-14T22:13:20Z', 1_700_000_000, 1_700_000_000],
  ['2023-11-15 00:13:20+02:00', 1_700_000_000, 1_700_000_000],
  ['2026-11-20T08:00', local(2026, 10, 20, 8), local(2026, 10, 20, 8)],
  ['2026-11-20', local(2026, 10, 20), local(2026, 10, 21) - 1e-6],
  ['now', noon, noon],
  ['-24h', noon - day, noon - day],
  ['- 90 minutes', noon - 5400, noon - 5400],
  ['now-7d', noon - 7 * day, noon - 7 * day],
  ['24 hours ago', noon - day, noon - day],
  ['1 week ago', noon - 7 * day, noon - 7 * day],
  ['Last 24 Hours', noon - day, noon],
  ['the last hour', noon - 3600, noon],
  ['past 2 days', noon - 2 * day, noon],
  ['last 1.5 hours', noon - 5400, noon],
  ['today', local(2026, 10, 25), noon],
  ['Yesterday', local(2026, 10, 24), local(2026, 10, 25) - 1e-6],
  ['this  week', local(2026, 10, 23), noon],
  ['last week', local(2026, 10, 16), local(2026, 10, 23) - 1e-6],
  ['this month', local(2026, 10, 1), noon],
  ['last month', local(2026, 9, 1), local(2026, 10, 1) - 1e-6],
];

const refused: unknown[] = [
  'soon',
  'last',
  'last 5 fortnights',
  '5 parsecs ago',
  'March 5',
  '2026-13-45',
  '2026-02-31',
  '2026-11-20T99:99',
  -5,
  NaN,
  Infinity,
  true,
  {},
  [],
  new Date(NaN),
];

describe('timeOf', () => {
  for (const [value, begin, end] of times) {
    it(`reads ${JSON.stringify(value)}`, () => {
      assert.equal(timeOf('from', value, noon), begin);
      assert.equal(timeOf('begin', value, noon), begin);
      assert.equal(timeOf('to', value, noon), end);
      assert.equal(timeOf('end', value, noon), end);
    });
  }

  for (const value of refused) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(
        () => timeOf('from', value, noon),
        (error) =>
          error instanceof FlespiError && error.code === 'FLESPI_BAD_INPUT' && error.params['problem'] === 'not-a-time',
      );
    });
  }

  it('gives nothing for nothing', () => {
    for (const value of [undefined, null, '']) assert.equal(timeOf('from', value, noon), undefined);
  });

  it('begins the week on Monday, on Sundays too', () => {
    const sunday = local(2026, 10, 29, 23, 59);
    assert.equal(timeOf('from', 'this week', sunday), local(2026, 10, 23));
    const monday = local(2026, 10, 23, 0, 1);
    assert.equal(timeOf('from', 'this week', monday), local(2026, 10, 23));
  });
});
