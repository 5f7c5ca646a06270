import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inSlices } from '../../sandbox/platform/in-slices';
import { startRest, type RestBench } from './rest-setup';

const speeding = {
  selectors: [{ type: 'expression', expression: 'position.speed > 3', max_inactive: 300 }],
  counters: [{ name: 'distance', type: 'expression', expression: 'mileage()', method: 'summary' }],
};

/** Calls that work through much of the past, each by its path and `data`. */
const longCalls: [title: string, path: string, data?: object][] = [
  ['intervals', 'gw/calcs/all/devices/all/intervals/all'],
  ['messages', 'gw/devices/all/messages', { count: 20_000 }],
  ['messages backwards', 'gw/devices/all/messages', { count: 20_000, reverse: true }],
  ['messages that do not pass', 'gw/devices/all/messages', { filter: 'position.speed > 1000' }],
  ['generalized messages', 'gw/devices/all/messages', { generalize: 86_400 }],
  ['messages/calculate', 'gw/devices/all/messages/calculate', speeding],
  ['intervals/calculate', 'gw/calcs/all/devices/all/intervals/calculate', {}],
];

describe('long work in the sandbox', () => {
  let bench: RestBench;
  beforeEach(async () => {
    bench = await startRest({ devices: 6 });
  });
  afterEach(() => bench.close());

  for (const [title, path, data] of longCalls) {
    it(`${title}: others are answered meanwhile`, async () => {
      let isRunning = true;
      const long = bench.get(path, { data }).finally(() => {
        isRunning = false;
      });
      let answered = 0;
      while (isRunning && answered < 10) {
        const { status } = await bench.get('gw/groups/all?fields=id');
        assert.equal(status, 200);
        if (isRunning) answered += 1;
      }
      assert.equal((await long).status, 200);
      assert.ok(answered >= 5, `${answered} calls were answered before the long one ended`);
    });
  }

  it('answers several who ask for the same intervals with the same', async () => {
    const path = 'gw/calcs/all/devices/all/intervals/all';
    const [first, ...others] = await Promise.all([bench.get(path), bench.get(path), bench.get(path)]);
    assert.ok(first.result.length > 0);
    for (const { result } of [...others, await bench.get(path)]) assert.deepEqual(result, first.result);
  });

  it('gives the intervals of a calculator that changed during the calculation', async () => {
    const path = 'gw/calcs/all/devices/all/intervals/all';
    const before = bench.get(path);
    await bench.get('gw/groups/all');
    await bench.call('PUT', 'gw/calcs/all', {
      body: { counters: [{ name: 'word', type: 'specified', value: 'new' }] },
    });
    assert.equal((await before).status, 200);
    const { result } = await bench.get(path);
    assert.ok(result.length > 0);
    for (const interval of result) assert.equal(interval['word'], 'new');
  });

  it('misses no message that comes in during the calculation', async () => {
    const [id = 0] = await bench.ids('gw/devices', 'all');
    const path = `gw/calcs/all/devices/${id}/intervals/last`;
    const data = { count: 1, reverse: true };
    const before = bench.get(path);
    await bench.get('gw/groups/all');
    const [last] = (await bench.get(`gw/devices/${id}/messages`, { data })).result;
    const begin = Math.max(Number(last?.['timestamp']), Math.floor(Date.now() / 1000)) + 10_000;
    const body = Array.from({ length: 20 }, (_, n) => ({ timestamp: begin + n * 10, 'position.speed': 50 }));
    assert.equal((await bench.call('POST', `gw/devices/${id}/messages`, { body })).status, 200);
    await before;
    const [interval] = (await bench.get(path)).result;
    assert.deepEqual([interval?.['begin'], interval?.['end']], [begin, begin + 190]);
  });

  it('leaves messages that come and go meanwhile out of an answer under way', async () => {
    const { platform, gateway } = bench.sandbox;
    const id = Number((await bench.call('POST', 'gw/devices', { body: [{ device_type_id: 0 }] })).result[0]?.['id']);
    assert.ok(id > 0);
    gateway.report(
      id,
      [1000, 1010, 1020].map((timestamp) => ({ timestamp })),
    );
    const store = platform.devices.get(id)?.messages;
    const read = store?.range(0, 2000) ?? [];
    store?.remove(0, 1010);
    assert.deepEqual(
      [...read].map(({ timestamp }) => timestamp),
      [1000, 1010, 1020],
    );
  });

  it('ends when the sandbox closes, without a warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', onWarning);
    const long = bench.get('gw/devices/all/messages').catch(() => undefined);
    await bench.get('gw/groups/all');
    await bench.close();
    await long;
    await nextTurn();
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });
});

describe('work in slices', () => {
  const open = new AbortController().signal;

  function* steps(count: number, end: () => string): Generator<undefined, string> {
    for (let n = 0; n < count; n += 1) yield;
    return end();
  }

  function* endless(): Generator<undefined, never> {
    for (;;) yield;
  }

  it('gives what the steps return', async () => {
    assert.equal(
      await inSlices(
        steps(0, () => 'none'),
        open,
      ),
      'none',
    );
    assert.equal(
      await inSlices(
        steps(1_000_000, () => 'many'),
        open,
      ),
      'many',
    );
  });

  it('rejects with what a step throws', async () => {
    const fail = (): never => {
      throw new RangeError('broken');
    };
    await assert.rejects(inSlices(steps(3, fail), open), /broken/);
  });

  it('ends with its signal, however much there is to do, and lets all others go on', async () => {
    const over = new AbortController();
    const works = [1, 2, 3].map(() => inSlices(endless(), over.signal));
    const ended = Promise.allSettled(works);
    for (let turns = 0; turns < 5; turns += 1) await nextTurn();
    over.abort(new Error('over'));
    for (const one of await ended) assert.match(String((one as PromiseRejectedResult).reason), /over/);
  });
});
