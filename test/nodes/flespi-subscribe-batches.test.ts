import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MessageBatch } from '../../nodes/message-batch';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { accountNode, deploy, loadFlow, statusesOf, useRuntime, type Flow, type FlowNode, type Message } from './flow';

describe('MessageBatch', () => {
  it('gives everything, once, in order, and never more than its bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { maxLength: 200 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 200 }),
        (sizes, count, bytes) => {
          const given: { index: number; size: number }[][] = [];
          const bounds = { count, bytes, milliseconds: 60_000 };
          const batch = new MessageBatch<{ index: number; size: number }>(bounds, (entries) => given.push(entries));
          sizes.forEach((size, index) => batch.add({ index, size }, size));
          batch.flush();
          assert.deepEqual(
            given.flat().map(({ index }) => index),
            sizes.map((_, index) => index),
          );
          for (const entries of given) {
            assert.ok(entries.length > 0 && entries.length <= count);
            // The last one may go beyond; before it there was room.
            assert.ok(entries.slice(0, -1).reduce((sum, { size }) => sum + size, 0) < bytes);
          }
        },
      ),
    );
  });

  it('gives what is there when the first has waited for the time, and then waits anew', async () => {
    const given: number[][] = [];
    const batch = new MessageBatch<number>({ count: 100, bytes: 1e6, milliseconds: 20 }, (entries) =>
      given.push(entries),
    );
    batch.add(1, 1);
    batch.add(2, 1);
    await until(() => given.length === 1);
    batch.add(3, 1);
    await until(() => given.length === 2);
    assert.deepEqual(given, [[1, 2], [3]]);
  });

  it('gives nothing after it was cleared', () => {
    const given: number[][] = [];
    const batch = new MessageBatch<number>({ count: 2, bytes: 1e6, milliseconds: 1 }, (entries) => given.push(entries));
    batch.add(1, 1);
    batch.clear();
    batch.add(2, 1);
    batch.clear();
    batch.flush();
    assert.deepEqual(given, []);
  });
});

describe('flespi-subscribe: batches', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices: 2, rate: 0 });
  });
  after(() => sandbox.close());

  const subscribe = (more: object): FlowNode => ({
    id: 'subscribe',
    type: 'flespi-subscribe',
    account: 'account',
    topics: [{ topic: 'user/+', qos: '1', rh: '0' }],
    output: 'batch',
    ...more,
  });
  const run = async (more: object): Promise<Flow> => {
    const flow = await loadFlow([accountNode(sandbox), subscribe(more)], { account: { token: sandbox.token } });
    await until(() => statusesOf('subscribe').at(-1)?.text?.startsWith('subscribed 1 1') === true);
    return flow;
  };
  const publish = (topic: string, payload: string, timestamp = 1700000000): void =>
    sandbox.broker.publish({ topic, cid: sandbox.cid, payload, timestamp });

  it('a list of payloads, and the messages that they came in', async () => {
    const flow = await run({ batchCount: '3', batchMilliseconds: '60000' });
    publish('user/a', '{"speed":1}', 1700000001);
    publish('user/b', '2', 1700000002);
    publish('user/a', 'three', 1700000003);
    const msg = await flow.out.next();
    assert.deepEqual(msg.payload, [{ speed: 1 }, 2, 'three']);
    assert.equal('topic' in msg, false);
    const messages = msg['messages'] as Message[];
    assert.deepEqual(
      messages.map(({ topic, timestamp, payload }) => [topic, timestamp, payload]),
      [
        ['user/a', 1700000001, { speed: 1 }],
        ['user/b', 1700000002, 2],
        ['user/a', 1700000003, 'three'],
      ],
    );
    for (const message of messages) {
      assert.equal(message['qos'], 1);
      assert.equal(message['retain'], false);
      assert.equal(message['cid'], sandbox.cid);
      assert.equal((message['userProperties'] as Message)['cid'], String(sandbox.cid));
    }
  });

  it('the topic where all have the same', async () => {
    const flow = await run({ batchCount: 2, batchMilliseconds: 60_000 });
    publish('user/a', '1');
    publish('user/a', '2');
    assert.equal((await flow.out.next())['topic'], 'user/a');
  });

  it('fewer when the time is over', async () => {
    const flow = await run({ batchCount: '1000', batchMilliseconds: '50' });
    publish('user/a', '1');
    publish('user/a', '2');
    assert.deepEqual((await flow.out.next()).payload, [1, 2]);
  });

  it('1,000 messages in batches of 100: each once, in order', async () => {
    const flow = await run({ batchCount: '100', batchMilliseconds: '60000' });
    for (let number = 0; number < 1000; number += 1) publish('user/a', String(number));
    const batches = await flow.out.until((messages) => messages.length >= 10);
    assert.deepEqual(
      batches.map(({ payload }) => (payload as unknown[]).length),
      Array.from({ length: 10 }, () => 100),
    );
    assert.deepEqual(
      batches.flatMap(({ payload }) => payload),
      Array.from({ length: 1000 }, (_, number) => number),
    );
  });

  it('leaves out and reports what cannot be read', async () => {
    const flow = await run({ batchCount: '2', batchMilliseconds: '60000', datatype: 'json' });
    publish('user/a', '1');
    publish('user/b', 'no JSON');
    publish('user/a', '2');
    assert.deepEqual((await flow.out.next()).payload, [1, 2]);
    const caught = await flow.caught.next();
    assert.equal(caught.error?.code, 'FLESPI_BAD_PAYLOAD');
    assert.equal(caught['topic'], 'user/b');
  });

  it('gives what was collected when it is deployed again', async () => {
    const before = subscribe({ batchCount: '10', batchMilliseconds: '600000' });
    // It gets the same at the same moment, and says so.
    const marker = { ...subscribe({ output: 'each' }), id: 'marker' };
    const flow = await loadFlow([accountNode(sandbox), before, marker], { account: { token: sandbox.token } });
    await until(() => statusesOf('subscribe').at(-1)?.text?.startsWith('subscribed 1 1') === true);
    publish('user/a', '1');
    publish('user/a', '2');
    await flow.out.next(({ payload }) => payload === 2);
    await deploy([accountNode(sandbox), { ...before, batchCount: '11' }, marker], 'nodes');
    assert.deepEqual((await flow.out.next(({ payload }) => Array.isArray(payload))).payload, [1, 2]);
  });

  const wrong: [object, string][] = [
    [{ batchCount: '0' }, 'batchCount'],
    [{ batchCount: 'many' }, 'batchCount'],
    [{ batchMilliseconds: '-1' }, 'batchMilliseconds'],
  ];
  for (const [more, name] of wrong) {
    it(`says what is wrong with ${JSON.stringify(more)}`, async () => {
      const flow = await loadFlow([accountNode(sandbox), subscribe(more)], { account: { token: sandbox.token } });
      await until(() => statusesOf('subscribe').at(-1)?.fill === 'red');
      assert.match(statusesOf('subscribe').at(-1)?.text ?? '', new RegExp(`FLESPI_BAD_INPUT|${name}`));
      assert.equal(flow.out.messages.length, 0);
    });
  }

  it('a message for each where the flow is of an earlier version', async () => {
    const flow = await run({ output: undefined });
    publish('user/a', '1');
    assert.equal((await flow.out.next()).payload, 1);
  });
});

async function until(fits: () => boolean): Promise<void> {
  const end = AbortSignal.timeout(5000);
  while (!fits()) {
    if (end.aborted) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
