import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { key, certificate } from '../servers/tls-certificate';
import { accountNode, deploy, helper, loadFlow, sinks, statusesOf, useRuntime, type FlowNode } from './flow';

describe('accounts in trouble', () => {
  useRuntime();
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ devices: 3, rate: 0 });
  });
  afterEach(async () => {
    await helper.unload();
    for (const fault of Object.keys(sandbox.faults.mqtt))
      delete (sandbox.faults.mqtt as Record<string, unknown>)[fault];
  });
  after(() => sandbox.close());
  /** Of one test; also when it fails. */
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const credentials = (): Record<string, object> => ({ account: { token: sandbox.token } });
  const subscribe = (more: object = {}): FlowNode => ({
    id: 'subscribe',
    type: 'flespi-subscribe',
    account: 'account',
    topics: [{ topic: 'user/+', qos: '1', rh: '0' }],
    ...more,
  });
  const request: FlowNode = {
    id: 'request',
    type: 'flespi-request',
    account: 'account',
    template: 'gw/devices/:devices',
    selectors: [{ kind: 'all' }],
    results: 'page',
  };
  const logged = (text: string): string[] =>
    helper
      .log()
      .args.map(([entry]) => String(entry.msg))
      .filter((line) => line.includes(text));
  /** Settles when the status that the node shows fits. */
  const shows = async (
    fits: (status: { fill?: string; text?: string }) => boolean,
    id = 'subscribe',
  ): Promise<void> => {
    while (!fits(statusesOf(id).at(-1) ?? {})) await once(helper.getNode(id), 'call:status');
  };
  const subscribed = (id?: string): Promise<void> =>
    shows(({ text }) => /^subscribed(Reason)? 1 1\b/.test(text ?? ''), id);

  it('calls over HTTP do not mind that there is no broker (C1)', async () => {
    const account = accountNode({ http: sandbox.http, mqtt: 'mqtt://127.0.0.1:1' });
    const flow = await loadFlow([account, subscribe({ wires: [[]] }), request], credentials());
    await shows(({ fill }) => fill === 'red');
    flow.node('request').receive({});
    assert.equal(((await flow.out.next()).payload as unknown[]).length, 3);
    assert.equal(flow.caught.messages.length, 0);
    assert.equal(logged('FLESPI_CONNECTION_FAILED').length, 1);
  });

  it('a certificate that nobody looks at is a yellow status and one warning at each start (C17)', async () => {
    const secure = await startSandbox({ devices: 0, key, cert: certificate });
    closing.push(() => secure.close());
    const mqtt = secure.mqtt;
    assert.match(mqtt, /^mqtts:/);
    const tls = { id: 'tls', type: 'tls-config', cert: '', key: '', ca: '', verifyservercert: false };
    const nodes = [tls, accountNode({ http: secure.http, mqtt }, { tls: 'tls' }), subscribe()];
    const flow = await loadFlow(nodes, { account: { token: secure.token } });
    await shows(({ fill, text }) => fill === 'yellow' && text?.includes('FLESPI_NOT_VERIFIED') === true);
    secure.faults.mqtt.refuseConnect = 0x88;
    secure.broker.interrupt({ how: 'close' });
    await shows(({ fill }) => fill === 'red');
    delete secure.faults.mqtt.refuseConnect;
    flow.node('subscribe').receive({ action: 'connect' });
    await subscribed();
    secure.broker.publish({ topic: 'user/x', cid: secure.cid, payload: '1' });
    await flow.out.next();
    assert.equal(logged('FLESPI_NOT_VERIFIED').length, 1);
    await helper.unload();
    await loadFlow(nodes, { account: { token: secure.token } });
    await subscribed();
    assert.equal(logged('FLESPI_NOT_VERIFIED').length, 1);
  });

  it('two accounts with one token have two connections, and neither pushes the other out (C20)', async () => {
    const account = accountNode(sandbox);
    const other = { ...account, id: 'other' };
    const nodes = [account, other, subscribe(), subscribe({ id: 'second', account: 'other', wires: [['statuses']] })];
    const flow = await loadFlow(nodes, { ...credentials(), other: { token: sandbox.token } });
    await Promise.all([subscribed(), subscribed('second')]);
    const sessions = sandbox.broker.sessions(sandbox.cid).map(({ id, client_id }) => `${id} ${client_id}`);
    assert.equal(new Set(sessions.map((session) => session.split(' ')[1])).size, 2);
    const messages = 200;
    for (let count = 0; count < messages; count += 1) {
      sandbox.broker.publish({ topic: 'user/x', cid: sandbox.cid, payload: String(count) });
      if (count % 10 === 0) await new Promise((resolve) => void setImmediate(resolve));
    }
    const numbers = (all: { payload?: unknown }[]): unknown[] => all.map(({ payload }) => payload);
    const isNumber = ({ payload }: { payload?: unknown }): boolean => typeof payload === 'number';
    await flow.out.until((all) => all.length === messages);
    await flow.statuses.until((all) => all.filter(isNumber).length === messages);
    assert.deepEqual(numbers(flow.out.messages), numbers(flow.statuses.messages.filter(isNumber)));
    assert.deepEqual(
      sandbox.broker.sessions(sandbox.cid).map(({ id, client_id }) => `${id} ${client_id}`),
      sessions,
      'the sessions of the beginning',
    );
    for (const id of ['subscribe', 'second']) assert.ok(statusesOf(id).every(({ fill }) => fill !== 'red'));
  });

  it('a lower QoS than asked for is a yellow status and one warning, however often the link is lost (S3)', async () => {
    sandbox.faults.mqtt.suback = [{ topic: 'user/+', code: 0 }];
    const flow = await loadFlow([accountNode(sandbox), subscribe()], credentials());
    for (let round = 0; round < 2; round += 1) {
      await shows(({ fill, text }) => fill === 'yellow' && text?.includes('FLESPI_QOS_LOWERED') === true);
      sandbox.faults.mqtt.refuseConnect = 0x88;
      sandbox.broker.interrupt({ how: 'reset' });
      await shows(({ fill }) => fill === 'red');
      delete sandbox.faults.mqtt.refuseConnect;
      flow.node('subscribe').receive({ action: 'connect' });
    }
    await shows(({ fill }) => fill === 'yellow');
    assert.equal(logged('FLESPI_QOS_LOWERED').length, 1);
    assert.equal(flow.caught.messages.length, 0);
  });

  describe('a deploy ends what is under way within a second (C13)', () => {
    interface Moment {
      account: FlowNode;
      reached: () => Promise<unknown>;
      close?: () => void;
    }
    /** An account at a port that takes connections and says nothing. */
    async function silent(scheme: 'mqtt' | 'mqtts'): Promise<Moment> {
      const sockets: Socket[] = [];
      const server = createServer((socket) => void sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const accepted = once(server, 'connection');
      const { port } = server.address() as AddressInfo;
      return {
        account: accountNode({ http: sandbox.http, mqtt: `${scheme}://127.0.0.1:${port}` }),
        reached: () => accepted,
        close: () => {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      };
    }

    /** [what is under way, an account with which it comes to that]. */
    const cases: [string, () => Promise<Moment>][] = [
      ['TLS is not agreed on', () => silent('mqtts')],
      ['CONNECT is not answered', () => silent('mqtt')],
      [
        'SUBSCRIBE is not answered',
        async () => {
          sandbox.faults.mqtt.suback = [{ topic: '*', code: 'never' }];
          return {
            account: accountNode(sandbox),
            reached: () => shows(({ text }) => text?.startsWith('subscribed 0 1') === true),
          };
        },
      ],
    ];
    for (const [what, prepare] of cases) {
      for (const type of ['full', 'nodes'] as const) {
        it(`${what}, deployed: ${type}`, async () => {
          const moment = await prepare();
          const { account } = moment;
          await loadFlow([account, subscribe()], credentials());
          await moment.reached();
          delete sandbox.faults.mqtt.suback;
          const began = performance.now();
          await deploy([{ ...account, ...accountNode(sandbox), name: 'changed' }, subscribe()], type);
          assert.ok(performance.now() - began <= 1000, `${performance.now() - began} ms`);
          sinks();
          await shows(({ text }) => text?.startsWith('subscribed 1 1') === true);
          assert.equal(sandbox.broker.stats.connections, 1);
          moment.close?.();
        });
      }
    }
  });
});
