import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import {
  accountNode,
  deploy,
  helper,
  loadFlow,
  sinks,
  useRuntime,
  type Flow,
  type FlowNode,
  type Message,
} from './flow';

const devices = 25;

describe('flespi-rpc', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices, rate: 0 });
  });
  afterEach(() => {
    sandbox.faults.rest.clear();
    delete sandbox.faults.mqtt.rpc;
  });
  after(() => sandbox.close());

  const rpc = (more: object = {}): FlowNode => ({
    id: 'rpc',
    type: 'flespi-rpc',
    account: 'account',
    method: 'GET',
    template: 'gw/devices/:devices',
    selectors: [{ kind: 'all' }],
    fields: 'id,name',
    results: 'array',
    limit: '10',
    timeout: '5',
    ...more,
  });
  const credentials = (): Record<string, object> => ({ account: { token: sandbox.token } });
  const run = (more: object = {}, account: object = {}): Promise<Flow> =>
    loadFlow([accountNode(sandbox, account), rpc(more)], credentials());
  const length = (msg: Message): number => (msg.payload as unknown[]).length;

  it('reads every page over MQTT, and keeps what the message had', async () => {
    const flow = await run();
    flow.node('rpc').receive({ topic: 'kept', responseTopic: 'mine', correlationData: 'mine' });
    const msg = await flow.out.next();
    assert.equal(length(msg), devices);
    assert.equal(msg['topic'], 'kept');
    assert.equal(msg['statusCode'], 200);
    assert.equal(msg['responseTopic'], 'mine');
    assert.equal(msg['headers'], undefined);
    assert.equal(sandbox.restLog.requests.length, 0);
    await flow.completed.next();
  });

  for (const chunkBytes of [1, 7, 1000]) {
    it(`puts an answer in chunks of ${chunkBytes} bytes together`, async () => {
      sandbox.faults.mqtt.rpc = { chunkBytes };
      const flow = await run({ results: 'page', limit: '5' });
      flow.node('rpc').receive({});
      assert.equal(length(await flow.out.next()), 5);
    });
  }

  it('reads messages of a period, with its parameters in the payload', async () => {
    const flow = await run({
      template: 'gw/devices/:devices/messages',
      selectors: [{ kind: 'ids', value: String(sandbox.gateway.deviceIds[0]), type: 'str' }],
      range: 'last',
      rangeAmount: '2',
      rangeUnit: 'days',
      fields: 'timestamp',
      most: '50',
      count: '20',
    });
    flow.node('rpc').receive({});
    const msg = await flow.out.next();
    assert.equal(length(msg), 50);
  });

  it('answers calls that are under way together to whom they belong', async () => {
    sandbox.faults.mqtt.rpc = { chunkBytes: 50, interleave: 10 };
    const flow = await run(
      { results: 'page', selectors: [{ kind: 'typed', value: 'device', type: 'msg' }] },
      { callsAtOnce: '20' },
    );
    for (const device of sandbox.gateway.deviceIds.slice(0, 10)) flow.node('rpc').receive({ device });
    const messages = await flow.out.until((all) => all.length === 10);
    for (const msg of messages) assert.equal((msg.payload as Message[])[0]?.['id'], msg['device']);
  });

  it('a write, with the payload for its body', async () => {
    const [id] = sandbox.gateway.deviceIds;
    const flow = await run({ method: 'PATCH', selectors: [{ kind: 'ids', value: String(id), type: 'str' }] });
    flow.node('rpc').receive({ payload: { name: 'By MQTT' } });
    assert.deepEqual((await flow.out.next()).payload, [{ id, name: 'By MQTT' }]);
  });

  const failures: [string, object, object, Record<string, unknown>, string][] = [
    ['an unknown path', { template: 'gw/devises/:devices' }, {}, {}, 'FLESPI_NOT_FOUND'],
    ['all with a write', { method: 'DELETE' }, {}, {}, 'FLESPI_ALL_NOT_CONFIRMED'],
    [
      'a subaccount that is none',
      { responseCid: 'who', responseCidType: 'msg' },
      { who: 'me' },
      {},
      'FLESPI_BAD_INPUT',
    ],
    ['no answer', { timeout: '1', deadline: '1' }, {}, { silent: true }, 'FLESPI_TIMEOUT'],
    ['a status that is none', {}, {}, { httpCode: 'abc' }, 'FLESPI_BAD_ANSWER'],
  ];
  for (const [name, properties, message, faults, code] of failures) {
    it(`${name}: ${code} on Catch, and the next message passes (X3)`, async () => {
      const flow = await loadFlow(
        [accountNode(sandbox), rpc(properties), { ...rpc({ results: 'page' }), id: 'good' }],
        credentials(),
      );
      if (Object.keys(faults).length > 0) sandbox.faults.mqtt.rpc = faults;
      flow.node('rpc').receive(message);
      const caught = await flow.caught.next();
      assert.equal(caught.error?.code, code);
      assert.equal(flow.out.messages.length, 0);
      delete sandbox.faults.mqtt.rpc;
      flow.node('good').receive({});
      await flow.completed.next();
      assert.equal(flow.out.messages.length, 1);
    });
  }

  it('a refusal of flespi brings its status and body along', async () => {
    const flow = await run({ method: 'POST', template: 'gw/devices', selectors: [] });
    flow.node('rpc').receive({ payload: [{ nonsense: 1 }] });
    const caught = await flow.caught.next();
    assert.equal(caught.error?.code, 'FLESPI_BAD_REQUEST');
    assert.equal(caught['statusCode'], 400);
    assert.ok((caught.payload as { errors: unknown[] }).errors.length > 0);
  });

  it('MQTT 3.1.1: every call says that it needs 5', async () => {
    const flow = await run({}, { protocolVersion: '4' });
    flow.node('rpc').receive({});
    assert.equal((await flow.caught.next()).error?.code, 'FLESPI_NEEDS_MQTT5');
  });

  it('without a broker a call fails and is not sent later', async () => {
    const flow = await loadFlow(
      [accountNode({ http: sandbox.http, mqtt: 'mqtt://127.0.0.1:1' }), rpc({ timeout: '2', deadline: '2' })],
      credentials(),
    );
    flow.node('rpc').receive({});
    assert.match((await flow.caught.next()).error?.code ?? '', /FLESPI_(NOT_CONNECTED|TIMEOUT)/);
  });

  it('a wrong token fails every call, and is not shown (C6, X4)', async () => {
    const token = 'Y'.repeat(64);
    const flow = await loadFlow([accountNode(sandbox), rpc({ timeout: '3', deadline: '3' })], { account: { token } });
    flow.node('rpc').receive({});
    const caught = await flow.caught.next();
    assert.match(caught.error?.code ?? '', /FLESPI_(NOT_CONNECTED|CONNECTION_REFUSED)/);
    assert.ok(!JSON.stringify([caught, helper.log().args.map(([entry]) => String(entry.msg))]).includes(token));
  });

  it('a connection that is lost before the answer: the outcome is unknown for a write, a read is asked again', async () => {
    sandbox.faults.mqtt.rpc = { silent: true };
    const [id] = sandbox.gateway.deviceIds;
    const write = rpc({ method: 'PATCH', selectors: [{ kind: 'ids', value: String(id), type: 'str' }] });
    const flow = await loadFlow([accountNode(sandbox), write], credentials());
    const before = sandbox.broker.stats.calls;
    flow.node('rpc').receive({ payload: { name: 'Lost' } });
    await until(() => sandbox.broker.stats.calls > before || sandbox.broker.sessions(sandbox.cid).length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    sandbox.broker.interrupt({ how: 'reset' });
    assert.equal((await flow.caught.next()).error?.code, 'FLESPI_OUTCOME_UNKNOWN');
  });

  for (const type of ['nodes', 'full'] as const) {
    it(`${type} deploy with calls under way: each ends once, quickly`, async () => {
      sandbox.faults.mqtt.rpc = { silent: true };
      const flow = await run({}, { callsAtOnce: '50' });
      for (let n = 0; n < 20; n += 1) flow.node('rpc').receive({ n });
      await until(() => sandbox.broker.sessions(sandbox.cid).length > 0);
      const began = performance.now();
      await deploy([accountNode(sandbox), rpc({ name: 'changed' })], type);
      assert.ok(performance.now() - began < 2000);
      delete sandbox.faults.mqtt.rpc;
      const after = sinks();
      after.node('rpc').receive({ again: true });
      await after.out.next((msg) => msg['again'] === true);
      assert.equal(after.out.messages.length, 1);
    });
  }

  it('shares the one connection with a subscription', async () => {
    const flow = await loadFlow(
      [
        accountNode(sandbox),
        rpc(),
        { id: 'sub', type: 'flespi-subscribe', account: 'account', topics: [{ topic: 'user/+' }], wires: [['caught']] },
      ],
      credentials(),
    );
    flow.node('rpc').receive({});
    await flow.out.next();
    assert.equal(sandbox.broker.stats.connections, 1);
    assert.equal(flow.caught.messages.length, 0);
  });
});

async function until(condition: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
