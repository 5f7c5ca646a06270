import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Subscription } from '../../nodes/protocol/subscription';
import { Connections } from '../servers/connections';
import { FakeBroker } from '../servers/fake-broker';

const mebi = 1024 * 1024;
const hold = { messages: 1000, bytes: 16 * mebi };

/** Ten times more comes than the flow confirms, and the bounds are those that hold when nobody says otherwise. */
describe('a flow that is ten times too slow (S11)', function () {
  this.timeout(30_000);
  let broker: FakeBroker;
  const connections = new Connections();
  beforeEach(async () => {
    broker = await FakeBroker.start();
  });
  afterEach(async () => {
    await connections.close();
    await broker.close();
  });

  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  /** What the flow got, and can confirm; of the messages only their numbers are kept. */
  interface Slow {
    subscription: Subscription;
    got: number[];
    confirmations: (() => void)[];
  }
  const subscribe = async (qos: 0 | 1): Promise<Slow> => {
    const connection = connections.open({ url: broker.url, token: 'any' });
    const got: number[] = [];
    const confirmations: (() => void)[] = [];
    const subscription = connection.subscribe(
      { filter: 'a', qos },
      {
        confirms: { window: 10, deadline: 600_000 },
        message: ({ payload }, confirm) => {
          got.push(Number(payload.toString()));
          if (confirm) confirmations.push(confirm);
        },
      },
    );
    await broker.until(() => broker.of('subscribe').length === 1);
    while (subscription.state.kind !== 'subscribed') await turn();
    return { subscription, got, confirmations };
  };

  interface Peak {
    held: number;
    bytes: number;
    memory: number;
  }
  /** Sends so many messages, of which the flow confirms one in ten; returns the most that was held meanwhile. */
  async function pour(qos: 0 | 1, messages: number, length: number, slow: Slow): Promise<Peak> {
    const peak: Peak = { held: 0, bytes: 0, memory: 0 };
    const { socket } = broker.last;
    const before = buffers();
    for (let number = 1; number <= messages; number += 1) {
      broker.last.publish('a', String(number).padEnd(length), { qos, ...(qos === 1 && { messageId: number }) });
      if (number % 10 !== 0) continue;
      do {
        slow.confirmations.shift()?.();
        await turn();
        // What is not read waits at the broker.
      } while (socket.writableLength > mebi);
      const { held, bytes } = slow.subscription.backlog;
      peak.held = Math.max(peak.held, held);
      peak.bytes = Math.max(peak.bytes, bytes);
      if (number % (messages / 5) === 0) peak.memory = Math.max(peak.memory, buffers() - before);
    }
    return peak;
  }
  /** Confirms until it is so. */
  async function finish({ confirmations }: Slow, enough: () => boolean): Promise<void> {
    while (!enough()) {
      for (const confirm of confirmations.splice(0)) confirm();
      await turn();
    }
  }

  /** [what, messages, their length]. */
  const cases: [string, number, number][] = [
    ['20,000 small messages', 20_000, 100],
    ['2,000 messages of 100 kB', 2000, 100_000],
  ];
  for (const [what, messages, length] of cases) {
    it(`QoS 0, ${what}: the oldest are dropped and counted, the rest is bounded in number and bytes`, async () => {
      const slow = await subscribe(0);
      const { got, subscription } = slow;
      const peak = await pour(0, messages, length, slow);
      while (got.length + subscription.backlog.held + subscription.backlog.dropped < messages) await turn();
      assert.ok(peak.held <= hold.messages && peak.bytes <= hold.bytes, JSON.stringify(peak));
      assert.ok(peak.held >= Math.min(hold.messages, hold.bytes / length) * 0.9, 'a bound was reached');
      assert.ok(peak.memory <= 64 * mebi, `${peak.memory / mebi} MiB`);
      const { dropped, held } = subscription.backlog;
      assert.equal(got.length + held + dropped, messages);
      await finish(slow, () => subscription.backlog.held === 0);
      assert.deepEqual(
        got,
        got.toSorted((left, right) => left - right),
      );
      assert.deepEqual(
        got.slice(-held),
        Array.from({ length: held }, (_, index) => messages - held + 1 + index),
        'the newest are left',
      );
    });
  }

  for (const [what, messages, length] of cases) {
    it(`QoS 1, ${what}, and a broker that keeps no limit: not read any further, and none is lost`, async () => {
      const slow = await subscribe(1);
      const { got, subscription } = slow;
      const peak = await pour(1, messages, length, slow);
      // The message with which it is full is held too.
      assert.ok(peak.held <= hold.messages && peak.bytes <= hold.bytes + 2 * length, JSON.stringify(peak));
      assert.ok(peak.held >= Math.min(hold.messages, hold.bytes / length) * 0.9, 'a bound was reached');
      assert.ok(peak.memory <= 64 * mebi, `${peak.memory / mebi} MiB`);
      await finish(slow, () => got.length === messages);
      await finish(slow, () => broker.of('puback').length === messages);
      const all = Array.from({ length: messages }, (_, index) => index + 1);
      assert.deepEqual(got, all);
      assert.deepEqual(
        broker.of('puback').map(({ messageId }) => messageId),
        all,
        'acknowledged in order',
      );
      assert.equal(subscription.backlog.dropped, 0);
      assert.equal(broker.peers.length, 1);
    });
  }
});

/** Bytes outside the heap that somebody still has. */
function buffers(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What the first finds is given back while the second begins.
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
