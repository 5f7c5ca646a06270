import assert from 'node:assert/strict';
import type { IConnectPacket, IPublishPacket } from 'mqtt-packet';
import { keys, startBench, type Bench, type RawClient } from './broker-setup';

const persistent = { clean: false, clientId: 'keeper', properties: { sessionExpiryInterval: 1000 } };

async function connected(client: RawClient): Promise<{ sessionPresent: boolean; properties: Record<string, unknown> }> {
  const { sessionPresent, properties, reasonCode, returnCode } = await client.nextOf('connack');
  assert.equal(reasonCode ?? returnCode, 0);
  return { sessionPresent, properties: { ...properties } };
}

async function subscribed(
  client: RawClient,
  topic: string,
  qos: 0 | 1 | 2 = 1,
  subscriptionIdentifier?: number,
): Promise<void> {
  client.send({
    cmd: 'subscribe',
    messageId: 900,
    subscriptions: [{ topic, qos, nl: false, rap: false, rh: 0 }],
    properties: subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier },
  });
  await client.nextOf('suback');
}

const texts = (packets: readonly { payload?: string | Buffer }[]): string[] =>
  packets.map(({ payload }) => String(payload));

describe('broker: sessions', () => {
  let bench: Bench;
  beforeEach(async () => (bench = await startBench()));
  afterEach(() => bench.close());

  async function publishAll(...payloads: string[]): Promise<void> {
    for (const payload of payloads) bench.broker.publish({ topic: 'news', cid: 1, payload });
  }

  async function open(connect: Partial<IConnectPacket> = {}): Promise<{ client: RawClient; sessionPresent: boolean }> {
    const client = await bench.raw(connect);
    const { sessionPresent } = await connected(client);
    return { client, sessionPresent };
  }

  async function leave(client: RawClient, properties = {}): Promise<void> {
    client.send({ cmd: 'disconnect', reasonCode: 0, properties });
    await client.closed;
  }

  const resumptions: [string, Partial<IConnectPacket>, object, Partial<IConnectPacket>, boolean][] = [
    ['MQTT 5 with an expiry', persistent, {}, persistent, true],
    ['MQTT 5 without an expiry', { ...persistent, properties: {} }, {}, persistent, false],
    ['MQTT 5, clean start', persistent, {}, { ...persistent, clean: true }, false],
    ['MQTT 5, expiry taken back at DISCONNECT', persistent, { sessionExpiryInterval: 0 }, persistent, false],
    [
      'MQTT 5, never expires',
      { ...persistent, properties: { sessionExpiryInterval: 0xffffffff } },
      {},
      persistent,
      true,
    ],
    [
      '3.1.1, not clean',
      { protocolVersion: 4, clean: false, clientId: 'keeper' },
      {},
      { protocolVersion: 4, clean: false, clientId: 'keeper' },
      true,
    ],
    [
      '3.1.1, clean',
      { protocolVersion: 4, clean: true, clientId: 'keeper' },
      {},
      { protocolVersion: 4, clean: false, clientId: 'keeper' },
      false,
    ],
    ['another client id', persistent, {}, { ...persistent, clientId: 'other' }, false],
    ['another account', persistent, {}, { ...persistent, username: keys.two }, false],
  ];
  for (const [name, first, farewell, second, expected] of resumptions) {
    it(`session present is ${expected}: ${name}`, async () => {
      const { client } = await open(first);
      await leave(client, farewell);
      assert.equal((await open(second)).sessionPresent, expected);
    });
  }

  it('ends a session when its time is over', async () => {
    const { client } = await open({ ...persistent, properties: { sessionExpiryInterval: 1 } });
    await leave(client);
    assert.equal(bench.broker.sessions(1).length, 1);
    const gone = async (): Promise<void> => {
      while (bench.broker.sessions(1).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await gone();
    assert.equal((await open(persistent)).sessionPresent, false);
  });

  it('may not keep at DISCONNECT what was to end with the connection [MQTT-3.14.2-2]', async () => {
    const { client } = await open({ clientId: 'x', properties: {} });
    client.send({ cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 10 } });
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x82);
  });

  it('delivers what came meanwhile, in order, with its subscription identifier, and forgets QoS 0', async () => {
    const { client } = await open(persistent);
    await subscribed(client, 'news', 1, 77);
    await subscribed(client, 'plain', 0);
    await leave(client);
    await publishAll('1', '2', '3');
    bench.broker.publish({ topic: 'plain', cid: 1, payload: 'lost' });
    const { client: again, sessionPresent } = await open(persistent);
    assert.equal(sessionPresent, true);
    const packets = (await again.settled()) as IPublishPacket[];
    assert.deepEqual(texts(packets), ['1', '2', '3']);
    for (const { properties, dup } of packets) {
      assert.equal(properties?.subscriptionIdentifier, 77);
      assert.equal(dup, false);
    }
  });

  it('sends again what was not acknowledged, with its identifier and DUP, before what is new', async () => {
    const { client } = await open(persistent);
    await subscribed(client, 'news');
    await publishAll('1', '2', '3');
    const ids = ((await client.settled()) as IPublishPacket[]).map(({ messageId }) => messageId);
    client.send({ cmd: 'puback', messageId: ids[1] as number, reasonCode: 0 });
    await client.settled();
    bench.broker.interrupt({ how: 'reset' });
    await client.closed;
    await publishAll('4');
    const { client: again } = await open(persistent);
    const packets = (await again.settled()) as IPublishPacket[];
    assert.deepEqual(
      packets.map(({ payload, dup, messageId }) => [String(payload), dup, dup ? messageId : undefined]),
      [
        ['1', true, ids[0]],
        ['3', true, ids[2]],
        ['4', false, undefined],
      ],
    );
    assert.equal(new Set(packets.map(({ messageId }) => messageId)).size, 3);
  });

  it('delivers again on the next connection what the client refused', async () => {
    const { client } = await open(persistent);
    await subscribed(client, 'news');
    await publishAll('1', '2');
    for (const { messageId } of (await client.settled()) as IPublishPacket[])
      client.send({ cmd: 'puback', messageId: messageId as number, reasonCode: messageId === 1 ? 131 : 0 });
    assert.deepEqual(await client.settled(), []);
    await leave(client);
    const { client: again } = await open(persistent);
    assert.deepEqual(texts((await again.settled()) as IPublishPacket[]), ['1']);
  });

  it('sends no more than Receive Maximum unacknowledged, and goes on in order', async () => {
    const { client } = await open({ properties: { receiveMaximum: 2 } });
    await subscribed(client, 'news');
    await publishAll('1', '2', '3', '4', '5');
    const seen: string[] = [];
    for (let round = await client.settled(); round.length > 0; round = await client.settled()) {
      assert.ok(round.length <= 2);
      for (const packet of round as IPublishPacket[]) {
        seen.push(String(packet.payload));
        client.send({ cmd: 'puback', messageId: packet.messageId as number, reasonCode: 0 });
      }
    }
    assert.deepEqual(seen, ['1', '2', '3', '4', '5']);
  });

  it('resends within the smaller window of the new connection', async () => {
    const { client } = await open(persistent);
    await subscribed(client, 'news');
    await publishAll('1', '2', '3');
    await client.settled();
    client.socket.destroy();
    await client.closed;
    const { client: again } = await open({
      ...persistent,
      properties: { sessionExpiryInterval: 1000, receiveMaximum: 1 },
    });
    const seen: string[] = [];
    for (let round = await again.settled(); round.length > 0; round = await again.settled()) {
      assert.equal(round.length, 1);
      const [packet] = round as IPublishPacket[];
      seen.push(String(packet?.payload));
      again.send({ cmd: 'puback', messageId: packet?.messageId as number, reasonCode: 0 });
    }
    assert.deepEqual(seen, ['1', '2', '3']);
  });

  it('keeps from a client what is larger than it takes, and nothing else', async () => {
    const { client } = await open({ properties: { maximumPacketSize: 200 } });
    await subscribed(client, 'news');
    await publishAll('1', 'x'.repeat(300), '2');
    assert.deepEqual(texts((await client.settled()) as IPublishPacket[]), ['1', '2']);
  });

  for (const protocolVersion of [4, 5] as const) {
    it(`sends the older connection of a client id away, MQTT ${protocolVersion}`, async () => {
      const { client } = await open({ ...persistent, protocolVersion });
      const { client: newer, sessionPresent } = await open({ ...persistent, protocolVersion });
      assert.equal(sessionPresent, true);
      if (protocolVersion === 5) assert.equal((await client.nextOf('disconnect')).reasonCode, 142);
      await client.closed;
      assert.deepEqual(await newer.settled(), []);
    });
  }

  it('leaves the same client id of another account alone', async () => {
    const { client } = await open({ clientId: 'same' });
    await open({ clientId: 'same', username: keys.two });
    assert.deepEqual(await client.settled(), []);
  });

  it('drops a session that holds too much, and tells its client', async () => {
    await bench.close();
    bench = await startBench({ limits: { sessionBytes: 10_000 } });
    const { client } = await open({ properties: { receiveMaximum: 1 } });
    await subscribed(client, 'news');
    await publishAll(...Array.from({ length: 20 }, () => 'x'.repeat(1000)));
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x97);
    assert.ok(bench.broker.stats.dropped > 0);
  });

  it('lets a message expire by its timestamp, and delivers the interval as it was published', async () => {
    let now = 1000;
    await bench.close();
    bench = await startBench({ now: () => now });
    const { client } = await open(persistent);
    await subscribed(client, 'news');
    await leave(client);
    const { client: publisher } = await open();
    for (const messageExpiryInterval of [5, 50])
      publisher.send({
        cmd: 'publish',
        topic: 'news',
        payload: String(messageExpiryInterval),
        qos: 0,
        retain: false,
        dup: false,
        properties: { messageExpiryInterval },
      });
    await publisher.settled();
    now += 10;
    const { client: again } = await open(persistent);
    // QoS 0 is not queued: publish with QoS 1 for that.
    assert.deepEqual(await again.settled(), []);
    await leave(again);
    for (const [index, messageExpiryInterval] of [5, 50].entries())
      publisher.send({
        cmd: 'publish',
        messageId: index + 1,
        topic: 'news',
        payload: String(messageExpiryInterval),
        qos: 1,
        retain: false,
        dup: false,
        properties: { messageExpiryInterval },
      });
    await publisher.settled();
    now += 10;
    const { client: third } = await open(persistent);
    const packets = (await third.settled()) as IPublishPacket[];
    assert.deepEqual(
      packets.map(({ payload, properties }) => [String(payload), properties?.messageExpiryInterval]),
      [['50', 50]],
    );
  });

  it('takes a QoS 2 publication once, however often it is sent before its release', async () => {
    const { client } = await open(persistent);
    await subscribed(client, 'news');
    const publish: IPublishPacket = {
      cmd: 'publish',
      messageId: 5,
      topic: 'news',
      payload: 'once',
      qos: 2,
      retain: false,
      dup: false,
    };
    client.send(publish);
    client.send({ ...publish, dup: true });
    client.send({ cmd: 'pubrel', messageId: 5 });
    client.send({ cmd: 'pubrel', messageId: 5 });
    const packets = await client.settled();
    assert.deepEqual(
      packets.map((packet) => [packet.cmd, 'reasonCode' in packet ? packet.reasonCode : undefined]),
      [
        ['publish', undefined],
        ['pubrec', 0],
        ['pubrec', 0],
        ['pubcomp', 0],
        ['pubcomp', 0x92],
      ],
    );
  });

  it('delivers QoS 2 with its handshake where that is switched on, over a lost connection too', async () => {
    await bench.close();
    bench = await startBench({ assumptions: { maximumQoS: 2 } });
    const { client } = await open(persistent);
    await subscribed(client, 'news', 2);
    const { client: publisher } = await open({ clientId: 'p' });
    publisher.send({
      cmd: 'publish',
      messageId: 1,
      topic: 'news',
      payload: 'twice',
      qos: 2,
      retain: false,
      dup: false,
    });
    const { messageId = 0, qos } = await client.nextOf('publish');
    assert.equal(qos, 2);
    client.send({ cmd: 'pubrec', messageId, reasonCode: 0 });
    assert.equal((await client.nextOf('pubrel')).messageId, messageId);
    client.socket.destroy();
    await client.closed;
    const { client: again } = await open(persistent);
    assert.equal((await again.nextOf('pubrel')).messageId, messageId);
    again.send({ cmd: 'pubcomp', messageId });
    assert.deepEqual(await again.settled(), []);
    await leave(again);
    const { client: third } = await open(persistent);
    assert.deepEqual(await third.settled(), []);
  });

  it('reports sessions and ends them on request', async () => {
    const { client } = await open(persistent);
    await subscribed(client, 'news', 1, 3);
    const [session] = bench.broker.sessions(1);
    assert.deepEqual(session, {
      id: session?.id,
      cid: 1,
      client_id: 'keeper',
      ip: '127.0.0.1',
      connected: true,
      clean: false,
      expires: 0,
      size: 0,
    });
    const id = session?.id ?? 0;
    assert.deepEqual(bench.broker.subscriptions(id), [
      { topic: 'news', qos: 1, no_local: false, rap: false, retain_handling: 0, subscription_id: 3 },
    ]);
    assert.equal(bench.broker.closeSession(id), true);
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x98);
    assert.deepEqual(bench.broker.sessions(1), []);
    assert.equal(bench.broker.closeSession(id), false);
  });

  it('lets REST make a session, subscribe it and fill it before its client comes', async () => {
    const session = bench.broker.createSession(1, 'keeper', 1000);
    assert.equal(bench.broker.createSession(1, 'keeper', 1000), undefined);
    assert.equal(bench.broker.subscribe(session?.id ?? 0, { topic: 'news', qos: 1 }), 1);
    assert.equal(bench.broker.subscribe(session?.id ?? 0, { topic: 'a/#/b' }), 143);
    await publishAll('1');
    const { client, sessionPresent } = await open(persistent);
    assert.equal(sessionPresent, true);
    assert.deepEqual(texts((await client.settled()) as IPublishPacket[]), ['1']);
    assert.equal(bench.broker.unsubscribe(session?.id ?? 0, 'news'), true);
  });

  it('sends everybody away when it closes, at once', async () => {
    await bench.close();
    bench = await startBench({ limits: { closeMilliseconds: 8000 } });
    const { client } = await open();
    const started = Date.now();
    await bench.broker.close();
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x8b);
    // Not the whole time that it would wait.
    assert.ok(Date.now() - started < 4000);
  });

  it('closes in bounded time although a client does not read', async () => {
    const { client } = await open();
    await subscribed(client, 'news', 0);
    client.socket.pause();
    for (let index = 0; index < 40; index += 1) await publishAll('x'.repeat(200_000));
    const started = Date.now();
    await bench.broker.close();
    assert.ok(Date.now() - started < 2000);
  });
});

describe('broker: wills', () => {
  let bench: Bench;
  let watcher: RawClient;
  beforeEach(async () => {
    bench = await startBench();
    watcher = await bench.raw({ clientId: 'watcher' });
    await connected(watcher);
    await subscribed(watcher, 'wills/#');
  });
  afterEach(() => bench.close());

  const will = { topic: 'wills/a', payload: Buffer.from('lost'), qos: 1 as const, retain: false };

  it('publishes the will of a lost connection, with its properties', async () => {
    const client = await bench.raw({
      will: { ...will, properties: { contentType: 'text/plain', userProperties: { a: '1' } } },
    });
    await connected(client);
    client.socket.destroy();
    const { payload, properties } = await watcher.nextOf('publish');
    assert.equal(String(payload), 'lost');
    assert.equal(properties?.contentType, 'text/plain');
    assert.equal(properties?.userProperties?.['a'], '1');
    assert.equal(properties?.userProperties?.['cid'], '1');
  });

  for (const [reasonCode, expected] of [
    [0, 0],
    [4, 1],
  ] as const) {
    it(`publishes ${expected} wills after DISCONNECT ${reasonCode}`, async () => {
      const client = await bench.raw({ will });
      await connected(client);
      client.send({ cmd: 'disconnect', reasonCode });
      await client.closed;
      assert.equal((await watcher.settled()).length, expected);
    });
  }

  it('publishes it when the keep alive is over, after one and a half times the seconds', async () => {
    const client = await bench.raw({ will, keepalive: 1 });
    await connected(client);
    const started = Date.now();
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x8d);
    assert.ok(Date.now() - started >= 1400);
    await watcher.nextOf('publish');
  });

  it('publishes it at once when another connection takes over', async () => {
    await connected(await bench.raw({ ...persistent, will }));
    await connected(await bench.raw(persistent));
    await watcher.nextOf('publish');
  });

  it('waits for the delay, and forgets it when the client is back', async () => {
    const delayed = { ...will, properties: { willDelayInterval: 1 } };
    const client = await bench.raw({ ...persistent, will: delayed });
    await connected(client);
    client.socket.destroy();
    await client.closed;
    const again = await bench.raw({ ...persistent, will: delayed });
    await connected(again);
    assert.deepEqual(await watcher.settled(), []);
    const started = Date.now();
    again.socket.destroy();
    await watcher.nextOf('publish');
    assert.ok(Date.now() - started >= 900);
  });

  it('does not wait longer than the session lives', async () => {
    const delayed = { ...will, properties: { willDelayInterval: 1000 } };
    const client = await bench.raw({ clientId: 'short', will: delayed });
    await connected(client);
    client.socket.destroy();
    await watcher.nextOf('publish');
  });

  for (const [topic, reasonCode] of [
    ['flespi/state/x', 0x87],
    ['flespi/rest/get/gw/devices/all', 0x87],
    ['a/+', 0x90],
  ] as const) {
    it(`refuses a will to ${topic}`, async () => {
      const client = await bench.raw({ will: { ...will, topic } });
      assert.equal((await client.nextOf('connack')).reasonCode, reasonCode);
    });
  }
});
