import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Confirmations } from '../../nodes/confirmations';
import { HttpTransport } from '../../nodes/protocol/http-transport';
import type { MqttConnection } from '../../nodes/protocol/mqtt-connection';
import { RpcTransport } from '../../nodes/protocol/rpc-transport';
import { Collector } from '../servers/collector';
import { Connections, listen, reached } from '../servers/connections';
import { connack, FakeBroker, type FakeScript } from '../servers/fake-broker';
import { FakeClock } from '../servers/fake-clock';
import { startHttpServer } from '../servers/misbehaving-server';

const hour = 3_600_000;
const get = { method: 'GET', path: 'gw/devices/all', query: '' } as const;

for (const [what, jump] of [
  ['an hour forward', hour],
  ['an hour back', -hour],
] as const) {
  describe(`the time of day is set ${what} (X5)`, () => {
    const connections = new Connections();
    let broker: FakeBroker;
    let clock: FakeClock;
    beforeEach(async () => {
      broker = await FakeBroker.start();
      clock = new FakeClock();
    });
    afterEach(async () => {
      mock.restoreAll();
      await connections.close();
      await broker.close();
    });

    const open = async (script: FakeScript = {}): Promise<MqttConnection> => {
      broker.script = script;
      const connection = connections.open({ url: broker.url, token: 'any' }, { clock, random: () => 0.5 });
      await clock.pass(0);
      return connection;
    };
    /** Lets most of the time pass with a jump in the middle, then the rest; tells what was so before the rest. */
    const around = async (milliseconds: number, so: () => boolean): Promise<boolean> => {
      await clock.pass(milliseconds / 2);
      clock.jump(jump);
      await clock.pass(milliseconds / 2 - 1);
      const early = so();
      await clock.pass(1);
      return early;
    };
    const jumpNow = (): void => {
      const real = Date.now;
      mock.method(Date, 'now', () => real() + jump);
    };

    it('the connection stays as it is', async () => {
      const connection = await open();
      await reached(connection, 'connected');
      const states: string[] = [];
      connection.onState(({ kind }) => states.push(kind));
      clock.jump(jump);
      await clock.pass(hour);
      const one = await listen(connection, 'a');
      await connection.publish({ topic: 'b', payload: '', qos: 1 });
      assert.deepEqual([states, one.texts, broker.peers.length], [[], [], 1]);
    });

    it('the next attempt comes in its time', async () => {
      const connection = await open({ connect: (peer) => peer.send(connack(0x9f)) });
      const { retryAt } = await reached(connection, 'waiting');
      broker.script = {};
      const delay = retryAt - clock.now();
      assert.ok(delay >= 5000);
      assert.equal(await around(delay, () => connection.state.kind === 'waiting'), true);
      assert.equal(connection.state.kind, 'connecting');
    });

    it('a link that held for a minute was good, and one that did not was not', async () => {
      const connection = await open();
      const delays: number[] = [];
      for (const held of [1000, 61_000, 1000]) {
        await reached(connection, 'connected');
        await around(held, () => true);
        broker.last.socket.destroy();
        const { retryAt } = await reached(connection, 'waiting');
        delays.push(Math.round(retryAt - clock.now()));
        await clock.pass(Math.ceil(retryAt - clock.now()) + 1);
      }
      assert.deepEqual(delays, [500, 500, 1000]);
    });

    it('SUBACK and the answer to a call are waited for as long as ever', async () => {
      const connection = await open();
      await reached(connection, 'connected');
      const rpc = new RpcTransport(connection, { clock });
      let failed: unknown;
      const call = rpc
        .send(get, { signal: new AbortController().signal, timeout: 10_000 })
        .catch((error: { code: string }) => (failed = error.code));
      await broker.until(() => broker.of('publish').length === 1);
      broker.script = { subscribe: () => {} };
      const one = new Collector();
      connection.subscribe({ filter: 'a', qos: 0 }, one);
      await broker.until(() => broker.of('subscribe').length === 2);
      assert.equal(await around(10_000, () => failed === undefined && one.latest?.kind !== 'refused'), true);
      await call;
      assert.deepEqual([failed, one.latest?.kind], ['FLESPI_TIMEOUT', 'refused']);
      await rpc.close();
    });

    it('a confirmation has its time', async () => {
      const began = performance.now();
      jumpNow();
      await new Promise<void>((resolve) => {
        const confirmations = new Confirmations({ deadline: 60, late: 'acknowledge' }, () => {});
        confirmations.give(resolve, () => {});
      });
      const took = performance.now() - began;
      assert.ok(took >= 55 && took < 2000, `${took} ms`);
    });

    it('a call over HTTP has its time', async () => {
      const server = await startHttpServer(() => {});
      const transport = new HttpTransport({ origin: server.origin, token: () => 'any' });
      const began = performance.now();
      const call = assert.rejects(transport.send(get, { signal: new AbortController().signal, timeout: 200 }), {
        code: 'FLESPI_TIMEOUT',
      });
      jumpNow();
      await call;
      const took = performance.now() - began;
      assert.ok(took >= 195 && took < 2000, `${took} ms`);
      await transport.close();
      await server.close();
    });
  });
}
