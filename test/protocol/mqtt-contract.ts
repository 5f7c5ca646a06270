import assert from 'node:assert/strict';
import type { ConnectionLogEntry, MqttConnection, MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import { randomClientId } from '../../nodes/protocol/mqtt-connection';
import { Collector } from '../servers/collector';
import { Connections, hasty, listen, reached, settled, type BrokerAddress } from '../servers/connections';
import { startTcpProxy, type TcpProxy } from '../servers/tcp-proxy';

export interface Target extends BrokerAddress {
  port: number;
  close(): Promise<void>;
}

/** Everything that is plain MQTT, for whatever broker. */
export function plainMqtt(start: () => Promise<Target>): void {
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

      it('brings retained values to a node that joins later, and not again to the first (S5)', async () => {
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

      it('keeps the backlog of a persistent session over a restart of Node-RED, and nothing of a node that is deleted (S7)', async () => {
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
        // A node that is deleted takes its subscription with it, or the session would fill up.
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

      it('comes back after a cut, and has everything again (C2)', async () => {
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

  it('gives each node a publication once, though their topics overlap, and one node with several topics too (S5)', async () => {
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

  /** With a proxy that swallows everything, as a stopped broker does. */
  it('notices a broker that has stopped, and closes within a second all the same (C3, C14)', async () => {
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
