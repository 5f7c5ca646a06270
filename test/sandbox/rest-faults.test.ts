import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import type { RestFault } from '../../sandbox/rest/faults/rest-fault';
import { startRest, type RestBench } from './rest-setup';

/** What a plain client sees of one call: a status and a body, or the code of an error. */
interface Seen {
  status?: number;
  body?: string;
  headers?: Record<string, string | string[] | undefined>;
  error?: string;
  milliseconds: number;
}

describe('rest: faults', () => {
  let bench: RestBench;
  let agent: Agent;

  before(async () => {
    bench = await startRest({ admin: true });
    agent = new Agent({ bodyTimeout: 2000, headersTimeout: 2000, maxResponseSize: 1024 * 1024 });
    const body = Array.from({ length: 25 }, (_, n) => ({ name: `g${n}` }));
    await bench.call('DELETE', 'gw/groups/all');
    await bench.call('POST', 'gw/groups', { body });
  });
  afterEach(() => {
    bench.sandbox.faults.rest.clear();
    bench.sandbox.restLog.clear();
  });
  after(async () => {
    await agent.destroy();
    await bench.close();
  });

  const set = (...faults: RestFault[]): void => bench.sandbox.faults.rest.set(faults);
  const see = async (path = 'gw/groups/all', headers: Record<string, string> = {}): Promise<Seen> => {
    const started = performance.now();
    const milliseconds = (): number => performance.now() - started;
    const { http, token } = bench.sandbox;
    try {
      const answer = await request(`${http}/${path}`, {
        dispatcher: agent,
        headers: { authorization: token, ...headers },
      });
      const body = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, body, milliseconds: milliseconds() };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { error: code ?? message, milliseconds: milliseconds() };
    }
  };

  const single: [title: string, fault: RestFault, check: (seen: Seen) => void][] = [
    ['latency', { latency: 150 }, ({ status, milliseconds }) => assert.ok(status === 200 && milliseconds >= 145)],
    ['jitter', { latency: 50, jitter: 50 }, ({ milliseconds }) => assert.ok(milliseconds >= 45)],
    [
      '429 with seconds',
      { status: 429, retryAfter: 5 },
      ({ status, headers }) => assert.deepEqual([status, headers?.['retry-after']], [429, '5']),
    ],
    [
      '429 with a date',
      { status: 429, retryAfter: 'Fri, 31 Dec 1999 23:59:59 GMT' },
      ({ headers }) => assert.match(String(headers?.['retry-after']), /1999/),
    ],
    [
      '429 with garbage',
      { status: 429, retryAfter: 'soon' },
      ({ headers }) => assert.equal(headers?.['retry-after'], 'soon'),
    ],
    [
      '429 without',
      { status: 429 },
      ({ headers, body }) => assert.ok(headers?.['retry-after'] === undefined && body?.includes('limit exceeded')),
    ],
    ['503', { status: 503 }, ({ status }) => assert.equal(status, 503)],
    [
      'redirect',
      { redirect: 'https://example.org/' },
      ({ status, headers }) => assert.deepEqual([status, headers?.['location']], [302, 'https://example.org/']),
    ],
    ['308', { status: 308, redirect: '/elsewhere' }, ({ status }) => assert.equal(status, 308)],
    [
      'wrong JSON',
      { body: '{"result":[{]}' },
      ({ status, body }) => assert.deepEqual([status, body], [200, '{"result":[{]}']),
    ],
    [
      'an empty body',
      { body: '' },
      ({ status, body, headers }) => assert.deepEqual([status, body, headers?.['content-length']], [200, '', '0']),
    ],
    [
      'text in place of JSON',
      { body: '<html>', headers: { 'content-type': 'text/html' } },
      ({ headers }) => assert.equal(headers?.['content-type'], 'text/html'),
    ],
    ['204', { status: 204, body: '' }, ({ status }) => assert.equal(status, 204)],
    ['cut with a length', { truncate: 20, length: true }, ({ error }) => assert.equal(error, 'UND_ERR_SOCKET')],
    [
      'cut without a length',
      { truncate: 20 },
      ({ status, body }) => assert.deepEqual([status, body?.length], [200, 20]),
    ],
    [
      'reset before',
      { reset: 'before' },
      ({ error }) => assert.ok(['ECONNRESET', 'UND_ERR_SOCKET'].includes(error ?? ''), error),
    ],
    [
      'reset after',
      { reset: 'after' },
      ({ error }) => assert.ok(['ECONNRESET', 'UND_ERR_SOCKET'].includes(error ?? ''), error),
    ],
    [
      'slow headers',
      { slowHeaders: 150 },
      ({ status, milliseconds }) => assert.ok(status === 200 && milliseconds >= 145),
    ],
    [
      'a dripping body',
      { dripBytes: 400, dripEvery: 20 },
      ({ body, milliseconds }) => assert.ok(JSON.parse(body ?? '') !== undefined && milliseconds >= 15),
    ],
    ['headers that never come', { slowHeaders: 60_000 }, ({ error }) => assert.equal(error, 'UND_ERR_HEADERS_TIMEOUT')],
    [
      'a body that stalls',
      { dripBytes: 1, dripEvery: 60_000 },
      ({ error }) => assert.equal(error, 'UND_ERR_BODY_TIMEOUT'),
    ],
    [
      'an endless body',
      { endless: 50 * 1024 * 1024 },
      ({ error }) => assert.equal(error, 'UND_ERR_RES_EXCEEDED_MAX_SIZE'),
    ],
    [
      'a gzip bomb',
      { gzipBomb: 50 * 1024 * 1024 },
      ({ headers, body }) => assert.ok(headers?.['content-encoding'] === 'gzip' && (body?.length ?? 0) < 1024 * 1024),
    ],
  ];
  for (const [title, fault, check] of single) {
    it(title, async () => {
      set(fault);
      check(await see());
      bench.sandbox.faults.rest.clear();
      assert.equal((await see()).status, 200, 'the sandbox lives');
    });
  }

  it('which calls are hit: path, method, after, times', async () => {
    set({ path: 'gw/groups/*', method: 'GET', after: 1, times: 2, status: 500 });
    const statuses: (number | undefined)[] = [];
    for (const path of ['gw/groups/all', 'gw/channels/all', 'gw/groups/all', 'gw/groups/all', 'gw/groups/all']) {
      statuses.push((await see(path)).status);
    }
    assert.deepEqual(statuses, [200, 200, 500, 500, 200]);
    set({ method: 'POST', status: 500 });
    assert.equal((await see()).status, 200);
  });

  it('a share of the calls, the same for the same seed', async () => {
    const draw = async (): Promise<number[]> => {
      const fresh = await startRest({ seed: 3 });
      fresh.sandbox.faults.rest.add({ share: 0.3, status: 500 });
      const statuses: number[] = [];
      for (let n = 0; n < 60; n += 1) statuses.push((await fresh.get('auth/info')).status);
      await fresh.close();
      return statuses;
    };
    const first = await draw();
    const hit = first.filter((status) => status === 500).length;
    assert.ok(hit > 5 && hit < 35, String(hit));
    assert.deepEqual(await draw(), first);
  });

  it('several at once, and each can be switched off alone', async () => {
    const off = bench.sandbox.faults.rest.add({ status: 500 });
    bench.sandbox.faults.rest.add({ latency: 100 });
    const { status, milliseconds } = await see();
    assert.ok(status === 500 && milliseconds >= 95);
    off();
    assert.equal((await see()).status, 200);
  });

  it('a call that is answered by a fault does not happen; one that is reset afterwards does', async () => {
    const make = (name: string): Promise<unknown> =>
      bench.call('POST', 'gw/assets', { body: [{ name }] }).catch(() => 'lost');
    const exists = async (name: string): Promise<boolean> => (await bench.ids('gw/assets', `name=${name}`)).length > 0;
    set({ times: 1, status: 500 });
    await make('a');
    assert.equal(await exists('a'), false);
    set({ times: 1, reset: 'before' });
    await make('b');
    assert.equal(await exists('b'), false);
    set({ times: 1, reset: 'after' });
    await make('c');
    assert.equal(await exists('c'), true);
  });

  describe('pages', () => {
    const page = async (query: string): Promise<{ names: unknown[]; pagination: unknown }> => {
      const { result, pagination } = await bench.get(`gw/groups/all?fields=name&${query}`);
      return { names: result.map(({ name }) => name), pagination };
    };
    const cases: [fault: RestFault, query: string, names: string[], pagination: object][] = [
      [{ ignoreOffset: true }, 'limit=2&offset=4', ['g0', 'g1'], { limit: 2, offset: 4, count: 25 }],
      [{ clampPage: true }, 'limit=2&offset=30', ['g23', 'g24'], { limit: 2, offset: 30, count: 25 }],
      [{ clampPage: true }, 'limit=2&offset=2', ['g2', 'g3'], { limit: 2, offset: 2, count: 25 }],
      [{ lowerLimit: 3 }, 'limit=10', ['g0', 'g1', 'g2'], { limit: 3, offset: 0, count: 25 }],
      [{ emptyFrom: 4 }, 'limit=2&offset=4', [], { limit: 2, offset: 4, count: 25 }],
      [{ emptyFrom: 4 }, 'limit=2&offset=2', ['g2', 'g3'], { limit: 2, offset: 2, count: 25 }],
      [{ omitCount: true }, 'limit=1', ['g0'], { limit: 1, offset: 0 }],
    ];
    for (const [fault, query, names, pagination] of cases) {
      it(`${JSON.stringify(fault)} ${query}`, async () => {
        set(fault);
        assert.deepEqual(await page(query), { names, pagination });
      });
    }

    it('rows that come in between pages are seen twice', async () => {
      set({ drift: 1 });
      assert.deepEqual((await page('limit=3')).names, ['g0', 'g1', 'g2']);
      assert.deepEqual(await page('limit=3&offset=3'), {
        names: ['g2', 'g3', 'g4'],
        pagination: { limit: 3, offset: 3, count: 26 },
      });
      assert.deepEqual((await page('limit=3&offset=6')).names, ['g4', 'g5', 'g6']);
    });

    it('rows that go between pages are missed', async () => {
      set({ drift: -1 });
      assert.deepEqual((await page('limit=3')).names, ['g0', 'g1', 'g2']);
      assert.deepEqual((await page('limit=3&offset=3')).names, ['g4', 'g5', 'g6']);
    });
  });

  describe('the switchboard', () => {
    it('is not there unless asked for', async () => {
      const closed = await startRest();
      assert.equal((await closed.get('sandbox/faults')).status, 404);
      assert.equal((await closed.call('PUT', 'sandbox/faults', { body: { rest: [{ status: 500 }] } })).status, 404);
      assert.equal((await closed.get('auth/info')).status, 200);
      await closed.close();
    });

    it('wants a master token', async () => {
      const made = await bench.call('POST', 'platform/tokens?fields=key', { body: [{ ttl: 60 }] });
      const token = String(made.result[0]?.['key']);
      assert.equal((await bench.get('sandbox/faults', { token })).status, 404);
      assert.equal((await bench.get('sandbox/faults', { token: '' })).status, 401);
    });

    it('shows, sets and ends faults of REST and MQTT', async () => {
      const faults = { rest: [{ path: 'gw/*', status: 500 }], mqtt: { refuseConnect: 136 } };
      const put = await bench.call('PUT', 'sandbox/faults', { body: faults });
      assert.deepEqual(JSON.parse(put.text), faults);
      assert.equal((await bench.get('gw/groups/all')).status, 500);
      assert.equal(bench.sandbox.broker.faults.refuseConnect, 136);
      assert.deepEqual(JSON.parse((await bench.get('sandbox/faults')).text), faults);
      await bench.call('DELETE', 'sandbox/faults');
      assert.deepEqual(JSON.parse((await bench.get('sandbox/faults')).text), { rest: [], mqtt: {} });
      assert.equal((await bench.get('gw/groups/all')).status, 200);
    });

    for (const body of [
      [],
      { rest: {} },
      { rest: [{ boom: 1 }] },
      { rest: [{ status: 'x' }] },
      { mqtt: [] },
      { x: 1 },
    ]) {
      it(`refuses ${JSON.stringify(body)}`, async () => {
        assert.equal((await bench.call('PUT', 'sandbox/faults', { body })).status, 400);
      });
    }

    it('shows what came in, without the token', async () => {
      await bench.call('POST', 'gw/groups?fields=id', { body: [{ name: 'logged' }] });
      const { result, text } = await bench.get('sandbox/requests');
      assert.equal(result.length, 1);
      assert.deepEqual(
        [result[0]?.['method'], result[0]?.['path'], result[0]?.['query'], result[0]?.['body']],
        ['POST', 'gw/groups', 'fields=id', '[{"name":"logged"}]'],
      );
      assert.ok(!text.includes(bench.sandbox.token));
    });
  });

  it('close ends calls that faults hold up', async () => {
    const other = await startRest();
    other.sandbox.faults.rest.set([{ latency: 60_000 }]);
    const waiting = other.get('auth/info').catch(() => 'gone');
    while (other.sandbox.restLog.requests.length === 0) await new Promise(setImmediate);
    await other.close();
    assert.equal(await waiting, 'gone');
  });
});
