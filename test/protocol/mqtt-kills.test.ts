import assert from 'node:assert/strict';
import type { FlespiError } from '../../nodes/protocol/flespi-error';
import type { MqttConnection } from '../../nodes/protocol/mqtt-connection';
import { RpcTransport } from '../../nodes/protocol/rpc-transport';
import { Collector } from '../servers/collector';
import { Connections, hasty, listen, reached } from '../servers/connections';
import { describeWith } from '../servers/describe-with';
import { FakeClock } from '../servers/fake-clock';
import { durable, Mosquitto } from '../servers/mosquitto';

const kills = 20;
/** Milliseconds until the next attempt at most, with the randomness that tests have, and what a link may take on top. */
const longestReturn = 600 + 2000;

describeWith('mosquitto', 'MqttConnection, when Mosquitto', () => {
  let broker: Mosquitto;
  const connections = new Connections();
  const start = async (lines: readonly string[] = []): Promise<void> => {
    broker = await Mosquitto.start(lines);
  };
  const address = (): { url: string; token: string } => ({ url: broker.url, token: 'any' });
  afterEach(async () => {
    await connections.close();
    await broker.close();
  });

  /** What the broker did not acknowledge is the publisher's to send again. */
  async function publishSurely(publisher: MqttConnection, topic: string, payload: string): Promise<void> {
    for (;;) {
      await reached(publisher, 'connected');
      const sent = await publisher.publish({ topic, payload, qos: 1 }).then(
        () => true,
        () => false,
      );
      if (sent) return;
    }
  }

  /** Kills the broker, and settles when all subscriptions are confirmed again. */
  async function killed(connection: MqttConnection, all: readonly Collector[]): Promise<void> {
    const noticed = Promise.all([reached(connection, 'waiting'), ...all.map((one) => one.is('pending'))]);
    await broker.stop('SIGKILL');
    await noticed;
    await broker.run();
    const began = performance.now();
    await reached(connection, 'connected');
    await Promise.all(all.map((one) => one.is('subscribed')));
    const took = performance.now() - began;
    assert.ok(took <= longestReturn, `${took} ms`);
  }

  it(`is killed ${kills} times: nothing of QoS 1 is lost, and every filter is confirmed again (C2, S8)`, async function () {
    this.timeout(60_000);
    await start(durable);
    const connection = connections.open(address(), { clean: false, sessionExpiryInterval: 600, clock: hasty });
    const names = ['one', 'two', 'three'];
    const all = await Promise.all(names.map((name) => listen(connection, `kills/${name}/+`)));
    const publisher = connections.open(address(), { clock: hasty });
    const each = 10;
    let published = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const publishing = (async () => {
        for (let count = 0; count < each; count += 1) {
          for (const name of names) await publishSurely(publisher, `kills/${name}/x`, `${kill}.${count}`);
          published += 1;
        }
      })();
      // In the middle of it.
      await all[0]?.until(() => published >= (kill + 0.5) * each);
      await killed(connection, all);
      await publishing;
    }
    await Promise.all(all.map((one) => one.until(({ texts }) => new Set(texts).size === kills * each)));
    for (const { states } of all) {
      assert.equal(states.filter(({ kind }) => kind === 'subscribed').length, kills + 1);
      assert.ok(states.every(({ kind }) => kind !== 'refused'));
    }
  });

  it(`is killed ${kills} times and forgets everything: no subscription stays deaf (C2)`, async function () {
    this.timeout(60_000);
    await start();
    const connection = connections.open(address(), { clock: hasty });
    const all = await Promise.all(['a/+', 'b/#', 'c'].map((filter) => listen(connection, filter)));
    for (let kill = 1; kill <= kills; kill += 1) {
      await killed(connection, all);
      for (const topic of ['a/1', 'b/1', 'c']) await connection.publish({ topic, payload: String(kill), qos: 1 });
      await Promise.all(all.map((one) => one.count(kill)));
    }
    for (const { texts } of all) assert.equal(texts.join(), Array.from({ length: kills }, (_, one) => one + 1).join());
  });

  it('is stopped: noticed within one and a half keepalives and a second, with the calls on their way, and found again (C3)', async () => {
    const keepalive = 2;
    await start();
    const connection = connections.open(address(), { keepalive });
    const one = await listen(connection, 'a');
    const rpc = new RpcTransport(connection);
    const { signal } = new AbortController();
    const get = { method: 'GET', path: 'gw/devices/all', query: '' } as const;
    // Nobody here answers calls: it stays on its way.
    const call = assert.rejects(rpc.send(get, { signal, timeout: 60_000 }), (error: FlespiError) => {
      assert.equal(error.code, 'FLESPI_OUTCOME_UNKNOWN');
      return true;
    });
    await connection.publish({ topic: 'a', payload: 'before', qos: 1 });
    await one.count(1);
    while (rpc.pending < 1) await new Promise<void>((resolve) => void setImmediate(resolve));
    broker.signal('SIGSTOP');
    const began = performance.now();
    const { reason } = await reached(connection, 'waiting');
    const took = performance.now() - began;
    assert.equal(reason.params['problem'], 'keepalive');
    assert.ok(took <= keepalive * 1500 + 1000, `${took} ms`);
    await call;
    assert.equal(rpc.pending, 0);
    broker.signal('SIGCONT');
    await one.is('subscribed');
    await connection.publish({ topic: 'a', payload: 'after', qos: 1 });
    await one.count(2);
    await rpc.close();
  });

  it('is stopped, with a publication open: closed within a second, and nothing of it acts later (C14)', async () => {
    await start(['sys_interval 1']);
    const clock = new FakeClock();
    const connection = connections.open(address(), { clock });
    await clock.pass(0);
    await reached(connection, 'connected');
    const one = new Collector();
    connection.subscribe({ filter: 'a', qos: 1 }, one);
    await one.is('subscribed');
    const before = sockets();
    broker.signal('SIGSTOP');
    const open = assert.rejects(connection.publish({ topic: 'a', payload: 'x', qos: 1 }));
    const began = performance.now();
    await connection.close();
    assert.ok(performance.now() - began <= 1000);
    await open;
    await clock.pass(3_600_000);
    assert.equal(clock.timers, 0);
    assert.equal(sockets(), before - 1, 'neither the old socket nor a new one');
    broker.signal('SIGCONT');
    // Only who asks.
    const heard = await listen(connections.open(address()), '$SYS/broker/clients/connected');
    await heard.until(({ texts }) => texts.includes('1'));
    assert.deepEqual(one.texts, []);
  });
});

/** TCP sockets that this process has open. */
function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}
