import assert from 'node:assert/strict';
import type { IConnectPacket, IPublishPacket, ISubscription } from 'mqtt-packet';
import { startBench, type Bench, type RawClient } from './broker-setup';

const texts = (packets: readonly unknown[]): string[] =>
  (packets as IPublishPacket[]).map(({ payload }) => String(payload));

async function subscribe(
  client: RawClient,
  subscriptions: readonly (Partial<ISubscription> & { topic: string })[],
  properties: { subscriptionIdentifier?: number; userProperties?: Record<string, string> } = {},
): Promise<number[]> {
  client.send({
    cmd: 'subscribe',
    messageId: 900,
    subscriptions: subscriptions.map((subscription) => ({ qos: 1, nl: false, rap: false, rh: 0, ...subscription })),
    properties,
  });
  return (await client.nextOf('suback')).granted as number[];
}

describe('broker: subscriptions', () => {
  let bench: Bench;
  beforeEach(async () => (bench = await startBench()));
  afterEach(async () => {
    assert.equal(bench.broker.stats.errors, 0);
    await bench.close();
  });

  async function open(connect: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = await bench.raw(connect);
    await client.nextOf('connack');
    return client;
  }

  const send = (client: RawClient, topic: string, payload: string, options: Partial<IPublishPacket> = {}): void =>
    client.send({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false, ...options });

  it('sends one copy for all subscriptions that match, at the highest QoS, with all identifiers', async () => {
    const client = await open();
    await subscribe(client, [{ topic: 'a/#', qos: 0 }], { subscriptionIdentifier: 1 });
    await subscribe(client, [{ topic: 'a/b', qos: 1 }], { subscriptionIdentifier: 2 });
    await subscribe(client, [{ topic: 'a/b,c', qos: 0 }], { subscriptionIdentifier: 3 });
    await subscribe(client, [{ topic: 'a/x' }], { subscriptionIdentifier: 4 });
    await subscribe(client, [{ topic: '+/b', qos: 0 }]);
    bench.broker.publish({ topic: 'a/b', cid: 1, payload: 'x' });
    const packets = (await client.settled()) as IPublishPacket[];
    assert.equal(packets.length, 1);
    assert.equal(packets[0]?.qos, 1);
    assert.deepEqual(new Set([packets[0]?.properties?.subscriptionIdentifier].flat()), new Set([1, 2, 3]));
  });

  it('replaces the subscription with the same topic', async () => {
    const client = await open();
    await subscribe(client, [{ topic: 'a', qos: 1 }], { subscriptionIdentifier: 1 });
    await subscribe(client, [{ topic: 'a', qos: 0 }], { subscriptionIdentifier: 2 });
    bench.broker.publish({ topic: 'a', cid: 1, payload: 'x' });
    const [packet] = (await client.settled()) as IPublishPacket[];
    assert.deepEqual([packet?.qos, packet?.properties?.subscriptionIdentifier], [0, 2]);
  });

  it('answers each filter of UNSUBSCRIBE', async () => {
    const client = await open();
    const topic = '$share/g/$filter/cid=1/a,b/#';
    await subscribe(client, [{ topic }, { topic: 'a/+' }]);
    client.send({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: [topic, 'a/+', 'a/+', 'never'] });
    assert.deepEqual((await client.nextOf('unsuback')).granted, [0, 0, 0x11, 0x11]);
    bench.broker.publish({ topic: 'a/b', cid: 1, payload: 'x' });
    assert.deepEqual(await client.settled(), []);
  });

  it('keeps wildcards at the first level away from topics that begin with $', async () => {
    const client = await open();
    await subscribe(client, [{ topic: '#' }, { topic: '+/x' }]);
    for (const topic of ['$SYS/x', '$SYS', 'a/$x', 'b/x']) bench.broker.publish({ topic, cid: 1, payload: topic });
    assert.deepEqual(texts(await client.settled()), ['a/$x', 'b/x']);
    await subscribe(client, [{ topic: '$SYS/#' }]);
    for (const topic of ['$SYS/x', '$SYS']) bench.broker.publish({ topic, cid: 1, payload: topic });
    assert.deepEqual(texts(await client.settled()), ['$SYS/x', '$SYS']);
  });

  it('spares the publisher with No Local', async () => {
    const one = await open({ clientId: 'one' });
    const two = await open({ clientId: 'two' });
    for (const client of [one, two]) await subscribe(client, [{ topic: 'a', nl: true }]);
    send(one, 'a', 'x');
    assert.deepEqual(texts(await one.settled()), []);
    assert.deepEqual(texts(await two.settled()), ['x']);
  });

  it('keeps the retain flag of live messages only with Retain As Published', async () => {
    for (const rap of [false, true]) {
      const client = await open();
      await subscribe(client, [{ topic: 'a', rap }]);
      const publisher = await open();
      send(publisher, 'a', 'x', { retain: true });
      send(publisher, 'a', '', { retain: true });
      await publisher.settled();
      assert.deepEqual(
        ((await client.settled()) as IPublishPacket[]).map(({ retain }) => retain),
        [rap, rap],
      );
    }
  });

  it('sends retained messages as Retain Handling asks', async () => {
    bench.broker.publish({ topic: 'a/1', cid: 1, payload: '1', retain: true });
    bench.broker.publish({ topic: 'a/2', cid: 1, payload: '2', retain: true });
    for (const [rh, first, second] of [
      [0, ['1', '2'], ['1', '2']],
      [1, ['1', '2'], []],
      [2, [], []],
    ] as const) {
      const client = await open();
      await subscribe(client, [{ topic: 'a/+', rh }], { subscriptionIdentifier: 9 });
      const packets = (await client.settled()) as IPublishPacket[];
      assert.deepEqual(texts(packets).sort(), first);
      for (const { retain, properties } of packets)
        assert.deepEqual([retain, properties?.subscriptionIdentifier], [true, 9]);
      await subscribe(client, [{ topic: 'a/+', rh }]);
      assert.deepEqual(texts(await client.settled()).sort(), second);
    }
  });

  it('sends no retained messages to shared subscriptions', async () => {
    bench.broker.publish({ topic: 'a', cid: 1, payload: '1', retain: true });
    const client = await open();
    await subscribe(client, [{ topic: '$share/g/a' }]);
    assert.deepEqual(await client.settled(), []);
  });

  it('sends a large retained state whole, to a client that reads slowly, and newer values after it', async () => {
    const count = 20_000;
    const payload = 'x'.repeat(500);
    for (let index = 0; index < count; index += 1)
      bench.broker.publish({ topic: `flespi/state/gw/devices/${index}/telemetry/can`, cid: 1, payload, retain: true });
    const client = await open();
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 'flespi/state/#', qos: 0, nl: false, rap: false, rh: 0 }],
    });
    await client.nextOf('suback');
    client.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 50));
    bench.broker.publish({
      topic: `flespi/state/gw/devices/${count - 1}/telemetry/can`,
      cid: 1,
      payload: 'new',
      retain: true,
    });
    client.socket.resume();
    const packets: IPublishPacket[] = [];
    while (packets.length < count + 1) packets.push(await client.nextOf('publish'));
    assert.equal(new Set(packets.map(({ topic }) => topic)).size, count);
    assert.equal(texts(packets).at(-1), 'new');
    assert.equal(bench.broker.stats.dropped, 0);
  });

  it('lists and clears retained messages, of one account or with its subaccounts', () => {
    const { broker } = bench;
    broker.publish({ topic: 'a/1', cid: 1, payload: '1', retain: true });
    broker.publish({ topic: 'a/1', cid: 2, payload: '2', retain: true });
    broker.publish({ topic: 'b/1', cid: 4, payload: '4', retain: true });
    const list = (cid: number, filter: string, recursive?: boolean): string[] | undefined =>
      broker.retained(cid, filter, recursive === undefined ? {} : { recursive })?.map(({ payload }) => String(payload));
    assert.deepEqual(list(1, '#'), ['1', '2', '4']);
    assert.deepEqual(list(1, '#', false), ['1']);
    assert.deepEqual(list(2, '#'), ['2', '4']);
    assert.deepEqual(list(3, '#'), []);
    assert.deepEqual(list(1, 'a,b/1'), ['1', '2', '4']);
    assert.equal(list(1, 'a/#/b'), undefined);
    assert.equal(broker.clearRetained(2, '#'), 2);
    assert.deepEqual(list(1, '#'), ['1']);
    assert.equal(broker.stats.retained, 1);
  });

  describe('invalid filters', () => {
    const invalid = [
      'a/#/b',
      'a+',
      'a/b#',
      '+a/b',
      'a/+,b',
      'a/b,#',
      '$share',
      '$share/g',
      '$share//a',
      '$share/g+/a',
      '$share/g/',
      '$share/g:0/a',
      '$share/g/$share/h/a',
      '$filter/cid=1',
      '$filter//a',
      '$filter/a',
      '$filter/cid/a',
      '$filter/cid=x/a',
      '$filter/cid>1/a',
      '$filter/unknown=1/a',
      '$filter/modified_since=yesterday/a',
      '$filter/payload=/a',
      '$filter/payload=1%20%2B/a',
      '$filter/payload=%E0%A4%A/a',
      '$filter/cid=1&/a',
      '$filter/cid=1/$filter/cid=1/a',
      '$filter/cid=1/$share/g/a',
      '',
    ];
    for (const topic of invalid) {
      it(JSON.stringify(topic), async () => {
        const client = await open();
        client.send({
          cmd: 'subscribe',
          messageId: 1,
          subscriptions: [{ topic, qos: 0, nl: false, rap: false, rh: 0 }],
        });
        assert.equal((await client.nextOf('disconnect')).reasonCode, 143);
      });
    }

    it('are answered as the assumptions say', async () => {
      for (const [invalidFilter, expected] of [
        ['suback', ['suback']],
        ['disconnect', ['disconnect']],
        ['both', ['suback', 'disconnect']],
      ] as const) {
        const other = await startBench({ assumptions: { invalidFilter } });
        try {
          for (const protocolVersion of [4, 5] as const) {
            const client = await other.raw({ protocolVersion });
            await client.nextOf('connack');
            client.send({
              cmd: 'subscribe',
              messageId: 1,
              subscriptions: [
                { topic: 'ok', qos: 1 },
                { topic: 'a#', qos: 1 },
              ],
            });
            const packets = await client.settled();
            const wanted = expected.filter((cmd) => protocolVersion === 5 || cmd === 'suback');
            assert.deepEqual(
              packets.map(({ cmd }) => cmd),
              wanted,
            );
            const [suback] = packets;
            if (suback?.cmd === 'suback') assert.deepEqual(suback.granted, [1, protocolVersion === 5 ? 143 : 128]);
          }
        } finally {
          await other.close();
        }
      }
    });
  });

  it('refuses more subscriptions and deeper filters than the limits', async () => {
    await bench.close();
    bench = await startBench({
      limits: { subscriptions: 2, topicLevels: 4 },
      assumptions: { invalidFilter: 'suback' },
    });
    const client = await open();
    assert.deepEqual(
      await subscribe(
        client,
        ['a', 'b', 'c', 'a', 'x/x/x/x/x'].map((topic) => ({ topic })),
      ),
      [1, 1, 0x97, 1, 143],
    );
  });
});

describe('broker: shared subscriptions', () => {
  let bench: Bench;
  let random = 0;
  beforeEach(async () => (bench = await startBench({ random: () => random })));
  afterEach(() => bench.close());

  async function member(clientId: string, topic: string, connect: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = await bench.raw({ clientId, ...connect });
    await client.nextOf('connack');
    await subscribe(client, [{ topic }], { subscriptionIdentifier: clientId.charCodeAt(0) });
    return client;
  }
  const publish = (topic: string, payload: string, cid = 1): void => bench.broker.publish({ topic, cid, payload });
  const keeps = { clean: false, properties: { sessionExpiryInterval: 1000 } };

  it('gives each message to one member, and every group its own', async () => {
    const a = await member('a', '$share/g/x/+');
    const b = await member('b', '$share/g/x/+');
    const other = await member('c', '$share/h/x/+');
    const plain = await member('d', 'x/+');
    for (const [value, payload] of [
      [0, '1'],
      [0.99, '2'],
      [0.4, '3'],
    ] as const) {
      random = value;
      publish('x/y', payload);
    }
    assert.deepEqual(texts(await a.settled()), ['1', '3']);
    assert.deepEqual(texts(await b.settled()), ['2']);
    for (const client of [other, plain]) assert.deepEqual(texts(await client.settled()), ['1', '2', '3']);
  });

  it('keeps the groups of accounts apart', async () => {
    const a = await member('a', '$share/g/x');
    const b = await member('b', '$share/g/x', { username: '2'.repeat(64) });
    publish('x', '1', 2);
    publish('x', '2', 1);
    assert.deepEqual(texts(await a.settled()), ['1', '2']);
    assert.deepEqual(texts(await b.settled()), ['1']);
  });

  for (const [topic, keyOf] of [
    ['$share/by:2/m/+/+', (device: number) => `m/${device}/a`],
    ['$share/by:1:1/m/+/+', (device: number) => `m/${device}/${Math.random()}`],
  ] as const) {
    it(`sends what agrees to the same member: ${topic}`, async () => {
      const members = [];
      for (const id of ['a', 'b', 'c']) members.push(await member(id, topic));
      for (let round = 0; round < 3; round += 1)
        for (let device = 0; device < 60; device += 1) publish(keyOf(device), String(device));
      const shares = [];
      for (const client of members) shares.push(texts(await client.settled()));
      assert.equal(shares.flat().length, 180);
      for (const share of shares) {
        assert.ok(share.length >= 30, `a member has ${share.length} of 180`);
        for (const device of share) assert.equal(share.filter((other) => other === device).length, 3);
      }
    });
  }

  it('moves only the share of a member that leaves', async () => {
    const topic = '$share/by:1:1/m/+';
    const members = new Map<string, RawClient>();
    for (const id of ['a', 'b', 'c']) members.set(id, await member(id, topic));
    const owners = async (): Promise<Map<string, string>> => {
      for (let device = 0; device < 60; device += 1) publish(`m/${device}`, String(device));
      const found = new Map<string, string>();
      for (const [id, client] of members) for (const device of texts(await client.settled())) found.set(device, id);
      return found;
    };
    const before = await owners();
    const gone = members.get('c');
    members.delete('c');
    gone?.send({ cmd: 'disconnect', reasonCode: 0 });
    await gone?.closed;
    const after = await owners();
    assert.equal(after.size, 60);
    for (const [device, id] of before) if (id !== 'c') assert.equal(after.get(device), id);
  });

  it('filters before it shares', async () => {
    const a = await member('a', '$share/g/$filter/cid=2&payload=tonumber(payload)%3E10/x');
    publish('x', '20', 1);
    publish('x', '5', 2);
    publish('x', '30', 2);
    assert.deepEqual(texts(await a.settled()), ['30']);
  });

  it('prefers members that are connected, and queues when none is', async () => {
    const a = await member('a', '$share/g/x', keeps);
    const b = await member('b', '$share/g/x', keeps);
    random = 0;
    a.send({ cmd: 'disconnect', reasonCode: 0 });
    await a.closed;
    publish('x', '1');
    assert.deepEqual(texts(await b.settled()), ['1']);
    b.send({ cmd: 'puback', messageId: 1, reasonCode: 0 });
    await b.settled();
    b.send({ cmd: 'disconnect', reasonCode: 0 });
    await b.closed;
    publish('x', '2');
    const again = await bench.raw({ clientId: 'a', ...keeps });
    const { sessionPresent } = await again.nextOf('connack');
    assert.equal(sessionPresent, true);
    assert.deepEqual(texts(await again.settled()), ['2']);
  });

  for (const connect of [{}, keeps]) {
    it(`brings what a lost member did not acknowledge to another one, ${connect === keeps ? 'persistent' : 'clean'}`, async () => {
      random = 0;
      const a = await member('a', '$share/g/x', connect);
      const b = await member('b', '$share/g/x', connect);
      for (const payload of ['1', '2', '3']) publish('x', payload);
      assert.deepEqual(texts(await a.settled()), ['1', '2', '3']);
      a.send({ cmd: 'puback', messageId: 2, reasonCode: 0 });
      await a.settled();
      bench.broker.interrupt({ how: 'reset', clientId: 'a' });
      const packets = (await b.settled()) as IPublishPacket[];
      assert.deepEqual(texts(packets), ['1', '3']);
      assert.ok(packets.every(({ properties }) => properties?.subscriptionIdentifier === 'b'.charCodeAt(0)));
      if (connect !== keeps) return;
      const again = await bench.raw({ clientId: 'a', ...keeps });
      await again.nextOf('connack');
      assert.deepEqual(await again.settled(), []);
    });
  }

  it('sends a member that also subscribed alone a copy for each', async () => {
    const a = await member('a', '$share/g/x');
    await subscribe(a, [{ topic: 'x' }], { subscriptionIdentifier: 5 });
    publish('x', '1');
    const ids = ((await a.settled()) as IPublishPacket[]).map(({ properties }) => properties?.subscriptionIdentifier);
    assert.deepEqual(new Set(ids), new Set([5, 97]));
  });
});
