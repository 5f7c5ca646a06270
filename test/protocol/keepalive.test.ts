import assert from 'node:assert/strict';
import { MqttConnection } from '../../nodes/protocol/mqtt-connection';
import { reached } from '../servers/connections';
import { FakeBroker, type FakePeer, type FakeScript } from '../servers/fake-broker';

describe('keepalive of an MqttConnection', function () {
  this.timeout(20_000);
  let broker: FakeBroker;
  let connection: MqttConnection;
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    broker = await FakeBroker.start();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await connection.close();
    await broker.close();
  });

  async function start(keepalive: number, script: FakeScript): Promise<FakePeer> {
    broker.script = script;
    connection = new MqttConnection({ url: broker.url, token: () => 'token', clientId: 'test', keepalive });
    connection.acquire();
    await reached(connection, 'connected');
    return broker.last;
  }

  const pings = (): number => broker.of('pingreq').length;

  it('a link on which messages come is alive, and is asked again, though its answers wait behind them', async () => {
    const peer = await start(1, { pingreq: () => {} });
    const pouring = setInterval(() => peer.publish('a', 'x'), 50);
    ends.push(() => clearInterval(pouring));
    await broker.until(() => pings() >= 6);
    assert.equal(connection.state.kind, 'connected');
    assert.equal(broker.peers.length, 1);
  });

  it('and is given up when they end, too', async () => {
    const peer = await start(1, { pingreq: () => {} });
    const pouring = setInterval(() => peer.publish('a', 'x'), 50);
    ends.push(() => clearInterval(pouring));
    await broker.until(() => pings() >= 3);
    clearInterval(pouring);
    const ended = performance.now();
    const { reason } = await reached(connection, 'waiting');
    assert.equal(reason.params['problem'], 'keepalive');
    assert.ok(performance.now() - ended < 1600, 'within one and a half of it');
  });

  it('after a flow has kept the process busy, what came meanwhile is read before anything is judged (C21)', async () => {
    let answered = 0;
    await start(2, {
      pingreq: (peer) => {
        peer.send({ cmd: 'pingresp' });
        answered += 1;
        // Until after the time at which the answer would be missed.
        const until = performance.now() + 1500;
        while (answered === 1 && performance.now() < until);
      },
    });
    await broker.until(() => answered === 2);
    assert.equal(connection.state.kind, 'connected');
    assert.equal(broker.peers.length, 1);
  });

  it('a broker that answers is asked once in each of its times', async () => {
    await start(1, {});
    const began = performance.now();
    await broker.until(() => pings() >= 3);
    assert.ok(performance.now() - began > 2500);
  });
});
