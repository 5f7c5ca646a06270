import assert from 'node:assert/strict';
import type { IPublishPacket } from 'mqtt-packet';
import { inbox, keys, settle, startBench, type Bench, type RawClient } from './broker-setup';

const texts = (packets: readonly unknown[]): string[] =>
  (packets as IPublishPacket[]).map(({ payload }) => String(payload));

describe('broker: accounts', () => {
  let bench: Bench;
  beforeEach(async () => (bench = await startBench()));
  afterEach(() => bench.close());

  async function open(username: string, protocolVersion: 4 | 5 = 5): Promise<RawClient> {
    const client = await bench.raw({ username, protocolVersion });
    await client.nextOf('connack');
    return client;
  }

  async function subscribe(
    client: RawClient,
    topic: string,
    userProperties?: Record<string, string>,
  ): Promise<unknown[]> {
    const properties = userProperties === undefined ? {} : { userProperties };
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic, qos: 1, nl: false, rap: false, rh: 0 }],
      properties,
    });
    return (await client.nextOf('suback')).granted;
  }

  const credentials: [string, { username?: string; password?: string }, boolean][] = [
    ['the key as user name', { username: keys.two }, true],
    ['FlespiToken and the key as user name', { username: `FlespiToken ${keys.two}` }, true],
    ['the key as password', { username: 'whatever', password: keys.two }, true],
    ['the id, and 16 bytes of the key', { username: '12', password: keys.two.slice(0, 16) }, true],
    ['the id, and the whole key', { username: '12', password: keys.two }, true],
    ['the id, and 15 bytes of the key', { username: '12', password: keys.two.slice(0, 15) }, false],
    ['the id of another token', { username: '13', password: keys.two.slice(0, 16) }, false],
    ['nothing', {}, false],
  ];
  for (const [name, { username, password }, expected] of credentials) {
    it(`takes ${name}: ${expected}`, async () => {
      const client = await bench.raw();
      client.connect({ username, ...(password === undefined ? {} : { password: Buffer.from(password) }) });
      const { reasonCode } = await client.nextOf('connack');
      assert.equal(reasonCode, expected ? 0 : 134);
    });
  }

  it('tells about the token in CONNACK, but not its key', async () => {
    const client = await bench.raw({ username: keys.two });
    const { properties } = await client.nextOf('connack');
    const token = JSON.parse(String(properties?.userProperties?.['token'])) as Record<string, unknown>;
    assert.deepEqual([token['id'], token['cid'], token['access']], [12, 2, { type: 1 }]);
    assert.ok(!JSON.stringify(properties).includes(keys.two));
    assert.deepEqual(JSON.parse(String(properties?.userProperties?.['subscriptions'])), []);
  });

  it('tells the subscriptions of the session in CONNACK', async () => {
    const session = { clientId: 's', clean: false, properties: { sessionExpiryInterval: 100 } };
    const client = await bench.raw(session);
    await client.nextOf('connack');
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: '$share/g/$filter/cid=2/a,b/#', qos: 1, nl: false, rap: true, rh: 2 }],
      properties: { subscriptionIdentifier: 8 },
    });
    await client.nextOf('suback');
    const again = await bench.raw(session);
    const { properties } = await again.nextOf('connack');
    assert.deepEqual(JSON.parse(String(properties?.userProperties?.['subscriptions'])), [
      {
        topic: '$share/g/$filter/cid=2/a,b/#',
        qos: 1,
        no_local: false,
        rap: true,
        retain_handling: 2,
        subscription_id: 8,
      },
    ]);
  });

  it('leaves out of CONNACK what the client could not take', async () => {
    const client = await bench.raw({ properties: { maximumPacketSize: 100 } });
    const { properties } = await client.nextOf('connack');
    assert.equal(properties?.userProperties, undefined);
  });

  it('brings a message to its account and those above it', async () => {
    const clients = new Map<number, RawClient>();
    for (const [cid, key] of [
      [1, keys.root],
      [2, keys.two],
      [3, keys.three],
      [4, keys.four],
    ] as const) {
      const client = await open(key);
      await subscribe(client, '#');
      clients.set(cid, client);
    }
    for (const cid of [1, 2, 3, 4]) bench.broker.publish({ topic: 't', cid, payload: String(cid) });
    const seen: Record<number, string[]> = {};
    for (const [cid, client] of clients) {
      const packets = (await client.settled()) as IPublishPacket[];
      seen[cid] = texts(packets);
      for (const { payload, properties } of packets) assert.equal(properties?.userProperties?.['cid'], String(payload));
    }
    assert.deepEqual(seen, { 1: ['1', '2', '3', '4'], 2: ['2', '4'], 3: ['3'], 4: ['4'] });
  });

  it('keeps the retained values that accounts have under the same topic apart', async () => {
    for (const cid of [1, 2, 3, 4]) bench.broker.publish({ topic: 't', cid, payload: String(cid), retain: true });
    const two = await open(keys.two);
    await subscribe(two, 't');
    assert.deepEqual(texts(await two.settled()).sort(), ['2', '4']);
    const four = await open(keys.four);
    await subscribe(four, '#');
    assert.deepEqual(texts(await four.settled()), ['4']);
  });

  it('restricts a subscription by its user property cid, live and retained', async () => {
    for (const cid of [1, 2]) bench.broker.publish({ topic: 't', cid, payload: String(cid), retain: true });
    const client = await open(keys.root);
    await subscribe(client, 't', { cid: '2' });
    for (const cid of [1, 2]) bench.broker.publish({ topic: 't', cid, payload: `live ${cid}` });
    assert.deepEqual(texts(await client.settled()), ['2', 'live 2']);
  });

  for (const protocolVersion of [4, 5] as const) {
    it(`drops what is published to flespi/, and stays, MQTT ${protocolVersion}`, async () => {
      const client = await open(keys.root, protocolVersion);
      await subscribe(client, 'flespi/#');
      for (const [messageId, topic] of ['flespi/message/gw/devices/1', 'flespi/x', 'flespi/'].entries())
        client.send({
          cmd: 'publish',
          messageId: messageId + 1,
          topic,
          payload: 'x',
          qos: 1,
          retain: true,
          dup: false,
        });
      const packets = await client.settled();
      assert.deepEqual(
        packets.map((packet) => [packet.cmd, 'reasonCode' in packet ? packet.reasonCode : undefined]),
        Array.from({ length: 3 }, () => ['puback', protocolVersion === 5 ? 0x87 : undefined]),
      );
      assert.deepEqual(bench.broker.retained(1, 'flespi/#'), []);
    });
  }

  it('lets the access control list decide on topics', async () => {
    const client = await open(keys.acl);
    assert.deepEqual(await subscribe(client, 'my/+'), [1]);
    assert.deepEqual(await subscribe(client, 'yours/+'), [0x87]);
    assert.deepEqual(await subscribe(client, '$share/g/$filter/cid=2/my/a,b'), [1]);
    assert.deepEqual(await subscribe(client, '$share/g/$filter/cid=2/yours'), [0x87]);
    client.send({ cmd: 'publish', messageId: 1, topic: 'my/x', payload: 'x', qos: 1, retain: false, dup: false });
    assert.equal((await client.nextOf('puback')).reasonCode, 0);
    client.send({ cmd: 'publish', messageId: 2, topic: 'yours/x', payload: 'x', qos: 1, retain: false, dup: false });
    assert.equal((await client.nextOf('puback')).reasonCode, 0x87);
    const old = await open(keys.acl, 4);
    assert.deepEqual(await subscribe(old, 'yours/+'), [0x80]);
  });

  it('carries response topic, correlation data, content type and payload format from client to client', async () => {
    const client = await bench.client();
    const box = inbox(client);
    await client.subscribeAsync('a');
    await client.publishAsync('a', 'x', {
      properties: {
        responseTopic: 'b',
        correlationData: Buffer.from([0, 255, 7]),
        contentType: 'text/plain',
        payloadFormatIndicator: true,
        userProperties: { list: ['1', '2'] },
      },
    });
    const [packet] = await box.take(1);
    const { responseTopic, correlationData, contentType, payloadFormatIndicator, userProperties } =
      packet?.properties ?? {};
    assert.deepEqual(
      [responseTopic, correlationData, contentType, payloadFormatIndicator],
      ['b', Buffer.from([0, 255, 7]), 'text/plain', true],
    );
    assert.deepEqual(userProperties?.['list'], ['1', '2']);
    await settle(client);
  });
});
