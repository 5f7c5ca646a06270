import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import {
  accountNode,
  deploy,
  helper,
  loadFlow,
  nodeSets,
  once,
  sinks,
  statusesOf,
  useRuntime,
  type FlowNode,
} from './flow';

interface Counts {
  listeners: number;
  sockets: number;
  timers: number;
}

const deploys = 200;

describe('redeploys', function () {
  this.timeout(60_000);
  useRuntime();
  let sandbox: Sandbox;
  let RED: NodeAPI;
  before(async () => {
    nodeSets.push((runtime) => (RED = runtime));
    sandbox = await startSandbox({ devices: 2, rate: 0 });
  });
  after(() => {
    nodeSets.pop();
    return sandbox.close();
  });

  const call = { template: 'gw/devices/:devices', selectors: [{ kind: 'all' }], results: 'page', wires: [[]] };
  const flow = (name: string): FlowNode[] => [
    accountNode(sandbox),
    {
      id: 'subscribe',
      type: 'flespi-subscribe',
      account: 'account',
      name,
      topics: [
        { topic: 'user/+', qos: '1', rh: '0' },
        { topic: 'user/#', qos: '0', rh: '0' },
      ],
    },
    { id: 'request', type: 'flespi-request', account: 'account', name, ...call },
    { id: 'rpc', type: 'flespi-rpc', account: 'account', name, ...call },
  ];
  const shows = async (start: string): Promise<void> => {
    const node = helper.getNode('subscribe');
    while (!statusesOf('subscribe').at(-1)?.text?.startsWith(start)) await once(node, 'call:status');
  };
  /** What there is when everything is connected and nothing is under way. */
  const counted = async (): Promise<Counts> => {
    // What waits for the next turns, or for the other end of a socket, is no leak.
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => void setImmediate(resolve));
    const resources = process.getActiveResourcesInfo();
    const listenersOf = (emitter: NodeJS.EventEmitter): number =>
      emitter.eventNames().reduce((sum, event) => sum + emitter.listenerCount(event), 0);
    return {
      listeners: listenersOf(RED.events) + listenersOf(process),
      sockets: resources.filter((name) => name === 'TCPSocketWrap').length,
      timers: resources.filter((name) => name === 'Timeout').length,
    };
  };

  it(`${deploys} of them, full and of changed nodes, half of them without a broker: nothing grows, and no message comes twice (C12)`, async () => {
    await loadFlow(flow('first'), { account: { token: sandbox.token } });
    await shows('subscribed 2 2');
    const took: number[] = [];
    let before: Counts | undefined;
    for (let round = 0; round < deploys / 2; round += 1) {
      // A link is up to be lost, and one attempt has failed.
      sandbox.faults.mqtt.refuseConnect = 0x88;
      sandbox.broker.interrupt({ how: 'reset' });
      for (const type of round % 2 === 0 ? (['full', 'nodes'] as const) : (['nodes', 'full'] as const)) {
        const away = sandbox.faults.mqtt.refuseConnect !== undefined;
        const began = performance.now();
        await deploy(flow(`${round} ${type}`), type);
        took.push(performance.now() - began);
        const { out, caught, node } = sinks();
        if (away) {
          delete sandbox.faults.mqtt.refuseConnect;
          continue;
        }
        // Not before the pause after a refusal, which is at least a second.
        node('subscribe').receive({ action: 'connect' });
        await shows('subscribed 2 2');
        sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: String(round) });
        sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: `"end ${round}"` });
        await out.next(({ payload }) => payload === `end ${round}`);
        assert.deepEqual(
          out.messages.map(({ payload }) => payload),
          [round, `end ${round}`],
        );
        assert.equal(caught.messages.length, 0);
        assert.equal(sandbox.broker.stats.connections, 1);
      }
      if (round === 9) before = await counted();
    }
    assert.deepEqual(await counted(), before);
    took.sort((a, b) => a - b);
    assert.ok((took[took.length / 2] ?? 0) <= 1000 && (took.at(-1) ?? 0) <= 5000, `${took.at(-1)} ms at most`);
  });

  describe('a deleted node leaves nothing in a persistent session (S7)', () => {
    const listener = (id: string, topic: string): FlowNode => ({
      id,
      type: 'flespi-subscribe',
      account: 'account',
      topics: [{ topic, qos: '1', rh: '2' }],
    });
    const kept = (): string[] =>
      sandbox.broker
        .sessions(sandbox.cid)
        .flatMap(({ id }) => sandbox.broker.subscriptions(id).map(({ topic }) => topic));
    const untilKept = async (...topics: string[]): Promise<void> => {
      while (kept().join() !== topics.join()) await new Promise((resolve) => setTimeout(resolve, 20));
    };

    for (const type of ['nodes', 'flows', 'full'] as const) {
      for (const away of [false, true]) {
        it(`deployed: ${type}, ${away ? 'without' : 'with'} a broker`, async () => {
          const account = accountNode(sandbox, { persistent: true, clientId: `${type}-${away}` });
          const stays = listener('stays', 'user/stays');
          await loadFlow([account, stays, listener('goes', 'user/goes')], { account: { token: sandbox.token } });
          await untilKept('user/stays', 'user/goes');
          if (away) {
            sandbox.faults.mqtt.refuseConnect = 0x88;
            sandbox.broker.interrupt({ how: 'reset' });
          }
          await deploy([account, { ...stays, name: 'changed' }], type);
          delete sandbox.faults.mqtt.refuseConnect;
          await untilKept('user/stays');
          await helper.unload();
          for (let count = 0; count < 100; count += 1)
            sandbox.broker.publish({ topic: 'user/goes', cid: sandbox.cid, payload: 'x'.repeat(1000) });
          const [session] = sandbox.broker.sessions(sandbox.cid).filter(({ connected }) => !connected);
          assert.ok(session);
          assert.equal(session.size, 0);
          sandbox.broker.closeSession(session.id);
        });
      }
    }
  });
});
