import assert from 'node:assert/strict';
import { systemClock, type Clock } from '../../nodes/protocol/clock';
import type { ConnectionState } from '../../nodes/protocol/connection-state';
import {
  MqttConnection,
  randomClientId,
  type ConnectionLogEntry,
  type MqttConnectionOptions,
} from '../../nodes/protocol/mqtt-connection';
import type { Subscription, SubscriptionRequest } from '../../nodes/protocol/subscription';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { Collector } from '../servers/collector';
import { describeWith } from '../servers/describe-with';
import { Mosquitto } from '../servers/mosquitto';
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy';
import { certificate, expiredCertificate, key } from '../servers/tls-certificate';

interface Target {
  url: string;
  ws?: string;
  port: number;
  token: string;
  close(): Promise<void>;
}

const durable = ['persistence true', 'autosave_interval 1', 'autosave_on_changes true', 'max_queued_messages 0'];

async function sandboxTarget(): Promise<Target> {
  const sandbox = await startSandbox({ devices: 0 });
  const { mqtt: url, ws, token } = sandbox;
  return { url, ws, port: Number(new URL(url).port), token, close: () => sandbox.close() };
}

async function mosquittoTarget(): Promise<Target> {
  const broker = await Mosquitto.start();
  return { url: broker.url, port: broker.port, token: 'any', close: () => broker.close() };
}

/** Time as it is, but half a minute passes at once: so long do links wait that were cut three times in a minute. */
const hasty: Clock = {
  ...systemClock,
  after: (milliseconds, run) =>
    systemClock.after(milliseconds >= 30_000 && milliseconds < 60_000 ? 10 : milliseconds, run),
};

/** Connections of one test, closed after it. */
class Connections {
  #all: MqttConnection[] = [];

  open(target: Pick<Target, 'url' | 'token'>, options: Partial<MqttConnectionOptions> = {}): MqttConnection {
    const connection = new MqttConnection({
      url: target.url,
      token: () => target.token,
      clientId: randomClientId('test'),
      // First attempts after a loss come at once.
      random: () => 0.01,
      ...options,
    });
    this.#all.push(connection);
    connection.acquire();
    return connection;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map((connection) => connection.close()));
  }
}

async function reached<Kind extends ConnectionState['kind']>(
  connection: MqttConnection,
  kind: Kind,
): Promise<Extract<ConnectionState, { kind: Kind }>> {
  while (connection.state.kind !== kind) {
    await new Promise<void>((resolve) => {
      const stop = connection.onState(() => {
        stop();
        resolve();
      });
    });
  }
  return connection.state as Extract<ConnectionState, { kind: Kind }>;
}

async function listen(
  connection: MqttConnection,
  filter: string,
  request: Partial<SubscriptionRequest> = {},
  collector = new Collector(),
): Promise<Collector & { subscription: Subscription }> {
  const subscription = connection.subscribe({ filter, qos: 1, ...request }, collector);
  await collector.is('subscribed');
  return Object.assign(collector, { subscription });
}

/** What was published before has been delivered when this settles: one broker, one order. */
async function settled(connection: MqttConnection, ...collectors: Collector[]): Promise<void> {
  const mark = await listen(connection, 'mark/#', { retainHandling: 2 });
  await connection.publish({ topic: 'mark/x', payload: 'mark', qos: 1 });
  await mark.count(1);
  await mark.subscription.close(true);
  assert.ok(collectors.every(({ deliveries }) => deliveries.length < 100_000));
}

function plainMqtt(start: () => Promise<Target>): void {
  let target: Target;
  const connections = new Connections();
  before(async () => {
    target = await start();
  });
  afterEach(() => connections.close());
  after(() => target.close());

  for (const protocolVersion of [4, 5] as const) {
    describe(`MQTT ${protocolVersion === 5 ? '5' : '3.1.1'}`, () => {
      const open = (options: Partial<MqttConnectionOptions> = {}): MqttConnection =>
        connections.open(target, { protocolVersion, ...options });

      for (const qos of [0, 1] as const) {
        it(`brings what is published at QoS ${qos}`, async () => {
          const connection = open();
          const one = await listen(connection, 'a/+', { qos });
          for (let count = 0; count < 200; count += 1) {
            await connection.publish({ topic: 'a/b', payload: String(count), qos });
          }
          await one.count(200);
          assert.deepEqual(
            one.texts,
            Array.from({ length: 200 }, (_, count) => String(count)),
          );
        });
      }

      it('brings a payload of 5 MB and one of no bytes as they are (S15)', async () => {
        const connection = open();
        const one = await listen(connection, 'big');
        const big = Buffer.alloc(5 * 1024 * 1024, 0xfe);
        await connection.publish({ topic: 'big', payload: big, qos: 1 });
        await connection.publish({ topic: 'big', payload: '', qos: 1 });
        await one.count(2);
        assert.ok(one.deliveries[0]?.payload.equals(big));
        assert.equal(one.deliveries[1]?.payload.length, 0);
      });

      it('brings retained values to a node that joins later, and not again to the first', async () => {
        const connection = open();
        await reached(connection, 'connected');
        for (const id of [1, 2, 3]) {
          await connection.publish({
            topic: `kept/${protocolVersion}/${id}`,
            payload: String(id),
            qos: 1,
            retain: true,
          });
        }
        const filter = `kept/${protocolVersion}/+`;
        const first = await listen(connection, filter);
        await first.count(3);
        // Without identifiers only time tells one SUBSCRIBE's values from another's.
        if (protocolVersion === 4) await new Promise<void>((resolve) => void setTimeout(resolve, 2100));
        const second = await listen(connection, filter);
        await second.count(3);
        await settled(connection, first, second);
        assert.deepEqual(
          [first.texts.toSorted(), second.texts.toSorted()],
          [
            ['1', '2', '3'],
            ['1', '2', '3'],
          ],
        );
        assert.ok(second.deliveries.every(({ retain }) => retain));
      });

      it('keeps the backlog of a persistent session over a restart of Node-RED', async () => {
        const clientId = randomClientId('kept');
        const session = { clientId, clean: false, sessionExpiryInterval: 600 };
        const before = open(session);
        await listen(before, 'backlog/#');
        await before.close();
        const publisher = open();
        await reached(publisher, 'connected');
        for (let count = 0; count < 20; count += 1) {
          await publisher.publish({ topic: 'backlog/x', payload: String(count), qos: 1 });
        }
        const after = open(session);
        const one = new Collector();
        const subscription = after.subscribe({ filter: 'backlog/#', qos: 1 }, one);
        await one.count(20);
        assert.deepEqual(
          one.texts,
          Array.from({ length: 20 }, (_, count) => String(count)),
        );
        assert.equal((await reached(after, 'connected')).sessionPresent, true);
        // A node that is deleted takes its subscription with it, or the session would fill up (S7).
        await subscription.close(true);
        await after.close();
        await publisher.publish({ topic: 'backlog/x', payload: 'too late', qos: 1 });
        const again = open(session);
        const nothing = await listen(again, 'other');
        await settled(again, nothing);
        assert.deepEqual(nothing.texts, []);
        await again.close(true);
      });

      it('names a second client with the same id, and slows down (C9, C20)', async () => {
        const clientId = randomClientId('twin');
        const log: ConnectionLogEntry[] = [];
        const first = open({ clientId, log: (entry) => log.push(entry) });
        await reached(first, 'connected');
        const second = open({ clientId });
        const { reason, retryAt } = await reached(first, 'waiting');
        await second.close();
        assert.equal(log.filter(({ kind }) => kind === 'outage').length, 1);
        // A broker that says why is believed; for one that does not, a single loss is just a loss.
        if (reason.params['problem'] === 'taken-over') assert.ok(retryAt - Date.now() > 29_000);
        else await reached(first, 'connected');
        const own = [open(), open()];
        await Promise.all(own.map((connection) => reached(connection, 'connected')));
      });

      it('shares the load between instances, each message handled once', async () => {
        const group = `$share/g${protocolVersion}/load/#`;
        const [first, second] = await Promise.all([listen(open(), group), listen(open(), group)]);
        const publisher = open();
        await reached(publisher, 'connected');
        for (let count = 0; count < 100; count += 1) {
          await publisher.publish({ topic: 'load/x', payload: String(count), qos: 1 });
        }
        await Promise.race([
          first.until(() => first.texts.length + second.texts.length >= 100),
          second.until(() => first.texts.length + second.texts.length >= 100),
        ]);
        assert.equal(new Set([...first.texts, ...second.texts]).size, 100);
        assert.equal(first.texts.length + second.texts.length, 100);
        assert.ok(first.texts.length > 0 && second.texts.length > 0);
      });

      it('comes back after a cut, and has everything again', async () => {
        const proxy = await startTcpProxy(target.port);
        const connection = open({ url: `mqtt://127.0.0.1:${proxy.port}` });
        const all = await Promise.all(['x/1', 'x/2', 'x/+/3'].map((filter) => listen(connection, filter)));
        proxy.cut('rst');
        await reached(connection, 'waiting');
        await Promise.all(all.map((one) => one.is('pending')));
        await Promise.all(all.map((one) => one.is('subscribed')));
        await connection.publish({ topic: 'x/1', payload: 'again', qos: 1 });
        await all[0]?.count(1);
        await connection.close();
        await proxy.close();
      });
    });
  }

  it('gives each node a publication once, though their topics overlap, and one node with several topics too', async () => {
    const connection = connections.open(target);
    const owner = {};
    const all = await Promise.all([
      listen(connection, 'o/#'),
      listen(connection, 'o/b'),
      listen(connection, 'o/b'),
      listen(connection, 'o/+', {}, new Collector({ owner })),
      listen(connection, 'o/b', {}, new Collector({ owner })),
    ]);
    await connection.publish({ topic: 'o/b', payload: 'once', qos: 1 });
    await settled(connection);
    const [wide, narrow, narrowToo, one, other] = all.map(({ texts }) => texts.length);
    assert.deepEqual([wide, narrow, narrowToo, (one ?? 0) + (other ?? 0)], [1, 1, 1, 1]);
  });

  it('loses nothing at QoS 1 over link cuts while the flow confirms (S9)', async function () {
    this.timeout(20_000);
    const proxy = await startTcpProxy(target.port);
    const connection = connections.open(
      { ...target, url: `mqtt://127.0.0.1:${proxy.port}` },
      { clean: false, sessionExpiryInterval: 600, clock: hasty },
    );
    const handled = new Set<string>();
    let got = 0;
    let wake: () => void = () => {};
    connection.subscribe(
      { filter: 'cuts/#', qos: 1 },
      {
        confirms: { window: 100, deadline: 60_000 },
        message: ({ payload }, confirm) => {
          got += 1;
          setImmediate(() => {
            handled.add(payload.toString());
            confirm?.();
            wake();
          });
        },
        state: () => wake(),
      },
    );
    await reached(connection, 'connected');
    await settled(connection);
    const publisher = connections.open(target);
    await reached(publisher, 'connected');
    const messages = 2000;
    for (let count = 0; count < messages; count += 1) {
      await publisher.publish({ topic: 'cuts/x', payload: String(count), qos: 1 });
      if (count % 250 === 249) proxy.cut('rst');
    }
    while (handled.size < messages) await new Promise<void>((resolve) => (wake = resolve));
    assert.equal(handled.size, messages);
    assert.ok(got - messages <= 100 * 8, `${got - messages} came twice`);
    await connection.close();
    await proxy.close();
  });

  it('fits a thousand retained values into one subscription without a doubt about the connection (S14)', async () => {
    const connection = connections.open(target, { keepalive: 5 });
    await reached(connection, 'connected');
    const values = 1000;
    await Promise.all(
      Array.from({ length: values }, (_, id) =>
        connection.publish({ topic: `many/${id}`, payload: String(id), retain: true }),
      ),
    );
    const one = await listen(connection, 'many/+');
    await one.count(values);
    assert.equal(connection.state.kind, 'connected');
  });

  /** Row C3, C14, with a proxy that swallows everything, as a stopped broker does. */
  it('notices a broker that has stopped, and closes within a second all the same', async () => {
    const proxy: TcpProxy = await startTcpProxy(target.port);
    const connection = connections.open({ ...target, url: `mqtt://127.0.0.1:${proxy.port}` }, { keepalive: 1 });
    await reached(connection, 'connected');
    proxy.weather.blackHole = true;
    const { reason } = await reached(connection, 'waiting');
    assert.equal(reason.params['problem'], 'keepalive');
    proxy.weather.blackHole = false;
    await reached(connection, 'connected');
    proxy.weather.blackHole = true;
    void connection.publish({ topic: 'x', payload: '', qos: 1 }).catch(() => {});
    const began = performance.now();
    await connection.close();
    assert.ok(performance.now() - began < 1000);
    await proxy.close();
  });
}

describe('MqttConnection on the sandbox', () => {
  plainMqtt(sandboxTarget);

  describe('as flespi', () => {
    let sandbox: Sandbox;
    const connections = new Connections();
    before(async () => {
      sandbox = await startSandbox({ devices: 2 });
    });
    afterEach(() => connections.close());
    after(() => sandbox.close());

    const open = (options: Partial<MqttConnectionOptions> = {}, url = sandbox.mqtt): MqttConnection =>
      connections.open({ url, token: sandbox.token }, options);

    it('speaks over WebSocket too', async () => {
      const connection = open({}, sandbox.ws);
      const one = await listen(connection, 'ws/#');
      await connection.publish({ topic: 'ws/x', payload: 'over WebSocket', qos: 1 });
      await one.count(1);
      assert.deepEqual(one.texts, ['over WebSocket']);
    });

    it('has the time and the account of every message as numbers', async () => {
      const connection = open();
      const one = await listen(connection, 'timed');
      const began = Date.now() / 1000;
      await connection.publish({ topic: 'timed', payload: 'x', qos: 1 });
      await one.count(1);
      const [delivery] = one.deliveries;
      assert.ok(Math.abs((delivery?.timestamp ?? 0) - began) < 5);
      assert.equal(delivery?.cid, sandbox.cid);
    });

    it('filters on the server, by payload, message, time and subaccount, beside the plain topic', async () => {
      const connection = open();
      const filters = [
        'f/+',
        '$filter/payload=tonumber(payload)%3E14/f/+',
        '$filter/message=topics%5B1%5D%3D%3D%22a%22/f/+',
        '$filter/modified_since=4000000000/f/+',
        `$filter/cid=${sandbox.cid}/f/+`,
        'f/a,b',
      ];
      const all = await Promise.all(filters.map((filter) => listen(connection, filter, { qos: 0 })));
      for (const [topic, payload] of [
        ['f/a', '15'],
        ['f/b', '3'],
        ['f/c', '20'],
      ] as const) {
        await connection.publish({ topic, payload, qos: 1 });
      }
      await settled(connection);
      assert.deepEqual(
        all.map(({ texts }) => texts.join(' ')),
        ['15 3 20', '15 20', '15', '', '15 3 20', '15 3'],
      );
    });

    it('says which filter is not accepted, and the others live', async () => {
      const connection = open();
      const bad = new Collector();
      connection.subscribe({ filter: '$filter/payload=%3E%3E/x', qos: 0 }, bad);
      const good = await listen(connection, 'good');
      await bad.is('refused');
      await good.is('subscribed');
      await connection.publish({ topic: 'good', payload: 'still here', qos: 1 });
      await good.count(1);
    });

    it('waits with a wrong token, and tells why', async () => {
      const connection = connections.open({ url: sandbox.mqtt, token: 'wrong' });
      const { reason, retryAt } = await reached(connection, 'waiting');
      assert.equal(reason.code, 'FLESPI_CONNECTION_REFUSED');
      assert.ok(retryAt - Date.now() > 299_000);
    });
  });

  describe('over TLS (C15 to C17)', () => {
    /** [certificate, options, problem; none when it must work]. */
    const cases: [string, string, Partial<MqttConnectionOptions>, string?][] = [
      ['one that is trusted', certificate, { tls: { ca: certificate } }],
      ['one that nobody signed', certificate, {}, 'self-signed'],
      ['one that has expired', expiredCertificate, { tls: { ca: expiredCertificate } }, 'expired'],
      ['one for another name', certificate, { tls: { ca: certificate, servername: 'elsewhere.test' } }, 'name'],
      ['any, when told not to look, with a warning', certificate, { tls: { rejectUnauthorized: false } }],
    ];
    for (const [what, cert, options, problem] of cases) {
      it(`${problem ? 'refuses' : 'takes'} a certificate: ${what}`, async () => {
        const sandbox = await startSandbox({ devices: 0, key, cert });
        const connections = new Connections();
        const log: ConnectionLogEntry[] = [];
        try {
          const url = sandbox.mqtt.replace('127.0.0.1', 'localhost').replace(/^mqtt:/, 'mqtts:');
          const connection = connections.open(
            { url, token: sandbox.token },
            { ...options, log: (entry) => log.push(entry) },
          );
          if (problem === undefined) {
            const { warning } = await reached(connection, 'connected');
            assert.equal(warning?.code, options.tls?.rejectUnauthorized === false ? 'FLESPI_NOT_VERIFIED' : undefined);
          } else {
            const { reason } = await reached(connection, 'waiting');
            assert.equal(reason.params['problem'], problem);
            assert.equal(log.length, 1, 'said once');
          }
        } finally {
          await connections.close();
          await sandbox.close();
        }
      });
    }

    it('says that a TLS port is no plain one', async () => {
      const sandbox = await startSandbox({ devices: 0, key, cert: certificate });
      const connections = new Connections();
      const url = `mqtt://127.0.0.1:${new URL(sandbox.mqtt).port}`;
      const connection = connections.open({ url, token: sandbox.token });
      const { reason } = await reached(connection, 'waiting');
      assert.match(String(reason.params['problem']), /^(closed|reset|not-mqtt)$/);
      await connections.close();
      await sandbox.close();
    });
  });
});

describeWith('mosquitto', 'MqttConnection on Mosquitto', () => {
  plainMqtt(mosquittoTarget);

  it('loses nothing at QoS 1 over broker kills with a persistent session (C2, S8)', async function () {
    this.timeout(40_000);
    const broker = await Mosquitto.start(durable);
    const connections = new Connections();
    const connection = connections.open(
      { url: broker.url, token: 'any' },
      { clean: false, sessionExpiryInterval: 600, clock: hasty },
    );
    const one = await listen(connection, 'kills/#');
    const publisher = connections.open({ url: broker.url, token: 'any' }, { clock: hasty });
    await reached(publisher, 'connected');
    const rounds = 4;
    const each = 100;
    for (let round = 0; round < rounds; round += 1) {
      for (let count = 0; count < each; count += 1) {
        // What the broker did not acknowledge is the publisher's to send again.
        for (;;) {
          await reached(publisher, 'connected');
          const sent = await publisher.publish({ topic: 'kills/x', payload: `${round}.${count}`, qos: 1 }).then(
            () => true,
            () => false,
          );
          if (sent) break;
        }
        if (count === each / 2) {
          const dead = Promise.all([reached(connection, 'waiting'), reached(publisher, 'waiting')]);
          await broker.stop('SIGKILL');
          await dead;
          await broker.run();
        }
      }
    }
    await one.until(({ texts }) => new Set(texts).size === rounds * each);
    await connections.close();
    await broker.close();
  });

  it('starts without a broker, and is there when the broker is (C1)', async () => {
    const broker = await Mosquitto.start();
    await broker.stop();
    const connections = new Connections();
    const connection = connections.open({ url: broker.url, token: 'any' });
    await reached(connection, 'waiting');
    await broker.run();
    await reached(connection, 'connected');
    await connections.close();
    await broker.close();
  });
});
