import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import {
  accountNode,
  deploy,
  helper,
  loadFlow,
  sinks,
  statusesOf,
  useRuntime,
  type Flow,
  type FlowNode,
  type Message,
} from './flow';

const devices = 25;

describe('flespi-request', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices, rate: 0 });
  });
  afterEach(() => {
    sandbox.faults.rest.clear();
    sandbox.restLog.clear();
  });
  after(() => sandbox.close());

  const request = (more: object = {}): FlowNode => ({
    id: 'request',
    type: 'flespi-request',
    account: 'account',
    method: 'GET',
    template: 'gw/devices/:devices',
    selectors: [{ kind: 'all' }],
    fields: 'id,name',
    results: 'array',
    limit: '10',
    ...more,
  });
  const credentials = (): Record<string, object> => ({ account: { token: sandbox.token } });
  const run = (more: object = {}, extra: FlowNode[] = []): Promise<Flow> =>
    loadFlow([accountNode(sandbox), request(more), ...extra], credentials());
  const ids = (msg: Message): number[] => (msg.payload as { id: number }[]).map(({ id }) => id);
  const firstRequest = (): string => {
    const [first] = sandbox.restLog.requests;
    return decodeURIComponent(`${first?.method} ${first?.path}${first?.query ? `?${first.query}` : ''}`);
  };

  describe('outputs', () => {
    it('one array of every page, with what the message had', async () => {
      const flow = await run();
      flow.node('request').receive({ topic: 'kept', payload: 'replaced', req: { keep: 1 }, errors: ['stale'] });
      const msg = await flow.out.next();
      assert.equal(new Set(ids(msg)).size, devices);
      assert.equal(msg['topic'], 'kept');
      assert.equal(msg['statusCode'], 200);
      assert.equal(msg['complete'], true);
      assert.equal(msg['errors'], undefined);
      assert.match(String(msg['responseUrl']), /\/gw\/devices\/all$/);
      assert.equal(typeof (msg['headers'] as Message)['content-type'], 'string');
      assert.deepEqual(Object.keys((msg.payload as object[])[0] ?? {}), ['id', 'name']);
      await flow.completed.next();
      assert.equal(flow.caught.messages.length, 0);
    });

    it('a message per page, in order, with parts and the end marked', async () => {
      const flow = await run({ results: 'pages' });
      flow.node('request').receive({});
      const pages = await flow.out.until((messages) => messages.length === 3);
      assert.deepEqual(
        pages.map((page) => (page.payload as unknown[]).length),
        [10, 10, 5],
      );
      assert.deepEqual(
        pages.map((page) => page['complete'] ?? false),
        [false, false, true],
      );
      assert.deepEqual((pages[1] as Message)['pagination'], { limit: 10, offset: 10, count: devices });
    });

    it('a message per item that Join puts together again, inside an outer sequence', async () => {
      const join = { id: 'joiner', type: 'join', mode: 'auto', z: 'tab', wires: [['out']] };
      const flow = await run({ results: 'items', wires: [['joiner']] }, [join]);
      const outer = { id: 'outer', index: 3, count: 7, type: 'array', len: 1 };
      flow.node('request').receive({ parts: outer });
      const msg = await flow.out.next();
      assert.equal(new Set(ids(msg)).size, devices);
      assert.deepEqual(msg['parts'], outer);
    });

    it('messages of one call share nothing that a flow could change', async () => {
      const flow = await run({ results: 'items', limit: '5', most: '5' });
      flow.node('request').receive({ shared: { list: [1] } });
      const messages = await flow.out.until(({ length }) => length === 5);
      (messages[0] as { shared: { list: number[] } }).shared.list.push(2);
      (messages[0] as { headers: Message }).headers['x'] = 1;
      assert.deepEqual((messages[1] as Message)['shared'], { list: [1] });
      assert.equal(((messages[1] as Message)['headers'] as Message)['x'], undefined);
    });

    it('one page, from an offset that the message names', async () => {
      const flow = await run({ results: 'page', offset: 'skip', offsetType: 'msg' });
      flow.node('request').receive({ skip: 20 });
      const msg = await flow.out.next();
      assert.equal((msg.payload as unknown[]).length, 5);
      assert.deepEqual(msg['pagination'], { limit: 10, offset: 20, count: devices });
    });

    it('no more than the bound, and says so', async () => {
      const flow = await run({ most: '12' });
      flow.node('request').receive({});
      const msg = await flow.out.next();
      assert.equal((msg.payload as unknown[]).length, 12);
      assert.equal(msg['incomplete'], 'most');
    });

    it('what was done and what was not, when flespi did a part', async () => {
      const [id] = sandbox.gateway.deviceIds;
      const flow = await run({ selectors: [{ kind: 'ids', value: `${id},999999999`, type: 'str' }], results: 'page' });
      flow.node('request').receive({});
      const msg = await flow.out.next();
      assert.deepEqual(ids(msg), [id]);
      assert.equal((msg['errors'] as { id: number }[])[0]?.id, 999_999_999);
      await flow.completed.next();
      assert.equal(flow.caught.messages.length, 0);
    });
  });

  describe('what is asked', () => {
    const cases: [string, object, object, string][] = [
      [
        'ids as a list in the message',
        { selectors: [{ kind: 'typed', value: 'who', type: 'msg' }] },
        { who: [1, 2] },
        'GET gw/devices/1,2?fields=id,name&limit=10&offset=0',
      ],
      [
        'a number',
        { selectors: [{ kind: 'typed', value: 'who', type: 'msg' }] },
        { who: 7 },
        'GET gw/devices/7?fields=id,name&limit=10&offset=0',
      ],
      [
        'items of an earlier answer',
        { selectors: [{ kind: 'ids', value: 'payload', type: 'msg' }] },
        { payload: [{ id: 3 }, { id: 4 }] },
        'GET gw/devices/3,4?fields=id,name&limit=10&offset=0',
      ],
      [
        'a field whose value is from JSONata',
        { selectors: [{ kind: 'field', field: 'name', value: '"Van" & "*"', type: 'jsonata' }] },
        {},
        'GET gw/devices/name=Van*?fields=id,name&limit=10&offset=0',
      ],
      [
        'a group',
        { selectors: [{ kind: 'group', value: '12', type: 'str' }] },
        {},
        'GET gw/devices/groups.id=12?fields=id,name&limit=10&offset=0',
      ],
      [
        'an expression',
        { selectors: [{ kind: 'expression', value: 'cid==1 || id > 3', type: 'str' }] },
        {},
        'GET gw/devices/{cid==1 || id > 3}?fields=id,name&limit=10&offset=0',
      ],
      [
        'a value that looks like a path',
        { selectors: [{ kind: 'field', field: 'name', value: 'who', type: 'msg' }] },
        { who: '../../platform/tokens?x#y' },
        'GET gw/devices/name=../../platform/tokens?x#y?fields=id,name&limit=10&offset=0',
      ],
      [
        'fields from a list',
        { fields: 'want', fieldsType: 'msg' },
        { want: ['id', 'configuration.ident'] },
        'GET gw/devices/all?fields=id,configuration.ident&limit=10&offset=0',
      ],
      [
        'a filter and a period',
        {
          template: 'gw/devices/:devices/messages',
          selectors: [{ kind: 'ids', value: '5000001', type: 'str' }],
          range: 'between',
          from: 'begin',
          fromType: 'msg',
          to: '2026-01-01T00:00:00Z',
          filter: 'position.speed>10',
          fields: 'position.speed',
          results: 'page',
          count: '5',
        },
        { begin: 1_700_000_000_000 },
        'GET gw/devices/5000001/messages?data={"from":1700000000,"to":1767225600,"count":5,"filter":"position.speed>10","fields":"position.speed"}',
      ],
      [
        'intervals by their own names',
        {
          template: 'gw/calcs/:calcs/devices/:devices/intervals/:intervals',
          selectors: [
            { kind: 'ids', value: '1', type: 'str' },
            { kind: 'ids', value: '2', type: 'str' },
            { kind: 'all' },
          ],
          range: 'between',
          from: '100',
          to: '200',
          fields: '',
          results: 'page',
        },
        {},
        'GET gw/calcs/1/devices/2/intervals/all?data={"begin":100,"end":200}',
      ],
      [
        'a method from the message',
        { method: 'msg', results: 'page' },
        { method: 'get' },
        'GET gw/devices/all?fields=id,name&limit=10',
      ],
    ];
    for (const [name, properties, message, wanted] of cases) {
      it(name, async () => {
        const flow = await run(properties);
        flow.node('request').receive(message);
        await Promise.race([flow.out.next(), flow.caught.next(), flow.completed.next()]);
        assert.equal(firstRequest(), wanted);
      });
    }

    it('a subaccount: that of the call before that of the account', async () => {
      const flow = await loadFlow(
        [accountNode(sandbox, { cid: '11' }), request(), { ...request({ cid: '12' }), id: 'other' }],
        credentials(),
      );
      for (const id of ['request', 'other']) flow.node(id).receive({});
      await flow.caught.until((messages) => messages.length + flow.out.messages.length >= 2);
      assert.deepEqual(
        sandbox.restLog.requests
          .map(({ headers }) => String(headers['x-flespi-cid']))
          .toSorted((a, b) => a.localeCompare(b)),
        ['11', '12'],
      );
    });

    it('a write with the payload, answered with the changed item', async () => {
      const [id] = sandbox.gateway.deviceIds;
      const flow = await run({ method: 'PATCH', selectors: [{ kind: 'typed', value: 'device', type: 'msg' }] });
      flow.node('request').receive({ device: id, payload: { name: 'Renamed' } });
      const msg = await flow.out.next();
      assert.deepEqual(msg.payload, [{ id, name: 'Renamed' }]);
      assert.equal(sandbox.restLog.requests.at(-1)?.body, '{"name":"Renamed"}');
    });

    it('a removal sends no body that merely happens to be there', async () => {
      const flow = await run({ method: 'DELETE', selectors: [{ kind: 'ids', value: '999999998', type: 'str' }] });
      flow.node('request').receive({ payload: Date.now() });
      await flow.caught.next();
      assert.equal(sandbox.restLog.requests.at(-1)?.body, '');
    });
  });

  describe('since the previous run', () => {
    it('goes on where the last one ended, for each selection by itself', async () => {
      const flow = await run({
        template: 'gw/devices/:devices/messages',
        selectors: [{ kind: 'typed', value: 'device', type: 'msg' }],
        range: 'previous',
        rangeAmount: '1',
        rangeUnit: 'hours',
        fields: '',
      });
      let seen = 0;
      // The first request of a run has its range; a vehicle that drove all the time needs more than one page.
      const data = (): { from: number; to: number } => {
        const query = sandbox.restLog.requests[seen]?.query.slice('data='.length);
        seen = sandbox.restLog.requests.length;
        return JSON.parse(decodeURIComponent(query ?? '{}'));
      };
      const [first = 0, second = 0] = sandbox.gateway.deviceIds;
      flow.node('request').receive({ device: first, run: 1 });
      await flow.out.next((msg) => msg['run'] === 1);
      const one = data();
      assert.equal(Math.round(one.to - one.from), 3600);
      flow.node('request').receive({ device: first, run: 2 });
      await flow.out.next((msg) => msg['run'] === 2);
      assert.ok(Math.abs(data().from - one.to) < 1e-3);
      flow.node('request').receive({ device: second, run: 3 });
      await flow.out.next((msg) => msg['run'] === 3);
      const three = data();
      assert.equal(Math.round(three.to - three.from), 3600);
    });

    it('starts again from the same time after a failure', async () => {
      const flow = await run({
        template: 'gw/devices/:devices/messages',
        selectors: [{ kind: 'ids', value: String(sandbox.gateway.deviceIds[0]), type: 'str' }],
        range: 'previous',
        rangeAmount: '2',
        fields: '',
        count: '10000',
      });
      sandbox.faults.rest.add({ status: 400 });
      flow.node('request').receive({});
      await flow.caught.next();
      sandbox.faults.rest.clear();
      flow.node('request').receive({});
      await flow.out.next();
      const { from, to } = JSON.parse(decodeURIComponent(sandbox.restLog.requests.at(-1)?.query.slice(5) ?? '{}')) as {
        from: number;
        to: number;
      };
      assert.equal(Math.round(to - from), 7200);
    });
  });

  describe('failures', () => {
    const failures: [string, object, object, string][] = [
      ['an unknown path', { template: 'gw/devises/:devices' }, {}, 'FLESPI_NO_SUCH_PATH'],
      ['a path that climbs', { template: 'gw/../platform/tokens' }, {}, 'FLESPI_BAD_SELECTOR'],
      ['no path', { template: '' }, {}, 'FLESPI_BAD_PATH'],
      ['an empty selector', { selectors: [{ kind: 'ids', value: '', type: 'str' }] }, {}, 'FLESPI_BAD_SELECTOR'],
      [
        'a selector that the message lacks',
        { selectors: [{ kind: 'typed', value: 'none.there', type: 'msg' }] },
        {},
        'FLESPI_BAD_INPUT',
      ],
      [
        'an object for a selector',
        { selectors: [{ kind: 'typed', value: 'payload', type: 'msg' }] },
        { payload: {} },
        'FLESPI_BAD_SELECTOR',
      ],
      [
        'a mistake in an expression',
        { selectors: [{ kind: 'expression', value: 'id >', type: 'str' }] },
        {},
        'FLESPI_BAD_EXPRESSION',
      ],
      ['broken JSONata', { selectors: [{ kind: 'typed', value: '$$$(', type: 'jsonata' }] }, {}, 'FLESPI_BAD_INPUT'],
      ['all with a write', { method: 'DELETE' }, {}, 'FLESPI_ALL_NOT_CONFIRMED'],
      ['a method that is none', { method: 'msg' }, { method: 'BREW' }, 'FLESPI_BAD_INPUT'],
      ['a circular body', { method: 'POST', template: 'gw/devices' }, { payload: circular() }, 'FLESPI_BAD_INPUT'],
      ['a BigInt in the body', { method: 'POST', template: 'gw/devices' }, { payload: { id: 1n } }, 'FLESPI_BAD_INPUT'],
      ['a page size that is none', { limit: 'many', limitType: 'num' }, {}, 'FLESPI_BAD_INPUT'],
      [
        'a time that is none',
        { template: 'gw/devices/:devices/messages', range: 'between', from: 'soon' },
        {},
        'FLESPI_BAD_INPUT',
      ],
      ['more data that is no object', { data: '[1]', dataType: 'json' }, {}, 'FLESPI_BAD_INPUT'],
      [
        'a body that flespi refuses',
        { method: 'POST', template: 'gw/devices' },
        { payload: [{ nonsense: 1 }] },
        'FLESPI_BAD_REQUEST',
      ],
    ];
    for (const [name, properties, message, code] of failures) {
      it(`${name}: ${code} on Catch, nothing sent, and the next good message passes (X2, X3)`, async () => {
        const good = { ...request({ results: 'page' }), id: 'good' };
        const flow = await run(properties, [good]);
        flow.node('request').receive({ kept: 1, ...message });
        const caught = await flow.caught.next();
        assert.equal(caught.error?.code, code);
        assert.equal(caught['kept'], 1);
        assert.doesNotMatch(caught.error?.message ?? '', /^(FlespiError|Error):/);
        assert.equal(flow.out.messages.length, 0);
        flow.node('good').receive({});
        await flow.completed.next();
        assert.equal(flow.out.messages.length, 1);
        assert.equal(flow.caught.messages.length, 1);
        assert.equal(flow.completed.messages.length, 1);
      });
    }

    it('a refusal brings the status and the parsed body along', async () => {
      const flow = await run({ method: 'POST', template: 'gw/devices', selectors: [] });
      flow.node('request').receive({ payload: [{ nonsense: 1 }], statusCode: 200, pagination: {} });
      const caught = await flow.caught.next();
      assert.equal(caught['statusCode'], 400);
      assert.ok((caught.payload as { errors: unknown[] }).errors.length > 0);
      assert.equal(caught['pagination'], undefined);
      const status = await flow.statuses.next((msg) => (msg['status'] as { fill?: string }).fill === 'red');
      assert.equal((status['status'] as { shape: string }).shape, 'ring');
    });

    it('a wrong token is said, and never shown (X4)', async () => {
      const token = 'W'.repeat(64);
      const flow = await loadFlow([accountNode(sandbox), request()], { account: { token } });
      flow.node('request').receive({});
      const caught = await flow.caught.next();
      assert.equal(caught.error?.code, 'FLESPI_UNAUTHORIZED');
      assert.equal(caught['statusCode'], 401);
      const everything = JSON.stringify([
        caught,
        flow.statuses.messages,
        helper.log().args.map(([entry]) => String(entry.msg)),
      ]);
      assert.ok(!everything.includes(token));
    });

    it('a page that fails in the middle ends the walk: what was sent stays, nothing is marked complete', async () => {
      sandbox.faults.rest.add({ status: 400, after: 2 });
      const flow = await run({ results: 'pages', inFlight: '1' });
      flow.node('request').receive({});
      const caught = await flow.caught.next();
      assert.equal(caught.error?.code, 'FLESPI_BAD_REQUEST');
      assert.ok(flow.out.messages.length <= 2);
      assert.ok(flow.out.messages.every((msg) => msg['complete'] !== true));
      assert.equal(flow.completed.messages.length, 0);
    });
  });

  describe('accounts that are none', () => {
    const accounts: [string, FlowNode[], Record<string, object>, string][] = [
      ['no account', [request({ account: '' })], {}, 'FLESPI_NO_ACCOUNT'],
      ['undefined', [request({ account: undefined })], {}, 'FLESPI_NO_ACCOUNT'],
      ['a deleted one', [request({ account: 'gone' })], {}, 'FLESPI_NO_ACCOUNT'],
      ['a node of another type', [request({ account: 'out' })], {}, 'FLESPI_NO_ACCOUNT'],
      [
        'a disabled one',
        [accountNode({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1' }, { d: true }), request()],
        {},
        'FLESPI_NO_ACCOUNT',
      ],
      [
        'without token',
        [accountNode({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1' }), request()],
        {},
        'FLESPI_NO_TOKEN',
      ],
      [
        'with blank token',
        [accountNode({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1' }), request()],
        { account: { token: ' ' } },
        'FLESPI_NO_TOKEN',
      ],
      [
        'an address that is none',
        [accountNode({ http: 'nowhere', mqtt: 'mqtt://127.0.0.1:1' }), request()],
        { account: { token: 'x' } },
        'FLESPI_BAD_INPUT',
      ],
      [
        'an address without encryption',
        [accountNode({ http: 'http://flespi.example', mqtt: 'mqtts://flespi.example' }), request()],
        { account: { token: 'x' } },
        'FLESPI_BAD_INPUT',
      ],
      [
        'TLS settings that are gone',
        [accountNode({ http: 'http://127.0.0.1:1', mqtt: 'mqtt://127.0.0.1:1' }, { tls: 'gone' }), request()],
        { account: { token: 'x' } },
        'FLESPI_BAD_INPUT',
      ],
    ];
    for (const [name, nodes, secrets, code] of accounts) {
      it(`${name}: the node says it, and its messages end on Catch with ${code} (X1)`, async () => {
        const flow = await loadFlow(nodes, secrets);
        flow.node('request').receive({});
        assert.equal((await flow.caught.next()).error?.code, code);
        assert.deepEqual(
          statusesOf('request').map(({ fill }) => fill),
          ['red'],
        );
      });
    }
  });

  it('takes strings for numbers and switches, as hand-edited flows have them (X1)', async () => {
    const account = accountNode(sandbox, {
      callsAtOnce: '2',
      callsPerMinute: '',
      keepalive: '60',
      persistent: 'false',
      allowPlain: 'false',
      cid: '',
      protocolVersion: '5',
    });
    const flow = await loadFlow(
      [
        account,
        request({
          allConfirmed: 'false',
          reverse: 'false',
          most: undefined,
          inFlight: undefined,
          timeout: '',
          deadline: undefined,
        }),
      ],
      credentials(),
    );
    flow.node('request').receive({});
    assert.equal(((await flow.out.next()) as { payload: unknown[] }).payload.length, devices);
    const refused = await loadFlow2([account, request({ method: 'DELETE', allConfirmed: 'false' })]);
    refused.node('request').receive({});
    assert.equal((await refused.caught.next()).error?.code, 'FLESPI_ALL_NOT_CONFIRMED');
  });
  const loadFlow2 = async (nodes: FlowNode[]): Promise<Flow> => {
    await helper.unload();
    return loadFlow(nodes, credentials());
  };

  it('takes a token with its prefix, and from the environment', async () => {
    process.env['FLESPI_TEST_TOKEN'] = `FlespiToken ${sandbox.token} `;
    try {
      const flow = await loadFlow([accountNode(sandbox), request()], { account: { token: '${FLESPI_TEST_TOKEN}' } });
      flow.node('request').receive({});
      await flow.out.next();
    } finally {
      delete process.env['FLESPI_TEST_TOKEN'];
    }
  });

  describe('redeploys', () => {
    for (const type of ['nodes', 'flows', 'full'] as const) {
      it(`${type}: a walk under way is interrupted, once, and nothing more is sent`, async () => {
        sandbox.faults.rest.add({ latency: 300 });
        const flow = await run({ results: 'pages', inFlight: '1', limit: '5' });
        flow.node('request').receive({ walk: 1 });
        await flow.out.next();
        const before = sandbox.restLog.requests.length;
        const began = performance.now();
        await deploy([accountNode(sandbox), request({ results: 'page', name: 'changed' })], type);
        assert.ok(performance.now() - began < 1500);
        const after = sinks();
        sandbox.faults.rest.clear();
        after.node('request').receive({ walk: 2 });
        await after.out.next((msg) => msg['walk'] === 2);
        assert.ok([...flow.out.messages, ...after.out.messages].filter((msg) => msg['walk'] === 1).length <= 2);
        assert.ok(sandbox.restLog.requests.length <= before + 2);
      });
    }
  });

  it('a platform that is gone is an error for each message, and it recovers', async () => {
    const passing = await startSandbox({ devices: 1, rate: 0 });
    const port = Number(new URL(passing.http).port);
    const flow = await loadFlow([accountNode(passing), request()], { account: { token: passing.token } });
    flow.node('request').receive({ n: 1 });
    await flow.out.next();
    await passing.close();
    flow.node('request').receive({ n: 2 });
    assert.equal((await flow.caught.next()).error?.code, 'FLESPI_CONNECTION_FAILED');
    const back = await startSandbox({ devices: 1, rate: 0, httpPort: port });
    try {
      flow.node('request').receive({ n: 3 });
      await flow.out.next((msg) => msg['n'] === 3);
    } finally {
      await back.close();
    }
  });

  it('calls wait for the pace of their account, and say so', async () => {
    const flow = await loadFlow(
      [accountNode(sandbox, { callsAtOnce: '1' }), request({ results: 'page' })],
      credentials(),
    );
    sandbox.faults.rest.add({ latency: 60 });
    for (let n = 0; n < 12; n += 1) flow.node('request').receive({ n });
    await flow.out.until(({ length }) => length === 12);
    await flow.completed.until(({ length }) => length === 12);
  });
});

function circular(): object {
  const object: Record<string, unknown> = {};
  object['self'] = object;
  return object;
}
