import assert from 'node:assert/strict';
import type { IPublishPacket } from 'mqtt-packet';
import { startBench, type Bench, type RawClient } from './broker-setup';

const publication = { cmd: 'publish', qos: 1, retain: false, dup: false, payload: 'x' } as const;

async function subscribed(client: RawClient, topic: string): Promise<void> {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1, nl: false, rap: false, rh: 0 }] });
  await client.nextOf('suback');
}

describe('broker: limits and assumptions', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  it('announces nothing but topic aliases when everything is as MQTT has it', async () => {
    bench = await startBench();
    const client = await bench.raw({ clientId: 'c', properties: { sessionExpiryInterval: 10 } });
    const { properties } = await client.nextOf('connack');
    assert.deepEqual(Object.keys(properties ?? {}).sort(), ['topicAliasMaximum', 'userProperties']);
  });

  it('announces its own limits', async () => {
    bench = await startBench({
      limits: {
        packetBytes: 5000,
        receiveMaximum: 7,
        keepAliveSeconds: 30,
        sessionExpirySeconds: 60,
        topicAliasMaximum: 3,
      },
      assumptions: { announceMaximumQoS: true },
    });
    const client = await bench.raw({
      clientId: 'c',
      clean: false,
      keepalive: 0,
      properties: { sessionExpiryInterval: 1000 },
    });
    const { properties } = await client.nextOf('connack');
    assert.deepEqual(
      { ...properties, userProperties: undefined },
      {
        maximumPacketSize: 5000,
        maximumQoS: 1,
        receiveMaximum: 7,
        serverKeepAlive: 30,
        sessionExpiryInterval: 60,
        topicAliasMaximum: 3,
        userProperties: undefined,
      },
    );
    client.send({ ...publication, qos: 2, topic: 'a', messageId: 1 });
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x9b);
    const [session] = bench.broker.sessions(1);
    assert.ok(Math.abs((session?.expires ?? 0) - Date.now() / 1000 - 60) < 5);
  });

  it('leaves a shorter keep alive and expiry as they were asked for', async () => {
    bench = await startBench({ limits: { keepAliveSeconds: 30, sessionExpirySeconds: 60 } });
    const client = await bench.raw({
      clientId: 'c',
      clean: false,
      keepalive: 20,
      properties: { sessionExpiryInterval: 50 },
    });
    const { properties } = await client.nextOf('connack');
    assert.deepEqual([properties?.serverKeepAlive, properties?.sessionExpiryInterval], [undefined, undefined]);
  });

  it('uses topic aliases of its own where that is switched on, as many as both sides take', async () => {
    bench = await startBench({ limits: { outboundTopicAliases: 10 } });
    const client = await bench.raw({ properties: { topicAliasMaximum: 1 } });
    await client.nextOf('connack');
    await subscribed(client, '#');
    for (const topic of ['a', 'a', 'b', 'a', 'b']) bench.broker.publish({ topic, cid: 1, payload: 'x' });
    const packets = (await client.settled()) as IPublishPacket[];
    assert.deepEqual(
      packets.map(({ topic, properties }) => [topic, properties?.topicAlias]),
      [
        ['a', 1],
        ['', 1],
        ['b', undefined],
        ['', 1],
        ['b', undefined],
      ],
    );
  });

  it('counts the expiry down where that is switched on', async () => {
    let now = 1000;
    bench = await startBench({ now: () => now, assumptions: { expiryCountsDown: true } });
    const publisher = await bench.raw({ clientId: 'p' });
    await publisher.nextOf('connack');
    publisher.send({
      ...publication,
      topic: 'a',
      messageId: 1,
      retain: true,
      properties: { messageExpiryInterval: 50 },
    });
    await publisher.settled();
    now += 20;
    const client = await bench.raw({ clientId: 'c' });
    await client.nextOf('connack');
    await subscribed(client, 'a');
    assert.equal((await client.nextOf('publish')).properties?.messageExpiryInterval, 30);
    now += 30;
    await subscribed(client, 'a');
    assert.deepEqual(await client.settled(), []);
    assert.equal(bench.broker.stats.retained, 0);
  });

  it('is a plain broker without user properties where that is switched on', async () => {
    bench = await startBench({ assumptions: { deliveryProperties: false } });
    const client = await bench.raw({});
    await client.nextOf('connack');
    await subscribed(client, 'a');
    bench.broker.publish({ topic: 'a', cid: 1, payload: 'x' });
    assert.equal((await client.nextOf('publish')).properties, undefined);
  });

  it('forgets what a client refused where that is switched on', async () => {
    bench = await startBench({ assumptions: { redeliverRefused: false } });
    const session = { clientId: 'c', clean: false, properties: { sessionExpiryInterval: 100 } };
    const client = await bench.raw(session);
    await client.nextOf('connack');
    await subscribed(client, 'a');
    bench.broker.publish({ topic: 'a', cid: 1, payload: 'x' });
    const { messageId = 0 } = await client.nextOf('publish');
    client.send({ cmd: 'puback', messageId, reasonCode: 131 });
    await client.settled();
    client.send({ cmd: 'disconnect', reasonCode: 0 });
    await client.closed;
    const again = await bench.raw(session);
    await again.nextOf('connack');
    assert.deepEqual(await again.settled(), []);
  });

  it('refuses what would be retained beyond the limit, and drops events with topics that cannot be', async () => {
    bench = await startBench({ limits: { retained: 1 } });
    const client = await bench.raw({});
    await client.nextOf('connack');
    for (const [topic, reasonCode] of [
      ['a', 0],
      ['b', 0x97],
      ['a', 0],
    ] as const) {
      client.send({ ...publication, topic, messageId: 1, retain: true });
      assert.equal((await client.nextOf('puback')).reasonCode, reasonCode);
    }
    for (const topic of ['', 'a/+', '#', 'a\0', 'x'.repeat(70_000)])
      bench.broker.publish({ topic, cid: 1, payload: 'x' });
    assert.equal(bench.broker.stats.dropped, 5);
  });
});
