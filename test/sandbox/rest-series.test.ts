import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RecordStore } from '../../sandbox/platform/record-store';
import { startRest, type RestBench } from './rest-setup';

const device = 5_000_001;

describe('rest: messages and other records in order of time', () => {
  let bench: RestBench;
  before(async () => {
    bench = await startRest({ devices: 3 });
    await bench.call('POST', 'gw/devices', {
      body: [
        { name: 'a', device_type_id: 42, configuration: { ident: '1' } },
        { name: 'b', device_type_id: 42, configuration: { ident: '2' } },
      ],
    });
    const body = Array.from({ length: 10 }, (_, n) => ({ timestamp: 1000 + n, 'position.speed': n, text: `t${n}` }));
    await bench.call('POST', 'gw/devices/name=a/messages', { body });
    await bench.call('POST', 'gw/devices/name=b/messages', { body: body.slice(0, 3) });
  });
  after(() => bench.close());

  const a = 'gw/devices/name=a/messages';
  const times = async (path: string, data?: object): Promise<number[]> =>
    (await bench.get(path, { data })).result.map(({ timestamp }) => Number(timestamp) - 1000);

  const reads: [data: object, expected: number[]][] = [
    [{}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [{ from: 1003 }, [3, 4, 5, 6, 7, 8, 9]],
    [{ to: 1002 }, [0, 1, 2]],
    [{ from: 1003, to: 1005 }, [3, 4, 5]],
    [{ from: 1003.000001, to: 1005 }, [4, 5]],
    [{ from: 1005, to: 1003 }, []],
    [{ count: 2 }, [0, 1]],
    [{ count: 2, reverse: true }, [9, 8]],
    [{ count: 1, reverse: true }, [9]],
    [{ to: 1008.999999, count: 3, reverse: true }, [8, 7, 6]],
    [{ filter: 'position.speed > 7' }, [8, 9]],
    [{ filter: 'text == "t3"' }, [3]],
    [{ filter: 'missing > 7' }, []],
    [{ filter: 'isnull($missing)', count: 1 }, [0]],
    [{ filter: 'position.speed=5' }, [5]],
    [{ filter: 'position.speed >= 4', count: 2, reverse: true }, [9, 8]],
  ];
  for (const [data, expected] of reads) {
    it(JSON.stringify(data), async () => assert.deepEqual(await times(a, data), expected));
  }

  it('fields inside of data name parameters', async () => {
    const { result } = await bench.get(a, { data: { count: 1, fields: 'timestamp,position.speed,nothing' } });
    assert.deepEqual(result, [{ timestamp: 1000, 'position.speed': 0 }]);
  });

  it('generalize draws records together', async () => {
    const at = { from: 1000, to: 1009, generalize: 10, fields: 'timestamp,position.speed,text' };
    const read = async (method: string): Promise<unknown> => (await bench.get(a, { data: { ...at, method } })).result;
    assert.deepEqual(await read('average'), [{ timestamp: 1000, 'position.speed': 4.5, text: 't9' }]);
    assert.deepEqual(await read('minimum'), [{ timestamp: 1000, 'position.speed': 0, text: 't9' }]);
    assert.deepEqual(await read('maximum'), [{ timestamp: 1000, 'position.speed': 9, text: 't9' }]);
  });

  it('data may come in a body, but the query wins', async () => {
    const body = { count: 1 };
    const sent = await bench.call('GET', a, { body });
    assert.equal(sent.result.length, 1);
    const both = await bench.call('GET', a, { body, data: { count: 2 } });
    assert.equal(both.result.length, 2);
  });

  it('from, to and count as query variables of their own are ignored', async () => {
    assert.equal((await bench.get(`${a}?from=1003&count=1`)).result.length, 10);
  });

  it('count is for all devices together', async () => {
    assert.deepEqual(await times('gw/devices/name=a,name=b/messages'), []);
    assert.deepEqual(
      await times('gw/devices/{name=="a"||name=="b"}/messages', { count: 12 }),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1],
    );
  });

  it('several devices may come in order of time, by assumption', async () => {
    bench.sandbox.platform.assumptions.messagesByDevice = false;
    const path = 'gw/devices/{name=="a"||name=="b"}/messages';
    assert.deepEqual(await times(path, { count: 5 }), [0, 0, 1, 1, 2]);
    assert.deepEqual(await times(path, { count: 5, reverse: true, to: 1002 }), [2, 2, 1, 1, 0]);
    bench.sandbox.platform.assumptions.messagesByDevice = true;
  });

  const refusals: [title: string, data: unknown, reason: RegExp][] = [
    ['text for a time', { from: '1' }, /"from" must be a number/],
    ['a count of parts', { count: 1.5 }, /"count" must be a whole number/],
    ['a negative count', { count: -1 }, /"count" must be a whole number/],
    ['an unknown parameter', { limit: 1 }, /unknown field "limit" in data/],
    ['a filter that is none', { filter: 'a >' }, /invalid expression in filter/],
    ['a bucket that is too short', { generalize: 1 }, /from 10 up/],
    ['an unknown method', { generalize: 10, method: 'median' }, /must be one of average/],
    ['a list', [1], /"data" must be a JSON object/],
    ['a string for reverse', { reverse: 'yes' }, /true or false/],
    ['fields as a list', { fields: ['a'] }, /names with commas/],
  ];
  for (const [title, data, reason] of refusals) {
    it(`refuses ${title}`, async () => {
      const { status, errors } = await bench.get(a, { data });
      assert.equal(status, 400);
      assert.match(errors[0]?.reason ?? '', reason);
    });
  }

  it('refuses data that is no JSON', async () => {
    const { status, errors } = await bench.get(`${a}?data={from:1}`);
    assert.equal(status, 400);
    assert.match(errors[0]?.reason ?? '', /not valid JSON/);
  });

  describe('posted messages', () => {
    it('come back as they were stored', async () => {
      const { result } = await bench.call('POST', 'gw/devices/name=b/messages', {
        body: [{ timestamp: 2000, x: [1] }],
      });
      const { 'rest.timestamp': posted, 'server.timestamp': arrived, ...rest } = result[0] ?? {};
      assert.equal(posted, arrived);
      assert.deepEqual(rest, {
        ident: '2',
        timestamp: 2000,
        x: [1],
        'device.id': 5_000_005,
        'device.name': 'b',
        'device.type.id': 42,
        'protocol.id': 14,
        'channel.id': 1_400_001,
      });
    });

    it('go to all selected devices', async () => {
      await bench.call('POST', 'gw/devices/{name=="a"||name=="b"}/messages', { body: [{ timestamp: 3000 }] });
      assert.deepEqual(await times('gw/devices/{name=="a"||name=="b"}/messages', { from: 3000 }), [2000, 2000]);
    });

    it('with an old time go to their place and leave telemetry alone', async () => {
      await bench.call('POST', 'gw/devices/name=b/messages', { body: [{ timestamp: 500, x: 'old' }] });
      assert.deepEqual(await times('gw/devices/name=b/messages', { count: 2 }), [-500, 0]);
      const { result } = await bench.get('gw/devices/name=b/telemetry/x');
      assert.deepEqual(result[0]?.['telemetry'], { x: { ts: 2000, value: [1] } });
    });

    for (const body of [{ timestamp: 1 }, [{}], [{ timestamp: '1' }], [1], [null], '[{"timestamp":1e999}]']) {
      it(`refuses ${JSON.stringify(body)}`, async () => {
        assert.equal((await bench.call('POST', 'gw/devices/name=b/messages', { body })).status, 400);
      });
    }
  });

  describe('channels', () => {
    it('have the messages of their devices, by time of arrival', async () => {
      const { result } = await bench.get('gw/channels/1400001/messages', {
        data: { filter: 'device.name=="a"', count: 3 },
      });
      assert.deepEqual(
        result.map(({ timestamp }) => timestamp),
        [1000, 1001, 1002],
      );
    });

    it('can be emptied', async () => {
      const { result } = await bench.call('DELETE', 'gw/channels/1400001/messages');
      assert.ok(Number(result[0]?.['count']) > 0);
      assert.deepEqual((await bench.get('gw/channels/1400001/messages')).result, []);
    });
  });

  describe('the past of a vehicle', () => {
    const path = `gw/devices/${device}/messages`;

    it('is there from the start, in order, and the same each time', async () => {
      const from = bench.sandbox.platform.startedAt - 86_400;
      const day = await bench.get(path, { data: { from } });
      assert.ok(day.result.length > 50);
      const stamps = day.result.map(({ timestamp }) => Number(timestamp));
      assert.deepEqual(
        stamps,
        [...stamps].sort((x, y) => x - y),
      );
      const back = await bench.get(path, { data: { from, reverse: true } });
      assert.deepEqual(back.result.reverse(), day.result);
    });

    it('can be walked by time without a gap or a double', async () => {
      const from = bench.sandbox.platform.startedAt - 86_400;
      const whole = await bench.get(path, { data: { from } });
      const walked: unknown[] = [];
      let next = from;
      for (;;) {
        const { result } = await bench.get(path, { data: { from: next, count: 100 } });
        walked.push(...result);
        if (result.length < 100) break;
        next = Number(result.at(-1)?.['timestamp']) + 0.000001;
      }
      assert.deepEqual(walked, whole.result);
    });

    it('has left its telemetry', async () => {
      const { result } = await bench.get(`gw/devices/${device}/telemetry/timestamp,position`);
      const [{ telemetry } = {}] = result as { telemetry?: Record<string, { ts: number; value: unknown }> }[];
      assert.ok(telemetry?.['position'] && telemetry['timestamp']);
      const last = await bench.get(path, { data: { count: 1, reverse: true } });
      assert.equal(telemetry['timestamp'].value, last.result[0]?.['timestamp']);
    });
  });

  describe('containers', () => {
    const path = 'storage/containers/name=notes/messages';
    before(() => bench.call('POST', path, { body: [1, 2, 3, 4, 5].map((key) => ({ key, v: key * 10 })) }));
    const containerReads: [data: object, keys: number[]][] = [
      [{}, [1, 2, 3, 4, 5]],
      [{ left_key: 2, right_key: 4 }, [2, 3, 4]],
      [{ max_count: 2 }, [1, 2]],
      [{ max_count: 2, reverse: true }, [5, 4]],
      [{ filter: 'v > 30' }, [4, 5]],
    ];
    for (const [data, keys] of containerReads) {
      it(JSON.stringify(data), async () => {
        const { result } = await bench.get(path, { data });
        assert.deepEqual(
          result.map(({ key }) => key),
          keys,
        );
      });
    }
    it('do not know from and to', async () => {
      const { errors } = await bench.get(path, { data: { from: 1 } });
      assert.deepEqual(errors[0]?.schema_hint?.fields.slice(0, 3), ['left_key', 'right_key', 'max_count']);
    });
    it('can be emptied in part', async () => {
      await bench.call('DELETE', path, { data: { right_key: 3 } });
      const { result } = await bench.get(path);
      assert.deepEqual(
        result.map(({ key }) => key),
        [4, 5],
      );
    });
  });

  it('logs have their times, filters and item types', async () => {
    const { result } = await bench.get('gw/devices/name=a/logs', { data: { filter: 'event_code==1', item_type: 11 } });
    assert.equal(result.length, 1);
    assert.equal((result[0]?.['new'] as { name: string } | undefined)?.name, 'a');
    assert.deepEqual((await bench.get('gw/devices/name=a/logs', { data: { item_type: 9 } })).result, []);
    const { result: calls } = await bench.get('platform/customer/logs', { data: { count: 1 } });
    assert.deepEqual([calls[0]?.['method'], calls[0]?.['uri'], calls[0]?.['http_code']], ['POST', '/gw/devices', 200]);
  });
});

describe('rest: telemetry', () => {
  let bench: RestBench;
  before(async () => {
    bench = await startRest();
    const body = ['1', '2'].map((ident) => ({ name: ident, device_type_id: 42, configuration: { ident } }));
    await bench.call('POST', 'gw/devices', { body });
    const message = { timestamp: 100, 'position.latitude': 1, 'position.longitude': 2, din: 1, 'battery.level': 50 };
    bench.sandbox.gateway.report(device, [message]);
  });
  after(() => bench.close());

  const names: [selector: string, parameters: string[]][] = [
    ['position,din', ['din', 'position']],
    ['position.latitude', ['position.latitude']],
    ['nothing', []],
    ['battery.*', ['battery.level']],
    ['position*', ['position.latitude', 'position.longitude', 'position']],
  ];
  for (const [selector, parameters] of names) {
    it(`telemetry/${selector}`, async () => {
      const { result } = await bench.get(`gw/devices/${device}/telemetry/${selector}`);
      assert.deepEqual(Object.keys(result[0]?.['telemetry'] as object), parameters);
    });
  }

  it('keeps an aggregate position', async () => {
    const { result } = await bench.get(`gw/devices/${device}/telemetry/position`);
    assert.deepEqual(result, [
      { id: device, telemetry: { position: { ts: 100, value: { latitude: 1, longitude: 2 } } } },
    ]);
  });

  it('is null for a device that never reported', async () => {
    const { result } = await bench.get('gw/devices/all/telemetry/din');
    assert.deepEqual(result[1], { id: device + 1, telemetry: null });
  });

  it('wants its names in the path, unless assumed otherwise', async () => {
    const { status, text } = await bench.get(`gw/devices/${device}/telemetry`);
    assert.equal(status, 404);
    assert.equal(text, 'Not found');
    bench.sandbox.platform.assumptions.telemetryWithoutNames = true;
    assert.deepEqual(
      (await bench.get(`gw/devices/${device}/telemetry`)).result,
      (await bench.get(`gw/devices/${device}/telemetry/all`)).result,
    );
  });

  it('can be forgotten', async () => {
    await bench.call('DELETE', `gw/devices/${device}/telemetry/din`);
    const { result } = await bench.get(`gw/devices/${device}/telemetry/din,battery.level`);
    assert.deepEqual(Object.keys(result[0]?.['telemetry'] as object), ['battery.level']);
  });

  it('takes no more than 1024 parameters, and no harm from their names', async () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`p${n}`, n]));
    const odd = JSON.parse('{"timestamp":200,"__proto__":{"polluted":1},"constructor":1}') as { timestamp: number };
    bench.sandbox.gateway.report(device + 1, [odd, { timestamp: 201, ...many }]);
    const { result } = await bench.get(`gw/devices/${device + 1}/telemetry/all`);
    assert.ok(Object.keys(result[0]?.['telemetry'] as object).length <= 1025);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });
});

describe('record store', () => {
  it('gives any range as a sorted list would, oldest dropped first', () => {
    const time = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(fc.array(time, { maxLength: 60 }), time, time, (stamps, from, to) => {
        const store = new RecordStore<{ timestamp: number; n: number }>(1000);
        const list = stamps.map((timestamp, n) => ({ timestamp, n }));
        for (const record of list) store.add(record);
        const expected = list
          .filter(({ timestamp }) => timestamp >= from && timestamp <= to)
          .sort((a, b) => a.timestamp - b.timestamp || a.n - b.n);
        assert.deepEqual([...store.range(from, to)], expected);
        assert.deepEqual([...store.reversed(from, to)], expected.reverse());
        assert.equal(store.remove(from, to), expected.length);
        assert.equal(store.size, list.length - expected.length);
      }),
    );
  });

  it('stays within its bound', () => {
    const store = new RecordStore(100);
    for (let timestamp = 0; timestamp < 10_000; timestamp += 1) store.add({ timestamp });
    assert.ok(store.size >= 100 && store.size <= 113, String(store.size));
    assert.equal(store.last?.timestamp, 9999);
  });
});
