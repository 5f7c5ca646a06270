import assert from 'node:assert/strict';
import {
  calculateIntervals as calculationOf,
  type CalculatedInterval,
} from '../../sandbox/calculator/calculate-intervals';
import { calculatorSpec } from '../../sandbox/calculator/calculator-spec';
import { keepWhatIsRead } from '../../sandbox/calculator/keep-what-is-read';
import { encodeRoute } from '../../sandbox/calculator/encode-route';
import type { DeviceMessage } from '../../sandbox/fleet/gateway';
import { startRest, type RestBench } from './rest-setup';

/** One message every ten seconds with these speeds; null is a message without a speed. */
function drive(speeds: readonly (number | null)[], begin = 1000): DeviceMessage[] {
  return speeds.map((speed, n) => ({
    timestamp: begin + n * 10,
    'position.latitude': 54 + n / 1000,
    'position.longitude': 25,
    ...(speed !== null && { 'position.speed': speed }),
  }));
}

const moving = { type: 'expression', expression: 'position.speed > 0' };

function calculateIntervals(...input: Parameters<typeof calculationOf>): CalculatedInterval[] {
  const steps = calculationOf(...input);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** Selector, speeds, and the expected intervals as [first, last] message. */
const selectors: [title: string, selector: object, speeds: (number | null)[], expected: [number, number][]][] = [
  ['none at all', {}, [], []],
  ['a run', moving, [0, 1, 1, 0], [[1, 2]]],
  [
    'two runs',
    moving,
    [1, 0, 1, 1],
    [
      [0, 0],
      [2, 3],
    ],
  ],
  [
    'short pauses are bridged',
    { ...moving, max_inactive: 20 },
    [1, 0, 1, 0, 0, 0, 1],
    [
      [0, 2],
      [6, 6],
    ],
  ],
  ['short runs are dropped', { ...moving, min_duration: 20 }, [1, 1, 0, 1, 1, 1], [[3, 5]]],
  ['little activity is dropped', { ...moving, max_inactive: 60, min_active: 20 }, [1, 0, 1, 0, 0], []],
  [
    'long runs are cut',
    { ...moving, max_active: 20 },
    [1, 1, 1, 1, 1],
    [
      [0, 2],
      [3, 4],
    ],
  ],
  [
    'inverted',
    { ...moving, invert: true },
    [0, 1, 0, 0],
    [
      [0, 0],
      [2, 3],
    ],
  ],
  ['with the message before', { ...moving, merge_message_before: true }, [0, 1, 1, 0], [[0, 2]]],
  ['with the message after', { ...moving, merge_message_after: true }, [0, 1, 1, 0], [[1, 3]]],
  [
    'unknown is not active',
    moving,
    [1, null, 1],
    [
      [0, 0],
      [2, 2],
    ],
  ],
  ['unknown may go on as before', { ...moving, merge_unknown: true }, [1, null, 1, 0], [[0, 2]]],
  [
    'cut at every change',
    { type: 'expression', expression: 'position.speed', method: 'change' },
    [5, 5, 7, 5],
    [
      [0, 1],
      [2, 2],
      [3, 3],
    ],
  ],
  ['whole days', { type: 'datetime', split: 'day' }, [1, 2, 3], [[0, 2]]],
];

describe('calculator', () => {
  const at = (n: number): number => 1000 + n * 10;

  for (const [title, selector, speeds, expected] of selectors) {
    it(`cuts: ${title}`, () => {
      const list = Object.keys(selector).length === 0 ? [] : [selector];
      const spec = calculatorSpec({ selectors: list, counters: [] });
      const found = calculateIntervals(spec, drive(speeds), {});
      assert.deepEqual(
        found.map(({ interval: { begin, end, duration } }) => [begin, end, duration]),
        expected.map(([first, last]) => [at(first), at(last), (last - first) * 10]),
      );
    });
  }

  it('keeps of a message what is read of it, and all of it where that cannot be told', () => {
    const message = { timestamp: 1, 'a.b': 2, a: { c: 3 }, d: 4, 'position.latitude': 5, 'position.longitude': 6 };
    const kept = (source: Parameters<typeof calculatorSpec>[0]): object =>
      keepWhatIsRead(calculatorSpec(source))(message);
    const counting = (expression: string) => kept({ counters: [{ name: 'x', type: 'expression', expression }] });
    assert.deepEqual(kept({}), { timestamp: 1 });
    assert.deepEqual(counting('d + 1'), { timestamp: 1, d: 4 });
    assert.deepEqual(counting('a.c'), { timestamp: 1, a: { c: 3 } });
    assert.deepEqual(counting('mileage()'), { timestamp: 1, 'position.latitude': 5, 'position.longitude': 6 });
    assert.deepEqual(counting('exists($d)'), message);
    assert.deepEqual(kept({ counters: [{ name: 'x', type: 'message', method: 'last' }] }), message);
  });

  it('cuts where messages are far apart', () => {
    const messages = [...drive([1, 1]), ...drive([1, 1], 5000)];
    const spec = calculatorSpec({ selectors: [{ ...moving, max_messages_time_diff: 60 }] });
    assert.deepEqual(
      calculateIntervals(spec, messages, {}).map(({ interval }) => interval.begin),
      [1000, 5000],
    );
    const silent = calculatorSpec({ selectors: [{ type: 'inactive', delay_threshold: 60 }] });
    assert.deepEqual(
      calculateIntervals(silent, messages, {}).map(({ interval }) => [interval.begin, interval.end]),
      [[1010, 5000]],
    );
  });

  it('cuts days in the time zone of the calculator', () => {
    const day = 86_400 * 20_000;
    const messages = [day - 3600 * 4, day - 3600 * 2, day + 3600].map((timestamp) => ({ timestamp }));
    const split = (timezone: string): number[] =>
      calculateIntervals(
        calculatorSpec({ selectors: [{ type: 'datetime', split: 'day' }], timezone }),
        messages,
        {},
      ).map(({ interval }) => interval.begin - day);
    assert.deepEqual(split('UTC'), [-14_400, 3600]);
    assert.deepEqual(split('Europe/Vilnius'), [-14_400, -7200]);
  });

  it('keeps what all selectors agree on', () => {
    const spec = calculatorSpec({
      selectors: [moving, { type: 'expression', expression: 'position.speed < 5' }],
    });
    const found = calculateIntervals(spec, drive([0, 1, 9, 1, 1]), {});
    assert.deepEqual(
      found.map(({ interval: { begin, end } }) => [begin, end]),
      [
        [at(1), at(1)],
        [at(3), at(4)],
      ],
    );
  });

  const fence = { name: 'F', geometry: { type: 'circle' as const, center: { lat: 54, lon: 25 }, radius: 0.2 } };

  it('cuts by geofence', () => {
    const spec = calculatorSpec({ selectors: [{ type: 'geofence' }], counters: [{ type: 'geofence', name: 'f' }] });
    const found = calculateIntervals(spec, drive([1, 1, 1, 1]), { geofences: [fence] });
    assert.deepEqual(
      found.map(({ interval: { begin, end, f } }) => [begin, end, f]),
      [[at(0), at(1), ['F']]],
    );
  });

  const counters: [counter: object, value: unknown][] = [
    [{ type: 'parameter', parameter: 'position.speed', method: 'maximum' }, 30],
    [{ type: 'parameter', parameter: 'position.speed', method: 'minimum' }, 10],
    [{ type: 'parameter', parameter: 'position.speed', method: 'average' }, 20],
    [{ type: 'parameter', parameter: 'position.speed', method: 'first' }, 10],
    [{ type: 'parameter', parameter: 'position.speed', method: 'last' }, 20],
    [{ type: 'parameter', parameter: 'position.speed', method: 'difference' }, 10],
    [{ type: 'parameter', parameter: 'position.speed', method: 'distinct' }, [10, 30, 20]],
    [{ type: 'expression', expression: 'position.speed * 2', method: 'summary' }, 120],
    [{ type: 'expression', expression: 'duration()', method: 'summary' }, 20],
    [{ type: 'expression', expression: 'position.speed > 15', method: 'duration' }, 10],
    [{ type: 'expression', expression: 'no.such', method: 'last' }, undefined],
    [{ type: 'message', method: 'count' }, 3],
    [{ type: 'message', method: 'last', fields: ['timestamp'] }, { timestamp: 1020 }],
    [{ type: 'dataset', fields: [{ name: 'v', value: 'position.speed' }] }, [{ v: 10 }, { v: 30 }, { v: 20 }]],
    [{ type: 'interval', expression: 'duration / 2' }, 10],
    [{ type: 'specified', value: 'x' }, 'x'],
    [{ type: 'datetime', interval: 'end', format: '%H:%M' }, '00:17'],
    [{ type: 'variable', expression: '1' }, undefined],
  ];
  for (const [counter, value] of counters) {
    it(`counts: ${JSON.stringify(counter)}`, () => {
      const spec = calculatorSpec({ counters: [{ name: 'c', ...counter }] });
      const [found] = calculateIntervals(spec, drive([10, 30, 20]), {});
      assert.deepEqual(found?.interval['c'], value);
    });
  }

  it('writes routes as the documentation of the format does', () => {
    const way = [
      [38.5, -120.2],
      [40.7, -120.95],
      [43.252, -126.453],
    ].map(([lat, lon], timestamp) => ({ timestamp, 'position.latitude': lat, 'position.longitude': lon }));
    assert.equal(encodeRoute([...way, { timestamp: 4 }]), '_p~iF~ps|U_ulLnnqC_mqNvxq`@');
  });

  it('drops intervals that are not valid', () => {
    const spec = calculatorSpec({ selectors: [moving], validate_interval: 'duration >= 10' });
    assert.equal(calculateIntervals(spec, drive([1, 0, 1, 1]), {}).length, 1);
  });
});

describe('rest: calculators and their intervals', () => {
  let bench: RestBench;
  let now = 2000;
  const device = 5_000_001;
  const trips = {
    name: 'trips',
    selectors: [moving],
    counters: [{ type: 'parameter', name: 'top', parameter: 'position.speed', method: 'maximum' }],
    update_period: 1e9,
  };
  const intervals = 'gw/calcs/name=trips/devices/all/intervals';

  before(async () => {
    bench = await startRest({ now: () => now });
    await bench.call('POST', 'gw/devices', { body: [{ device_type_id: 42, configuration: { ident: '1' } }] });
    bench.sandbox.gateway.report(device, drive([0, 10, 20, 0, 5, 5, 0, 7]));
    const { text, status } = await bench.call('POST', 'gw/calcs', { body: [trips] });
    assert.equal(status, 200, text);
    await bench.call('POST', `gw/calcs/name=trips/devices/${device}`);
  });
  after(() => bench.close());

  it('lists them with ids', async () => {
    const { result } = await bench.get(`${intervals}/all`);
    assert.deepEqual(
      result.map(({ id, begin, end, duration, top }) => [id, begin, end, duration, top]),
      [
        [1010, 1010, 1020, 10, 20],
        [1040, 1040, 1050, 10, 5],
        [1070, 1070, 1070, 0, 7],
      ],
    );
    assert.equal(result[0]?.['device_id'], device);
  });

  const reads: [selector: string, data: object | undefined, begins: number[]][] = [
    ['last', undefined, [1070]],
    ['1010,1070', undefined, [1010, 1070]],
    ['{duration>0}', undefined, [1010, 1040]],
    ['top=5', undefined, [1040]],
    ['all', { begin: 1030 }, [1040, 1070]],
    ['all', { begin: 1015, end: 1041 }, [1010, 1040]],
    ['all', { count: 1, reverse: true }, [1070]],
    ['all', { filter: 'top > 6' }, [1010, 1070]],
  ];
  for (const [selector, data, begins] of reads) {
    it(`intervals/${selector} ${JSON.stringify(data) ?? ''}`, async () => {
      const { result } = await bench.get(`${intervals}/${encodeURIComponent(selector)}`, { data });
      assert.deepEqual(
        result.map(({ begin }) => begin),
        begins,
      );
    });
  }

  it('a missing interval is an error with its id', async () => {
    const { status, errors } = await bench.get(`${intervals}/5`);
    assert.equal(status, 404);
    assert.equal(errors[0]?.id, 5);
  });

  it('takes parameters of the caller, and keeps them', async () => {
    await bench.call('PUT', `${intervals}/1010`, { body: { driver: 'Andrew' } });
    now += 1;
    bench.sandbox.gateway.report(device, drive([0, 9], 1100));
    const { result } = await bench.get(`${intervals}/1010,1110`);
    assert.deepEqual(
      result.map(({ driver, top }) => [driver, top]),
      [
        ['Andrew', 20],
        [undefined, 9],
      ],
    );
    assert.equal((await bench.call('PUT', `${intervals}/1010`, { body: { begin: 1 } })).status, 400);
  });

  it('sees a black box', async () => {
    bench.sandbox.gateway.report(device, drive([0, 50, 0], 800));
    const { result } = await bench.get(`${intervals}/all`, { data: { end: 900 } });
    assert.deepEqual(
      result.map(({ begin, top }) => [begin, top]),
      [[810, 50]],
    );
  });

  it('calculates without keeping', async () => {
    const data = {
      from: 1000,
      to: 1060,
      selectors: [moving],
      counters: [{ type: 'message', name: 'n', method: 'count' }],
    };
    const expected = [
      { begin: 1010, end: 1020, duration: 10, n: 2 },
      { begin: 1040, end: 1050, duration: 10, n: 2 },
    ];
    assert.deepEqual((await bench.get(`gw/devices/${device}/messages/calculate`, { data })).result, expected);
    assert.deepEqual((await bench.call('POST', `gw/devices/${device}/calculate`, { body: data })).result, expected);
    const { result } = await bench.get(`gw/calcs/name=trips/devices/${device}/intervals/calculate`, {
      data: { begin: 1000, end: 1060 },
    });
    assert.deepEqual(
      result.map(({ begin, top }) => [begin, top]),
      [
        [1010, 20],
        [1040, 5],
      ],
    );
    const logs = await bench.get('gw/devices/all/logs/calculate', {
      data: { selectors: [], counters: [{ type: 'message', name: 'n', method: 'count' }] },
    });
    assert.equal(logs.result[0]?.['n'], 1);
  });

  it('forgets when the calculator changes', async () => {
    await bench.call('PUT', 'gw/calcs/name=trips', { body: { validate_interval: 'top > 15' } });
    const { result } = await bench.get(`${intervals}/all`);
    assert.deepEqual(
      result.map(({ begin }) => begin),
      [810, 1010],
    );
  });

  it('tells of intervals on their topics', async () => {
    await bench.call('PUT', 'gw/calcs/name=trips', { body: { validate_interval: '' } });
    await bench.get(`${intervals}/all`);
    const events: string[] = [];
    const publish = bench.sandbox.broker.publish.bind(bench.sandbox.broker);
    bench.sandbox.broker.publish = (event) => {
      if (event.topic.startsWith('flespi/interval/')) events.push(event.topic.slice(event.topic.lastIndexOf('/') + 1));
      publish(event);
    };
    bench.sandbox.gateway.report(device, drive([0, 3, 4], 1300));
    await bench.get(`${intervals}/last`);
    bench.sandbox.gateway.report(device, drive([5, 0], 1330));
    await bench.get(`${intervals}/last`);
    assert.deepEqual(events, ['created', 'deactivated', 'finished', 'activated', 'updated', 'deactivated', 'finished']);
    const retained = await bench.get(`mqtt/messages/${encodeURIComponent('flespi/state/gw/calcs/+/devices/+/active')}`);
    assert.deepEqual(
      retained.result.map(({ payload }) => payload),
      ['null'],
    );
  });
});
