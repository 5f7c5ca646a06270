import assert from 'node:assert/strict';
import type { Node } from 'node-red';
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

describe('flespi-subscribe', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices: 5, rate: 0 });
  });
  afterEach(() => {
    for (const fault of Object.keys(sandbox.faults.mqtt))
      delete (sandbox.faults.mqtt as Record<string, unknown>)[fault];
  });
  after(() => sandbox.close());

  const subscribe = (topics: string[], more: object = {}): FlowNode => ({
    id: 'subscribe',
    type: 'flespi-subscribe',
    account: 'account',
    topics: topics.map((topic) => ({ topic, qos: '0', rh: '0' })),
    datatype: 'auto',
    inputs: 0,
    ...more,
  });
  const credentials = (): Record<string, object> => ({ account: { token: sandbox.token } });
  const device = (index: number): number => sandbox.gateway.deviceIds[index] ?? 0;
  const now = (): number => Date.now() / 1000;
  /** Topics at the broker, of all sessions. */
  const subscriptions = (): string[] =>
    sandbox.broker
      .sessions(sandbox.cid)
      .flatMap(({ id }) => sandbox.broker.subscriptions(id).map(({ topic }) => topic));
  /** Another one after every connect, as sessions are clean here. */
  const session = (): number | undefined => sandbox.broker.sessions(sandbox.cid)[0]?.id;
  const text = (msg: Message): string => (msg['status'] as { text?: string }).text ?? '';

  /** Loads, and resolves when the broker has taken every topic. */
  const run = async (topics: string[], more: object = {}, account: object = {}): Promise<Flow> => {
    const flow = await loadFlow([accountNode(sandbox, account), subscribe(topics, more)], credentials());
    await subscribed(flow);
    return flow;
  };
  /** Without catalogue the status is its key and values. */
  const subscribed = (_flow: Flow, id = 'subscribe'): Promise<void> =>
    until(() => statusOf(id).startsWith('subscribed') && new Set(statusOf(id).split(' ').slice(1, 3)).size === 1);
  const statusOf = (id = 'subscribe'): string => statusesOf(id).at(-1)?.text ?? '';

  describe('what comes out', () => {
    it('a message with topic, time, account and the properties of the broker', async () => {
      const flow = await run(['flespi/message/gw/devices/+']);
      const timestamp = now();
      sandbox.gateway.report(device(0), [{ timestamp, 'position.speed': 42 }]);
      const msg = await flow.out.next();
      assert.equal(msg['topic'], `flespi/message/gw/devices/${device(0)}`);
      assert.equal((msg.payload as Message)['position.speed'], 42);
      assert.ok(Math.abs((msg['timestamp'] as number) - timestamp) < 5);
      assert.equal(typeof msg['cid'], 'number');
      assert.equal(msg['qos'], 0);
      assert.equal(msg['retain'], false);
      assert.equal((msg['userProperties'] as Message)['cid'], String(msg['cid']));
      assert.equal(typeof msg['_msgid'], 'string');
    });

    const datatypes: [string, Buffer | string, unknown][] = [
      ['auto', '{"a":1}', { a: 1 }],
      ['auto', '12.5', 12.5],
      ['auto', 'plain words', 'plain words'],
      ['auto', '', ''],
      ['auto', Buffer.from([0xff, 0xfe]), Buffer.from([0xff, 0xfe])],
      ['auto', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
      ['auto', '{"__proto__":{"polluted":1}}', JSON.parse('{"__proto__":{"polluted":1}}')],
      ['json', 'true', true],
      ['text', '{"a":1}', '{"a":1}'],
      ['buffer', '{"a":1}', Buffer.from('{"a":1}')],
    ];
    for (const [datatype, payload, wanted] of datatypes) {
      it(`${datatype}: ${JSON.stringify(payload).slice(0, 40)} (S15)`, async () => {
        const flow = await run(['user/+'], { datatype });
        sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload });
        const msg = await flow.out.next();
        assert.deepEqual(msg.payload, wanted);
        assert.equal(({} as Message)['polluted'], undefined);
      });
    }

    it('what is no JSON although JSON was asked for goes to Catch with its text, and the next one passes (S15)', async () => {
      const flow = await run(['user/+'], { datatype: 'json' });
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '{"broken' });
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '{"fine":1}' });
      const caught = await flow.caught.next();
      assert.equal(caught.error?.code, 'FLESPI_BAD_PAYLOAD');
      assert.equal(caught.payload, '{"broken');
      assert.deepEqual((await flow.out.next()).payload, { fine: 1 });
      assert.equal(flow.out.messages.length, 1);
    });

    it('once, however many of the topics fit (S5)', async () => {
      const flow = await run(['user/#', 'user/+', 'user/x']);
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '1' });
      sandbox.broker.publish({ topic: 'user/y', cid: sandbox.cid, payload: '2' });
      await flow.out.next((msg) => msg.payload === 2);
      assert.deepEqual(
        flow.out.messages.map(({ payload }) => payload),
        [1, 2],
      );
    });

    it('what the filters at flespi let through', async () => {
      const flow = await run(['$filter/payload=position.speed%3E80/flespi/message/gw/devices/+']);
      sandbox.gateway.report(device(0), [{ timestamp: now(), 'position.speed': 20 }]);
      sandbox.gateway.report(device(1), [{ timestamp: now(), 'position.speed': 120 }]);
      const msg = await flow.out.next();
      assert.equal((msg.payload as Message)['position.speed'], 120);
    });

    it('kept states, once to each node, also to one that comes later (S5)', async () => {
      const topic = 'kept/state';
      sandbox.broker.publish({ topic, cid: sandbox.cid, payload: '5', retain: true });
      const first = { ...subscribe([topic]), id: 'first' };
      const flow = await loadFlow([accountNode(sandbox), first], credentials());
      assert.equal((await flow.out.next())['retain'], true);
      await deploy(
        [accountNode(sandbox), first, { ...subscribe([topic]), id: 'second', wires: [['caught']] }],
        'nodes',
      );
      const later = sinks();
      await later.caught.next((msg) => msg.payload === 5);
      assert.equal(later.out.messages.length, 0);
    });

    it('nothing that is not newer, when that is asked for', async () => {
      const flow = await run(['user/+'], { newerOnly: true });
      const publish = (payload: string, timestamp: number): void =>
        sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload, timestamp });
      publish('1', 1000);
      publish('2', 999);
      publish('3', 1000);
      publish('4', 1001);
      await flow.out.next((msg) => msg.payload === 4);
      assert.deepEqual(
        flow.out.messages.map(({ payload }) => payload),
        [1, 4],
      );
    });
  });

  describe('control by messages', () => {
    const dynamic = (topics: string[] = []): Promise<Flow> =>
      loadFlow([accountNode(sandbox), subscribe(topics, { inputs: 1 })], credentials());

    it('subscribe, getSubscriptions, unsubscribe', async () => {
      const flow = await dynamic();
      const node = flow.node('subscribe');
      node.receive({ action: 'subscribe', topic: ['user/a', { topic: 'user/b', qos: 1 }] });
      const done = await flow.completed.next();
      assert.equal((done['subscriptions'] as unknown[]).length, 2);
      sandbox.broker.publish({ topic: 'user/b', cid: sandbox.cid, payload: '1' });
      await flow.out.next((msg) => msg.payload === 1);
      node.receive({ action: 'getSubscriptions' });
      const list = await flow.out.next((msg) => msg['topic'] === 'subscriptions');
      assert.deepEqual(
        (list.payload as Message[]).map(({ topic, qos, state }) => [topic, qos, state]),
        [
          ['user/a', 0, 'subscribed'],
          ['user/b', 1, 'subscribed'],
        ],
      );
      node.receive({ action: 'unsubscribe', topic: 'user/b', last: 1 });
      assert.equal(((await flow.completed.next((msg) => msg['last'] === 1))['subscriptions'] as unknown[]).length, 1);
      node.receive({ action: 'unsubscribe', topic: true, last: 2 });
      assert.equal(((await flow.completed.next((msg) => msg['last'] === 2))['subscriptions'] as unknown[]).length, 0);
      sandbox.broker.publish({ topic: 'user/b', cid: sandbox.cid, payload: '2' });
      sandbox.broker.publish({ topic: 'user/a', cid: sandbox.cid, payload: '2' });
      node.receive({ action: 'subscribe', topic: 'user/c', last: 3 });
      await flow.completed.next((msg) => msg['last'] === 3);
      sandbox.broker.publish({ topic: 'user/c', cid: sandbox.cid, payload: '3' });
      await flow.out.next((msg) => msg.payload === 3);
      assert.ok(flow.out.messages.every(({ payload }) => payload !== 2));
    });

    it('places in the topics of the form are filled in from the message', async () => {
      const flow = await dynamic(['user/{{payload.who}}/x']);
      flow.node('subscribe').receive({ action: 'subscribe', payload: { who: 'a b' } });
      await flow.completed.next();
      sandbox.broker.publish({ topic: 'user/a b/x', cid: sandbox.cid, payload: '7' });
      await flow.out.next((msg) => msg.payload === 7);
    });

    it('places that no message is needed for are filled in at the start', async () => {
      process.env['FLESPI_TEST_WHO'] = 'from the environment';
      await run(['user/{{env.FLESPI_TEST_WHO}}']);
      assert.deepEqual(subscriptions(), ['user/from the environment']);
      delete process.env['FLESPI_TEST_WHO'];
    });

    it('and say so when there is nothing for them', async () => {
      const flow = await loadFlow([accountNode(sandbox), subscribe(['user/{{flow.who}}'])], credentials());
      const { error } = await flow.caught.next();
      assert.equal(error?.code, 'FLESPI_BAD_TOPIC');
      assert.match(error?.message ?? '', /there is no value/);
      await until(() => /there is no value/.test(statusOf()));
    });

    it('places are filled in from the contexts, and in conditions too', async () => {
      const encoded = encodeURIComponent('payload > {{limit}} && payload != {{global.except}}');
      const flow = await dynamic([`$filter/payload=${encoded}/user/{{flow.who}}`]);
      const contexts = (flow.node('subscribe') as unknown as Node).context();
      contexts.flow.set('who', 'b');
      contexts.global.set('except', 9);
      flow.node('subscribe').receive({ action: 'subscribe', limit: 7 });
      await flow.completed.next();
      for (const payload of ['5', '8', '9', '10']) {
        sandbox.broker.publish({ topic: 'user/b', cid: sandbox.cid, payload });
      }
      await flow.out.next((msg) => msg.payload === 10);
      assert.deepEqual(
        flow.out.messages.map(({ payload }) => payload),
        [8, 10],
      );
      flow.node('subscribe').receive({ action: 'subscribe', limit: '* || true' });
      assert.match((await flow.caught.next()).error?.message ?? '', /may not contain \* or \?/);
    });

    const wideners: unknown[] = [
      '+',
      '#',
      'a/b',
      '1,2',
      '$share',
      '',
      undefined,
      null,
      {},
      [],
      'x\u0000',
      'x'.repeat(70_000),
      '\ud800',
    ];
    for (const who of wideners) {
      it(`a value cannot widen the topic: ${JSON.stringify(who)?.slice(0, 20)} (S16)`, async () => {
        const flow = await dynamic(['user/{{who}}']);
        const before = subscriptions().length;
        flow.node('subscribe').receive({ action: 'subscribe', who });
        assert.equal((await flow.caught.next()).error?.code, 'FLESPI_BAD_TOPIC');
        assert.equal(subscriptions().length, before);
      });
    }

    const poison: unknown[] = ['a/#/b', 'a+/b', '$share/x', '$filter/payload=1', 'nul\u0000', 12, {}, { topic: '' }];
    for (const topic of poison) {
      it(`a topic that no broker takes is refused here: ${JSON.stringify(topic)} (S16)`, async () => {
        const flow = await loadFlow(
          [accountNode(sandbox), subscribe([], { inputs: 1 }), { ...subscribe(['user/+']), id: 'innocent' }],
          credentials(),
        );
        await subscribed(flow, 'innocent');
        flow.node('subscribe').receive({ action: 'subscribe', topic });
        assert.match((await flow.caught.next()).error?.code ?? '', /FLESPI_BAD_(TOPIC|INPUT)/);
        sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '1' });
        await flow.out.next((msg) => msg.payload === 1);
      });
    }

    it('an action that is none', async () => {
      const flow = await dynamic();
      flow.node('subscribe').receive({ action: 'dance' });
      assert.equal((await flow.caught.next()).error?.code, 'FLESPI_BAD_INPUT');
    });

    it('disconnect and connect', async () => {
      const flow = await run(['user/+'], { inputs: 1 });
      flow.node('subscribe').receive({ action: 'disconnect' });
      await flow.statuses.next((msg) => text(msg) === 'node-red:common.status.disconnected');
      flow.node('subscribe').receive({ action: 'connect' });
      await until(() => statusOf().startsWith('subscribed 1 1'));
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '1' });
      await flow.out.next((msg) => msg.payload === 1);
    });
  });

  describe('what goes wrong', () => {
    it('a topic that the broker refuses: Catch and status say why, the others work (S1)', async () => {
      sandbox.faults.mqtt.suback = [{ topic: 'user/no', code: 0x87 }];
      const flow = await loadFlow([accountNode(sandbox), subscribe(['user/no', 'user/yes'])], credentials());
      const caught = await flow.caught.next();
      assert.equal(caught.error?.code, 'FLESPI_SUBSCRIBE_REFUSED');
      assert.equal(caught['topic'], 'user/no');
      await flow.statuses.next((msg) => text(msg).startsWith('subscribedReason 1 2'));
      sandbox.broker.publish({ topic: 'user/yes', cid: sandbox.cid, payload: '1' });
      await flow.out.next();
      assert.equal(flow.caught.messages.length, 1);
    });

    it('a wrong token: every node says so, nothing crashes, and the token is nowhere (C6, X4)', async () => {
      const token = 'X'.repeat(64);
      const flow = await loadFlow([accountNode(sandbox), subscribe(['user/+'])], { account: { token } });
      const msg = await flow.statuses.next(
        (status) => text(status).includes('FLESPI_CONNECTION_REFUSED') || text(status).startsWith('waiting'),
      );
      assert.equal((msg['status'] as { fill: string }).fill, 'red');
      const log = helper.log().args.map(([entry]) => String(entry.msg));
      assert.ok(log.some((line) => line.includes('FLESPI_CONNECTION_REFUSED')));
      assert.ok(!JSON.stringify([log, flow.statuses.messages]).includes(token));
    });

    for (const [name, account] of [
      ['a missing account', 'gone'],
      ['no account', ''],
      ['undefined', undefined],
    ] as const) {
      it(`${name}: a red status, and an error for who controls it (X1)`, async () => {
        const flow = await loadFlow([subscribe(['user/+'], { account, inputs: 1 })]);
        assert.match(statusOf(), /FLESPI_NO_ACCOUNT/);
        flow.node('subscribe').receive({ action: 'subscribe', topic: 'x' });
        assert.equal((await flow.caught.next()).error?.code, 'FLESPI_NO_ACCOUNT');
      });
    }

    it('older and hand-edited properties (X1)', async () => {
      const flow = await loadFlow(
        [
          accountNode(sandbox, { protocolVersion: 5, persistent: 'false', sessionHours: '', keepalive: '30' }),
          { id: 'subscribe', type: 'flespi-subscribe', account: 'account', topics: [{ topic: 'user/+' }, {}] },
        ],
        credentials(),
      );
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '1' });
      await until(() => statusOf().startsWith('subscribed'));
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '2' });
      await flow.out.next((msg) => msg.payload === 2);
    });

    it('the broker goes and comes back: the subscription is there again (C2)', async () => {
      const flow = await run(['user/+']);
      // Away long enough to be shown: what is over within a second may not be.
      sandbox.faults.mqtt.refuseConnect = 0x88;
      sandbox.broker.interrupt({ how: 'reset' });
      await flow.statuses.next((msg) => (msg['status'] as { fill?: string }).fill === 'red');
      delete sandbox.faults.mqtt.refuseConnect;
      await until(() => statusOf().startsWith('subscribed 1 1'), 8000);
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '1' });
      await flow.out.next();
    });
  });

  describe('redeploys', () => {
    const publish = (payload: string): void => sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload });

    for (const type of ['nodes', 'flows', 'full'] as const) {
      it(`${type}: a changed node goes on, and no message comes twice (C12)`, async () => {
        await run(['user/+']);
        for (let round = 1; round <= 4; round += 1) {
          await deploy([accountNode(sandbox), subscribe(['user/+'], { name: `round ${round}` })], type);
          const flow = sinks();
          await subscribed(flow);
          publish(String(round));
          await flow.out.next((msg) => msg.payload === round);
          assert.equal(flow.out.messages.filter(({ payload }) => payload === round).length, 1);
        }
        assert.equal(sandbox.broker.stats.connections, 1);
      });
    }

    it('a changed node keeps the connection of the account', async () => {
      await run(['user/+']);
      const connects = session();
      await deploy([accountNode(sandbox), subscribe(['user/+', 'user/x'])], 'nodes');
      await subscribed(sinks());
      assert.equal(session(), connects);
    });

    it('a removed node unsubscribes (S6)', async () => {
      await run(['user/+'], {}, {});
      await deploy([accountNode(sandbox), { ...subscribe(['other/+']), id: 'other' }], 'nodes');
      await until(() => subscriptions().length === 1);
    });

    it('the last node that needs the connection closes it with the account', async () => {
      await run(['user/+']);
      await helper.unload();
      await until(() => sandbox.broker.stats.connections === 0);
    });
  });

  it('one connection for all nodes of an account, none for an account that nobody uses (C19)', async () => {
    const nodes = Array.from({ length: 10 }, (_, index) => ({ ...subscribe([`user/${index}`]), id: `sub-${index}` }));
    const flow = await loadFlow([accountNode(sandbox), { ...accountNode(sandbox), id: 'unused' }, ...nodes], {
      ...credentials(),
      unused: { token: sandbox.token },
    });
    await subscribed(flow, 'sub-9');
    assert.equal(sandbox.broker.stats.connections, 1);
  });

  it('works over MQTT 3.1.1, too', async () => {
    const flow = await run(['user/+'], {}, { protocolVersion: '4' });
    sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: '1' });
    const msg = await flow.out.next();
    assert.equal(msg.payload, 1);
    assert.equal(msg['timestamp'], undefined);
  });
});

/** Looks again and again; for what no event tells. */
async function until(condition: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
