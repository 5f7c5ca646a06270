import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { CallOutput, CallSpec, Progress, Transport, WireAnswer, WireCall } from '../../nodes/protocol/call';
import { FlespiError } from '../../nodes/protocol/flespi-error';
import { HttpTransport } from '../../nodes/protocol/http-transport';
import { Pace } from '../../nodes/protocol/pace';
import { RetryBudget } from '../../nodes/protocol/retry';
import { runCall, type RunOptions } from '../../nodes/protocol/run-call';
import { answerPage, type Behaviour, json, startHttpServer, type TestServer } from '../servers/misbehaving-server';

interface Device {
  id: number;
  name: string;
}

const devices = (length: number): Device[] =>
  Array.from({ length }, (_, index) => ({ id: index + 1, name: `device ${index + 1}` }));

const settled: (() => unknown)[] = [];

async function serve(behaviour: Behaviour): Promise<{ server: TestServer; transport: HttpTransport }> {
  const server = await startHttpServer(behaviour);
  const transport = new HttpTransport({
    origin: server.origin,
    token: () => 'secret-token-of-this-test',
    proxy: false,
  });
  settled.push(
    () => transport.close(),
    () => server.close(),
  );
  return { server, transport };
}

const all: CallSpec = {
  method: 'GET',
  template: 'gw/devices/:devices',
  selectors: [{ kind: 'all' }],
  results: 'array',
};

interface Outcome {
  outputs: CallOutput[];
  progress: Progress[];
  error?: FlespiError;
}

async function run(
  transport: Transport,
  spec: Partial<CallSpec> = {},
  options: Partial<RunOptions> = {},
): Promise<Outcome> {
  const outcome: Outcome = { outputs: [], progress: [] };
  try {
    for await (const output of runCall({ ...all, ...spec }, transport, {
      signal: new AbortController().signal,
      onProgress: (progress) => outcome.progress.push(progress),
      random: () => 0,
      ...options,
    }))
      outcome.outputs.push(output);
  } catch (error) {
    assert(error instanceof FlespiError, inspect(error));
    assert(!inspect(error, { depth: 12 }).includes('secret-token'));
    outcome.error = error;
  }
  return outcome;
}

const payloads = (outcome: Outcome): unknown[] => outcome.outputs.map(({ payload }) => payload);

describe('runCall', () => {
  afterEach(async () => {
    for (const end of settled.splice(0)) await end();
  });

  describe('results', () => {
    it('one page: the result as flespi gave it', async () => {
      const { server, transport } = await serve((request, response) =>
        json(response, answerPage(devices(30), request.url)),
      );
      const { outputs } = await run(transport, { results: 'page', limit: 10, offset: 5, fields: ['id', 'name'] });
      assert.equal(outputs.length, 1);
      assert.deepEqual(outputs[0]?.payload, devices(30).slice(5, 15));
      assert.deepEqual(outputs[0]?.pagination, { limit: 10, offset: 5, count: 30 });
      assert.equal(outputs[0]?.statusCode, 200);
      assert.equal(outputs[0]?.responseUrl, `${server.origin}/gw/devices/all`);
      assert.equal(outputs[0]?.headers?.['content-type'], 'application/json');
      assert.equal(outputs[0]?.parts, undefined);
      assert.equal(outputs[0]?.complete, undefined);
      assert.equal(server.requests[0]?.url, '/gw/devices/all?fields=id,name&limit=10&offset=5');
    });

    it('a message per page, with what Join needs', async () => {
      const { transport } = await serve((request, response) => json(response, answerPage(devices(25), request.url)));
      const { outputs } = await run(transport, { results: 'pages', limit: 10 });
      assert.deepEqual(
        outputs.map(({ payload }) => (payload as Device[]).length),
        [10, 10, 5],
      );
      const [first, second, third] = outputs.map(({ parts }) => parts);
      assert.deepEqual({ ...first, id: '' }, { id: '', index: 0, type: 'array', len: 10 });
      assert.deepEqual({ ...third, id: '' }, { id: '', index: 2, type: 'array', len: 10, count: 3 });
      assert(first?.id && first.id === second?.id);
      assert.deepEqual(
        outputs.map(({ complete }) => complete),
        [undefined, undefined, true],
      );
    });

    it('a message per item', async () => {
      const { transport } = await serve((request, response) => json(response, answerPage(devices(25), request.url)));
      const { outputs } = await run(transport, { results: 'items', limit: 10 });
      assert.deepEqual(
        outputs.map(({ payload }) => payload),
        devices(25),
      );
      assert(outputs.every(({ parts }, index) => parts?.index === index && parts.len === 1));
      assert.equal(outputs.at(-1)?.parts?.count, 25);
      assert.equal(outputs.filter(({ complete }) => complete).length, 1);
    });

    it('one array, with the errors of all pages', async () => {
      const { transport } = await serve((request, response) => {
        const page = answerPage(devices(25), request.url);
        json(
          response,
          request.url.includes('offset=10') ? { ...page, errors: [{ code: 2, reason: 'x', id: 99 }] } : page,
        );
      });
      const { outputs } = await run(transport, { limit: 10 });
      assert.deepEqual(outputs[0]?.payload, devices(25));
      assert.deepEqual(outputs[0]?.errors, [{ code: 2, reason: 'x', id: 99 }]);
      assert.deepEqual(outputs[0]?.pagination, { limit: 25, offset: 0, count: 25 });
      assert.equal(outputs[0]?.complete, true);
    });

    it('nothing found: an empty array, an empty page, no item', async () => {
      const { transport } = await serve((request, response) => json(response, answerPage([], request.url)));
      assert.deepEqual(payloads(await run(transport)), [[]]);
      const pages = await run(transport, { results: 'pages' });
      assert.deepEqual(payloads(pages), [[]]);
      assert.equal(pages.outputs[0]?.complete, true);
      assert.deepEqual(payloads(await run(transport, { results: 'items' })), []);
    });

    it('takes apart what has no pages', async () => {
      const { server, transport } = await serve((_request, response) => json(response, { result: devices(3) }));
      const telemetry = {
        template: 'gw/devices/:devices/telemetry/:parameters',
        selectors: [{ kind: 'all' as const }, { kind: 'all' as const }],
      };
      const { outputs } = await run(transport, { ...telemetry, results: 'items' });
      assert.equal(outputs.length, 3);
      assert.equal(outputs[2]?.complete, true);
      assert.equal(server.requests.length, 1);
    });

    it('asks for the fields that tell items apart, and takes them out again', async () => {
      const { server, transport } = await serve((request, response) =>
        json(response, answerPage(devices(25), request.url)),
      );
      const { outputs } = await run(transport, { fields: ['name'], limit: 10 });
      assert(server.requests.every(({ url }) => url.includes('fields=name,id')));
      assert.deepEqual(
        outputs[0]?.payload,
        devices(25).map(({ name }) => ({ name })),
      );
    });

    it('says when there was more than the author wants', async () => {
      const { server, transport } = await serve((request, response) =>
        json(response, answerPage(devices(100), request.url)),
      );
      const outcome = await run(transport, { limit: 10, most: 25 });
      const { outputs } = outcome;
      assert.equal((payloads(outcome)[0] as Device[]).length, 25);
      assert.equal(outputs[0]?.incomplete, 'most');
      assert.equal(server.requests.length, 3);
      const items = await run(transport, { limit: 10, most: 25, results: 'items' });
      assert.equal(items.outputs.at(-1)?.incomplete, 'most');
      assert.equal(items.outputs.at(-1)?.parts?.count, 25);
    });

    it('tells a changed count once', async () => {
      const items = devices(30);
      const { transport } = await serve((request, response) => {
        if (request.url.includes('offset=20')) items.push({ id: 31, name: 'late' });
        json(response, answerPage(items, request.url));
      });
      const { outputs } = await run(transport, { limit: 10, results: 'pages', inFlight: 1 });
      assert.deepEqual(
        outputs.map(({ countChanged }) => countChanged),
        [undefined, undefined, { from: 30, to: 31 }, undefined],
      );
    });

    it('a page that fails for good: what was sent stays, no end is marked', async () => {
      const { transport } = await serve((request, response) => {
        if (request.url.includes('offset=60')) json(response, { errors: [{ code: 2, reason: 'no' }] }, 400);
        else json(response, answerPage(devices(200), request.url));
      });
      const { outputs, error } = await run(transport, { limit: 10, results: 'pages' });
      assert.equal(error?.code, 'FLESPI_BAD_REQUEST');
      assert(outputs.length >= 5 && outputs.length <= 6);
      assert(outputs.every(({ complete, parts }) => !complete && parts?.count === undefined));
    });
  });

  describe('time series', () => {
    const messages = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        timestamp: 1_700_000_000 + Math.floor(index / 3),
        'device.id': 7,
        n: index,
      }));

    const series: Behaviour = (request, response) => {
      const url = new URL(request.url, 'http://x.invalid');
      assert.deepEqual([...url.searchParams.keys()], ['data']);
      const data = JSON.parse(url.searchParams.get('data') ?? '{}') as Record<string, number | string>;
      let found = messages(100).filter(
        ({ timestamp }) => timestamp >= Number(data['from'] ?? 0) && timestamp <= Number(data['to'] ?? Infinity),
      );
      if (data['reverse']) found.reverse();
      found = found.slice(0, Number(data['count'] ?? Infinity));
      const fields = typeof data['fields'] === 'string' ? data['fields'].split(',') : undefined;
      json(response, {
        result: fields
          ? found.map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => fields.includes(name))))
          : found,
      });
    };

    const read: Partial<CallSpec> = {
      template: 'gw/devices/:devices/messages',
      selectors: [{ kind: 'ids', ids: [7] }],
    };

    it('walks to the end, with the author’s range, order and fields', async () => {
      const { transport } = await serve(series);
      const outcome = await run(transport, {
        ...read,
        limit: 7,
        fields: ['n'],
        data: { from: '2023-11-14T22:13:20Z', to: 1_700_000_020_000, reverse: true },
      });
      const wanted = messages(100).filter(({ timestamp }) => timestamp <= 1_700_000_020);
      assert.deepEqual(
        (payloads(outcome)[0] as { n: number }[]).map(({ n }) => n),
        wanted.map(({ n }) => n).reverse(),
      );
      assert.deepEqual(Object.keys((payloads(outcome)[0] as object[])[0] as object), ['n']);
      assert.equal(outcome.outputs[0]?.incomplete, undefined);
    });

    it('reads one page with count', async () => {
      const { server, transport } = await serve(series);
      const { outputs } = await run(transport, { ...read, results: 'page', data: { count: 1, reverse: true } });
      assert.deepEqual(outputs[0]?.payload, messages(100).slice(-1));
      assert.equal(server.requests.length, 1);
    });

    it('refuses a time that is none before anything is sent', async () => {
      const { server, transport } = await serve(series);
      const { error } = await run(transport, { ...read, data: { from: 'soon' } });
      assert.equal(error?.code, 'FLESPI_BAD_INPUT');
      assert.equal(server.requests.length, 0);
    });
  });

  describe('guards', () => {
    const writes = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

    for (const method of writes) {
      it(`${method} to all items needs the tick`, async () => {
        const { server, transport } = await serve((_request, response) => json(response, { result: [] }));
        const spec: Partial<CallSpec> = { method, body: {}, results: 'page' };
        const spellings: Partial<CallSpec>[] = [
          {},
          { selectors: [{ kind: 'raw', text: ' ALL ' }] },
          { selectors: [{ kind: 'raw', text: 'id=*' }] },
          { selectors: [{ kind: 'expression', expression: 'true' }] },
          { template: 'gw/devices/all', selectors: [] },
          { template: 'gw/calcs/:calcs/devices/:devices', selectors: [{ kind: 'ids', ids: [1] }, { kind: 'all' }] },
          { template: 'gw/devices/:devices/telemetry/all', selectors: [{ kind: 'ids', ids: [1] }] },
        ];
        for (const spelling of spellings) {
          const { error } = await run(transport, { ...spec, ...spelling });
          assert.equal(error?.code, 'FLESPI_ALL_NOT_CONFIRMED', JSON.stringify(spelling));
        }
        assert.equal(server.requests.length, 0);
        assert.equal((await run(transport, { ...spec, allConfirmed: true })).error, undefined);
        assert.equal((await run(transport, { ...spec, selectors: [{ kind: 'ids', ids: [1] }] })).error, undefined);
        assert.equal(server.requests.length, 2);
      });
    }

    it('refuses an empty selector, even with the tick', async () => {
      const { server, transport } = await serve((_request, response) => json(response, { result: [] }));
      for (const method of ['GET', 'DELETE'] as const) {
        const { error } = await run(transport, { method, selectors: [{ kind: 'raw', text: '' }], allConfirmed: true });
        assert.equal(error?.code, 'FLESPI_BAD_SELECTOR');
        assert.equal(error?.params['slot'], 'devices');
      }
      assert.equal(server.requests.length, 0);
    });

    it('sends nothing that is not what was meant', async () => {
      const { server, transport } = await serve((_request, response) => json(response, { result: [] }));
      const canary = await startHttpServer((_request, response) => json(response, { result: [] }));
      settled.push(() => canary.close());
      const host = `127.0.0.1:${canary.port}`;
      const texts = [
        '..',
        '../..',
        `//${host}`,
        `\\\\${host}`,
        `/\\${host}`,
        `http://${host}`,
        `@${host}`,
        '%2e%2e',
        '?x',
        '#x',
        '\r\nx: y',
        'x'.repeat(9000),
      ];
      for (const text of texts) {
        await run(transport, { results: 'page', selectors: [{ kind: 'raw', text }] });
        await run(transport, { results: 'page', template: text, selectors: [] });
        await run(transport, { results: 'page', template: `gw/devices/${text}`, selectors: [] });
      }
      assert.equal(canary.requests.length, 0);
      for (const { url } of server.requests) assert.match(url, /^\/(gw\/devices\/)?[^/?#\\]+$/, url);
    });

    const inputs: [string, Partial<CallSpec>][] = [
      ['a limit of nothing', { limit: 0 }],
      ['a bound of nothing', { most: 0 }],
      ['half an offset', { offset: 0.5 }],
      ['no pages at a time', { inFlight: 0 }],
      ['a subaccount that is none', { cid: -1 }],
      ['a method that is none', { method: 'STEAL' as 'GET' }],
      [
        'a body in a circle',
        {
          method: 'PUT',
          selectors: [{ kind: 'ids', ids: [1] }],
          body: ((): unknown => {
            const circle: Record<string, unknown> = {};
            circle['circle'] = circle;
            return circle;
          })(),
        },
      ],
      ['a body of BigInt', { method: 'PUT', selectors: [{ kind: 'ids', ids: [1] }], body: { big: 1n } }],
    ];
    for (const [title, spec] of inputs) {
      it(`refuses ${title}`, async () => {
        const { server, transport } = await serve((_request, response) => json(response, { result: [] }));
        assert.equal((await run(transport, spec)).error?.code, 'FLESPI_BAD_INPUT');
        assert.equal(server.requests.length, 0);
      });
    }

    it('passes what it was given after every failure', async () => {
      let broken = true;
      const { transport } = await serve((request, response, incoming) => {
        if (broken) incoming.socket.destroy();
        else json(response, answerPage(devices(3), request.url));
      });
      const pace = new Pace({ concurrency: 1 });
      for (let index = 0; index < 5; index += 1) assert((await run(transport, {}, { pace })).error);
      broken = false;
      assert.deepEqual(payloads(await run(transport, {}, { pace })), [devices(3)]);
      assert.equal(pace.active, 0);
    });
  });

  describe('trying again', () => {
    it('a read over a lost connection: at most two more, on a new one', async () => {
      let losses = 2;
      const { server, transport } = await serve((request, response, incoming) => {
        if ((losses -= 1) >= 0) incoming.socket.resetAndDestroy();
        else json(response, answerPage(devices(1), request.url));
      });
      assert.deepEqual(payloads(await run(transport)), [devices(1)]);
      assert.equal(server.requests.length, 3);
      losses = 3;
      assert.equal((await run(transport)).error?.code, 'FLESPI_CONNECTION_FAILED');
      assert.equal(server.requests.length, 6);
    });

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      it(`${method} over a lost connection: once, and the outcome is unknown`, async () => {
        const { server, transport } = await serve(
          (_request, _response, incoming) => void incoming.socket.resetAndDestroy(),
        );
        const spec: Partial<CallSpec> = { method, selectors: [{ kind: 'ids', ids: [1] }], body: {}, results: 'page' };
        assert.equal((await run(transport, spec)).error?.code, 'FLESPI_OUTCOME_UNKNOWN');
        assert.equal(server.requests.length, 1);
        assert.equal((await run(transport, { ...spec, repeatUnsafe: true })).error?.code, 'FLESPI_OUTCOME_UNKNOWN');
        assert.equal(server.requests.length, 4);
      });
    }

    it('a server that stumbles: the exact set with few requests more', async () => {
      const { server, transport } = await serve((request, response) => {
        if (server.requests.length % 25 === 10) json(response, 'oops', 503);
        else json(response, answerPage(devices(1000), request.url));
      });
      const { outputs } = await run(transport, { limit: 10 }, { retry: new RetryBudget() });
      assert.deepEqual(outputs[0]?.payload, devices(1000));
      assert(server.requests.length <= 105, String(server.requests.length));
    });

    const refusals: [number, string][] = [
      [400, 'FLESPI_BAD_REQUEST'],
      [401, 'FLESPI_UNAUTHORIZED'],
      [403, 'FLESPI_FORBIDDEN'],
      [404, 'FLESPI_NOT_FOUND'],
    ];
    for (const [status, code] of refusals) {
      it(`not after ${status}`, async () => {
        const { server, transport } = await serve((_request, response) =>
          json(response, { result: [], errors: [{ code: 3, reason: 'no' }] }, status),
        );
        const { error } = await run(transport);
        assert.equal(error?.code, code);
        assert.equal(error?.statusCode, status);
        assert.deepEqual(error?.reasons, [{ code: 3, reason: 'no' }]);
        assert.equal(server.requests.length, 1);
      });
    }

    it('an answer that was cut: again for a read, not for a write', async () => {
      let cuts = 1;
      const { server, transport } = await serve((request, response) => {
        const text = JSON.stringify(answerPage(devices(5), request.url));
        json(response, (cuts -= 1) >= 0 ? text.slice(0, -10) : text);
      });
      assert.deepEqual(payloads(await run(transport)), [devices(5)]);
      cuts = 5;
      const { error } = await run(transport, {
        method: 'PUT',
        body: {},
        selectors: [{ kind: 'ids', ids: [1] }],
        results: 'page',
      });
      assert.equal(error?.code, 'FLESPI_INCOMPLETE_ANSWER');
      assert.equal(server.requests.length, 3);
    });

    it('429: waits as long as it is told, and holds everybody else of the account back', async () => {
      const times: number[] = [];
      const { transport } = await serve((request, response) => {
        times.push(performance.now());
        if (times.length === 1) json(response, { errors: [{ code: 2, reason: 'limit' }] }, 429, { 'retry-after': '1' });
        else json(response, answerPage(devices(1), request.url));
      });
      const pace = new Pace();
      const first = run(transport, {}, { pace });
      while (times.length === 0) await new Promise(setImmediate);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const second = run(transport, {}, { pace });
      const [one, two] = await Promise.all([first, second]);
      assert.deepEqual(payloads(one), [devices(1)]);
      assert.deepEqual(payloads(two), [devices(1)]);
      assert((times[1] as number) - (times[0] as number) >= 950);
      assert(one.progress.some((progress) => progress.kind === 'waiting' && progress.reason === 'rate-limit'));
      assert(two.progress.some((progress) => progress.kind === 'waiting' && progress.reason === 'rate-limit'));
    });

    it('429 with a time beyond the deadline: an error that names it, at once', async () => {
      const { server, transport } = await serve((_request, response) =>
        json(response, { errors: [{ code: 2, reason: 'limit' }] }, 429, { 'retry-after': '3600' }),
      );
      const { error } = await run(transport, {}, { now: () => Date.parse('2026-11-23T12:00:00Z') });
      assert.equal(error?.code, 'FLESPI_RATE_LIMITED');
      assert.equal(error?.params['until'], '2026-11-23T13:00:00.000Z');
      assert.equal(error?.params['reason'], 'limit');
      assert.equal(server.requests.length, 1);
    });

    it('429 for ever: three tries', async () => {
      const { server, transport } = await serve((_request, response) =>
        json(response, {}, 429, { 'retry-after': 'garbage' }),
      );
      assert.equal((await run(transport)).error?.code, 'FLESPI_RATE_LIMITED');
      assert.equal(server.requests.length, 3);
    });

    it('an outage: a tenth more load at most', async () => {
      const { server, transport } = await serve((_request, response) => json(response, 'down', 500));
      const retry = new RetryBudget();
      for (let calls = 0; calls < 200; calls += 1)
        assert.equal((await run(transport, {}, { retry })).error?.code, 'FLESPI_SERVER_ERROR');
      assert(server.requests.length <= 220, String(server.requests.length));
    });
  });

  describe('pace and end', () => {
    it('1,000 at once: eight sockets, all answered, none lost, no warning', async () => {
      const warnings: Error[] = [];
      const warn = (warning: Error): void => void warnings.push(warning);
      process.on('warning', warn);
      const { server, transport } = await serve((request, response) =>
        json(response, answerPage(devices(2), request.url)),
      );
      const pace = new Pace({ concurrency: 8, queue: 1000 });
      const { signal } = new AbortController();
      const outcomes = await Promise.all(Array.from({ length: 1000 }, () => run(transport, {}, { pace, signal })));
      assert.equal(outcomes.filter(({ outputs }) => outputs.length === 1).length, 1000);
      assert(server.connections.opened <= 8);
      process.off('warning', warn);
      assert.deepEqual(warnings, []);
    });

    it('more than the queue holds: the rest is told so', async () => {
      const { transport } = await serve((request, response) => json(response, answerPage(devices(2), request.url)));
      const pace = new Pace({ concurrency: 2, queue: 10 });
      const outcomes = await Promise.all(Array.from({ length: 30 }, () => run(transport, {}, { pace })));
      const codes = outcomes.map(({ error }) => error?.code);
      assert.equal(codes.filter((code) => code === undefined).length, 12);
      assert.equal(codes.filter((code) => code === 'FLESPI_QUEUE_FULL').length, 18);
    });

    it('tells how far it is', async () => {
      const { transport } = await serve((request, response) => json(response, answerPage(devices(30), request.url)));
      const { progress } = await run(transport, { limit: 10 });
      assert.deepEqual(progress, [
        { kind: 'requesting' },
        { kind: 'pages', pages: 1, items: 10, count: 30 },
        { kind: 'pages', pages: 2, items: 20, count: 30 },
        { kind: 'pages', pages: 3, items: 30, count: 30 },
      ]);
    });

    it('aborted in the middle: at once, nothing more is sent or given', async () => {
      const { server, transport } = await serve(async (request, response) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        json(response, answerPage(devices(10_000), request.url));
      });
      const controller = new AbortController();
      const outputs: CallOutput[] = [];
      const began = performance.now();
      await assert.rejects(
        async () => {
          for await (const output of runCall({ ...all, limit: 10, results: 'pages' }, transport, {
            signal: controller.signal,
          })) {
            outputs.push(output);
            if (outputs.length === 3) controller.abort();
          }
        },
        (error) => error instanceof FlespiError && error.code === 'FLESPI_ABORTED',
      );
      assert(performance.now() - began < 1000);
      assert.equal(outputs.length, 3);
      const { length } = server.requests;
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert(server.requests.length <= length + 1);
    });

    it('left in the middle: what is under way is given up', async () => {
      const { server, transport } = await serve(async (request, response) => {
        if (!request.url.includes('offset=0')) await new Promise((resolve) => setTimeout(resolve, 50));
        json(response, answerPage(devices(10_000), request.url));
      });
      for await (const output of runCall({ ...all, limit: 10, results: 'pages' }, transport, {
        signal: new AbortController().signal,
      })) {
        assert.equal((output.payload as Device[]).length, 10);
        break;
      }
      const { length } = server.requests;
      assert(length <= 7);
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert(server.requests.length <= 7);
    });

    it('a deadline for the whole walk', async () => {
      const { transport } = await serve(async (request, response) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        json(response, answerPage(devices(10_000), request.url));
      });
      const began = performance.now();
      const { error } = await run(transport, { limit: 1, inFlight: 1, deadline: 200, results: 'pages' });
      assert.equal(error?.code, 'FLESPI_TIMEOUT');
      assert.deepEqual(error?.params, { problem: 'deadline', seconds: 0.2 });
      assert(performance.now() - began < 1000);
    });

    it('keeps its deadlines when the clock of the wall jumps', async () => {
      let hours = 0;
      const { transport } = await serve((request, response) => {
        hours += 1;
        json(response, answerPage(devices(50), request.url));
      });
      const outcome = await run(
        transport,
        { limit: 10, deadline: 5000 },
        { now: () => Date.now() + hours * 3_600_000 },
      );
      assert.equal(outcome.error, undefined);
      assert.equal((payloads(outcome)[0] as Device[]).length, 50);
    });

    it('is the same over any transport', async () => {
      const seen: WireCall[] = [];
      const other: Transport = {
        kind: 'mqtt',
        send: (call): Promise<WireAnswer> => {
          seen.push(call);
          const body = answerPage(devices(12), `/?${call.query}`);
          return Promise.resolve({ statusCode: 200, headers: {}, text: JSON.stringify(body) });
        },
      };
      const { outputs } = await run(other, { limit: 5, cid: 9 });
      assert.deepEqual(outputs[0]?.payload, devices(12));
      assert.equal(outputs[0]?.responseUrl, undefined);
      assert.deepEqual(seen[0], { method: 'GET', path: 'gw/devices/all', query: 'limit=5&offset=0', cid: 9 });
      assert.equal(seen.length, 3);
    });
  });
});
