import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { describeWith } from '../servers/describe-with';
import { durable, Mosquitto } from '../servers/mosquitto';
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import {
  accountNode,
  deploy,
  helper,
  loadFlow,
  statusesOf,
  useRuntime,
  type Flow,
  type FlowNode,
  type Message,
} from './flow';

interface Target {
  port: number;
  token: string;
  http: string;
  close(): Promise<void>;
}

describe('flespi-subscribe on the sandbox: the flow confirms', () =>
  suite(async () => {
    const sandbox: Sandbox = await startSandbox({ devices: 1, rate: 0 });
    const { token, http } = sandbox;
    return { port: Number(new URL(sandbox.mqtt).port), token, http, close: () => sandbox.close() };
  }));

describeWith('mosquitto', 'flespi-subscribe on Mosquitto: the flow confirms', () =>
  suite(async () => {
    const broker = await Mosquitto.start(durable);
    return { port: broker.port, token: 'any', http: 'http://127.0.0.1:9', close: () => broker.close() };
  }),
);

function suite(start: () => Promise<Target>): void {
  useRuntime();
  let target: Target;
  let publisher: MqttClient;
  let clients = 0;
  const closing: (() => Promise<void> | void)[] = [];
  before(async () => {
    target = await start();
    publisher = await connectAsync(`mqtt://127.0.0.1:${target.port}`, { protocolVersion: 5, username: target.token });
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  after(async () => {
    await publisher.endAsync();
    await target.close();
  });

  const account = (port = target.port): FlowNode =>
    accountNode(
      { http: target.http, mqtt: `mqtt://127.0.0.1:${port}` },
      { persistent: true, clientId: `confirm-${clients}` },
    );
  const subscribe = (more: object = {}): FlowNode => ({
    id: 'subscribe',
    type: 'flespi-subscribe',
    account: 'account',
    topics: [{ topic: `user/${clients}/+`, qos: '1', rh: '2' }],
    inputs: 1,
    confirm: true,
    ...more,
  });
  const status = (): string => statusesOf('subscribe').at(-1)?.text ?? '';
  const run = async (more: object = {}, port?: number): Promise<Flow> => {
    clients += 1;
    return load([account(port), subscribe(more)]);
  };
  const load = async (nodes: FlowNode[]): Promise<Flow> => {
    const flow = await loadFlow(nodes, { account: { token: target.token } });
    await until(() => status().startsWith('subscribed 1 1'));
    return flow;
  };
  const publish = async (payload: unknown, qos: 0 | 1 = 1): Promise<void> => {
    await publisher.publishAsync(`user/${clients}/a`, String(payload), { qos });
  };
  const ackOf = (msg: Message): string => (msg['flespi'] as { ack: string }).ack;
  const dupOf = (msg: Message): boolean => (msg['flespi'] as { dup: boolean }).dup;
  const confirm = (flow: Flow, msg: Message): void => flow.node('subscribe').receive({ flespi: { ack: ackOf(msg) } });
  const payloads = (flow: Flow): unknown[] => flow.out.messages.map(({ payload }) => payload);

  it('gives only so many, and the next when one is confirmed', async () => {
    const flow = await run({ confirmMost: '2' });
    for (const number of [1, 2, 3, 4]) await publish(number);
    const [first, second] = await flow.out.until((messages) => messages.length === 2);
    await until(() => status().includes('unconfirmed 2'));
    assert.deepEqual(payloads(flow), [1, 2]);
    assert.equal(typeof ackOf(first as Message), 'string');
    confirm(flow, second as Message);
    await flow.out.until((messages) => messages.length === 3);
    confirm(flow, first as Message);
    await flow.out.until((messages) => messages.length === 4);
    assert.deepEqual(payloads(flow), [1, 2, 3, 4]);
  });

  it('confirms by msg.action too, several at a time, and ends each input message', async () => {
    const flow = await run({ confirmMost: '2' });
    for (const number of [1, 2, 3, 4]) await publish(number);
    const two = await flow.out.until((messages) => messages.length === 2);
    flow.node('subscribe').receive({ action: 'confirm', flespi: { ack: two.map((msg) => ackOf(msg)) } });
    await flow.out.until((messages) => messages.length === 4);
    assert.equal((await flow.completed.next())['action'], 'confirm');
  });

  it('ignores and counts what is confirmed twice, unknown, or of an earlier deploy (S13)', async () => {
    const flow = await run({ confirmMost: '1' });
    await publish(1);
    const first = await flow.out.next();
    confirm(flow, first);
    confirm(flow, first);
    flow.node('subscribe').receive({ flespi: { ack: 'nobody knows this' } });
    await until(() => status().includes('ignored 2'));
    await publish(2);
    const second = await flow.out.next(({ payload }) => payload === 2);
    await deploy([account(), subscribe({ confirmMost: '1', name: 'changed' })], 'nodes');
    const again = await flow.out.until((messages) => messages.length === 3).then((messages) => messages[2] as Message);
    assert.equal(again.payload, 2);
    assert.equal(dupOf(again), true);
    assert.notEqual(ackOf(again), ackOf(second));
    confirm(flow, second);
    await publish(3);
    await until(() => status().includes('ignored 1'));
    assert.equal(flow.out.messages.length, 3);
    confirm(flow, again);
    await flow.out.next(({ payload }) => payload === 3);
    assert.equal(flow.caught.messages.length, 0);
  });

  const mistakes: [string, object][] = [
    ['no handle', { action: 'confirm' }],
    ['a handle that is no text', { flespi: { ack: 5 } }],
    ['another action', { action: 'confirmed', flespi: { ack: 'x' } }],
  ];
  for (const [title, msg] of mistakes) {
    it(`reports ${title}`, async () => {
      const flow = await run();
      flow.node('subscribe').receive({ ...msg });
      assert.equal((await flow.caught.next()).error?.code, 'FLESPI_BAD_INPUT');
    });
  }

  it('counts what is late and takes it as confirmed; others go on (S12)', async () => {
    clients += 1;
    const other = { ...subscribe({ confirm: false }), id: 'other', wires: [['statuses']] };
    const flow = await load([account(), subscribe({ confirmMost: '1', confirmSeconds: '1' }), other]);
    await publish(1);
    await publish(2);
    await flow.statuses.next(({ payload }) => payload === 2);
    await flow.out.until((messages) => messages.length === 2);
    await until(() => status().includes('overdue 1'));
    assert.deepEqual(payloads(flow), [1, 2]);
  });

  it('counts what is late and gives it again, when that is chosen (S12)', async () => {
    const flow = await run({ confirmMost: '1', confirmSeconds: '1', confirmLate: 'again' });
    await publish(1);
    const [first, again] = await flow.out.until((messages) => messages.length === 2);
    assert.deepEqual(payloads(flow), [1, 1]);
    assert.deepEqual([dupOf(first as Message), dupOf(again as Message)], [false, true]);
    confirm(flow, again as Message);
    await publish(2);
    await flow.out.next(({ payload }) => payload === 2);
  });

  it('drops the oldest of QoS 0 beyond its bound, and counts them (S11)', async () => {
    const flow = await run({ confirmMost: '1' });
    for (let number = 0; number < 1500; number += 1) await publish(number, 0);
    await publish('last', 0);
    const [first] = await flow.out.until((messages) => messages.length === 1);
    await until(() => status().includes('dropped 500'));
    assert.ok(status().includes('held 1000'), status());
    confirm(flow, first as Message);
    await flow.out.next(({ payload }) => payload === 501);
  });

  it('leaves QoS 1 with the broker, however much there is, and loses none (S11)', async function () {
    this.timeout(30_000);
    const flow = await run({ confirmMost: '10' });
    for (let number = 0; number < 1500; number += 1) await publish(number);
    await until(() => status().includes('held'));
    answerAll(flow);
    await flow.out.until((messages) => new Set(messages.map(({ payload }) => payload)).size === 1500, 20_000);
    await until(() => !status().includes('dropped'));
  });

  it('has one handle for a batch', async () => {
    const flow = await run({ output: 'batch', batchCount: '3', batchMilliseconds: '60000', confirmMost: '3' });
    for (let number = 0; number < 6; number += 1) await publish(number);
    const first = await flow.out.next();
    assert.deepEqual(first.payload, [0, 1, 2]);
    confirm(flow, first);
    await flow.out.until((messages) => messages.length === 2);
    assert.deepEqual(payloads(flow)[1], [3, 4, 5]);
  });

  it('gives a batch that was not sent, and one that was not confirmed, to the node that comes back', async () => {
    const batch = { output: 'batch', batchCount: '3', batchMilliseconds: '600000' };
    const flow = await run(batch);
    for (let number = 0; number < 5; number += 1) await publish(number);
    await flow.out.next();
    await until(() => status().includes('unconfirmed 5'));
    await deploy([account(), subscribe({ ...batch, batchCount: '5' })], 'nodes');
    await flow.out.until((messages) => messages.length === 2);
    assert.deepEqual(new Set(payloads(flow)[1] as number[]), new Set([0, 1, 2, 3, 4]));
  });

  it('gets again from the broker what was not confirmed before a restart (S10)', async () => {
    const nodes = (): FlowNode[] => [account(), subscribe()];
    const before = await run();
    for (const number of [1, 2, 3]) await publish(number);
    const [first] = await before.out.until((messages) => messages.length === 3);
    confirm(before, first as Message);
    await before.completed.next();
    // Everything goes, the account too, as when Node-RED ends.
    await helper.unload();
    const after = await load(nodes());
    await after.out.until((messages) => messages.length === 2);
    assert.deepEqual(new Set(payloads(after)), new Set([2, 3]));
  });

  for (const [title, more] of [
    ['each', {}],
    ['batches', { output: 'batch', batchCount: '20', batchMilliseconds: '20' }],
  ] as const) {
    it(`loses nothing while the link is cut every 0.7 s: ${title} (S9)`, async function () {
      this.timeout(60_000);
      const proxy: TcpProxy = await startTcpProxy(target.port);
      closing.push(() => proxy.close());
      const flow = await run(more, proxy.port);
      answerAll(flow);
      let cuts = 0;
      const timer = setInterval(() => {
        cuts += 1;
        proxy.cut(cuts % 2 === 0 ? 'fin' : 'rst');
        // Otherwise it would wait longer and longer, and most cuts would find no link.
        setTimeout(() => flow.node('subscribe').receive({ action: 'connect' }), 50);
      }, 700);
      closing.push(() => clearInterval(timer));
      const messages = 2000;
      for (let number = 0; number < messages; number += 1) {
        await publish(number);
        if (number % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      clearInterval(timer);
      const got = (): unknown[] => payloads(flow).flat();
      await flow.out.until(() => new Set(got()).size === messages, 40_000);
      assert.ok(cuts >= 5, `${cuts} cuts`);
      // The broker sends again at most what it may send without acknowledgement.
      assert.ok(got().length - messages <= 500 * (cuts + 1), `${got().length - messages} came twice`);
    });
  }

  /** A flow that is done with each message some time later, in no particular order. */
  function answerAll(flow: Flow): void {
    const node = flow.node('subscribe');
    const done = (msg: Message): void =>
      void setTimeout(() => node.receive({ flespi: { ack: ackOf(msg) } }), Math.random() * 5);
    for (const msg of flow.out.messages) done(msg);
    flow.node('out').on('input', (msg) => done(msg as Message));
  }
}

async function until(condition: () => boolean, milliseconds = 14_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!condition()) {
    if (performance.now() > end) throw new Error('not in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
