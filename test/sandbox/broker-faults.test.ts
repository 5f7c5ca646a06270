import assert from 'node:assert/strict';
import type { IConnectPacket, IPublishPacket } from 'mqtt-packet';
import { fitsPattern, type BrokerFaults } from '../../sandbox/broker/broker-faults';
import { startBench, type Bench, type RawClient } from './broker-setup';

describe('broker: faults', () => {
  let bench: Bench;
  let faults: BrokerFaults;
  beforeEach(async () => {
    bench = await startBench();
    ({ faults } = bench.broker);
  });
  afterEach(() => bench.close());

  async function open(connect: Partial<IConnectPacket> = {}): Promise<RawClient> {
    const client = await bench.raw(connect);
    assert.equal((await client.nextOf('connack')).reasonCode, 0);
    return client;
  }
  const subscribe = (client: RawClient, topic: string, messageId = 1): void =>
    client.send({
      cmd: 'subscribe',
      messageId,
      subscriptions: [{ topic, qos: 1, nl: false, rap: false, rh: 0 }],
      properties: { subscriptionIdentifier: 4 },
    });
  const publish = (client: RawClient, topic: string, options: Partial<IPublishPacket> = {}): void =>
    client.send({ cmd: 'publish', messageId: 1, topic, payload: 'x', qos: 1, retain: false, dup: false, ...options });
  const codeOf = (packet: object | undefined): unknown =>
    packet && 'reasonCode' in packet ? packet.reasonCode : undefined;

  for (const [code, returnCode] of [
    [0x86, 4],
    [0x87, 5],
    [0x88, 3],
    [0x9f, 3],
  ] as const) {
    it(`refuses CONNECT with ${code}, and ${returnCode} before MQTT 5`, async () => {
      faults.refuseConnect = code;
      assert.equal((await (await bench.raw({})).nextOf('connack')).reasonCode, code);
      const old = await bench.raw({ protocolVersion: 4 });
      assert.equal((await old.nextOf('connack')).returnCode, returnCode);
      await old.closed;
      delete faults.refuseConnect;
      await open();
    });
  }

  it('never answers CONNECT', async () => {
    faults.withholdConnack = true;
    const client = await bench.raw({});
    const answer = await Promise.race([client.next(), new Promise((resolve) => setTimeout(resolve, 50, 'silence'))]);
    assert.equal(answer, 'silence');
  });

  it('closes some time after CONNACK', async () => {
    faults.closeAfterConnack = 30;
    await (
      await open()
    ).closed;
  });

  it('announces limits in CONNACK and keeps to them', async () => {
    const cases: [BrokerFaults['connack'] & object, (client: RawClient) => void, number][] = [
      [{ maximumQoS: 0 }, (client) => publish(client, 'a'), 0x9b],
      [{ retainAvailable: false }, (client) => publish(client, 'a', { retain: true }), 0x9a],
      [{ wildcardSubscriptionAvailable: false }, (client) => subscribe(client, 'a/#'), 0xa2],
      [{ sharedSubscriptionAvailable: false }, (client) => subscribe(client, '$share/g/a'), 0x9e],
      [{ maximumPacketSize: 100 }, (client) => publish(client, 'a', { payload: 'x'.repeat(200) }), 0x95],
      [{ topicAliasMaximum: 1 }, (client) => publish(client, 'a', { properties: { topicAlias: 2 } }), 0x94],
      [
        { receiveMaximum: 1 },
        (client) => [1, 2].forEach((messageId) => publish(client, 'a', { qos: 2, messageId })),
        0x93,
      ],
    ];
    for (const [announced, break_, code] of cases) {
      faults.connack = announced;
      const client = await bench.raw({});
      const { properties } = await client.nextOf('connack');
      for (const [name, value] of Object.entries(announced))
        assert.equal({ ...properties }[name as never], value, name);
      break_(client);
      assert.equal((await client.nextOf('disconnect')).reasonCode, code, JSON.stringify(announced));
    }
  });

  it('shortens keep alive and session expiry by CONNACK', async () => {
    faults.connack = { serverKeepAlive: 1, sessionExpiryInterval: 0 };
    const client = await bench.raw({
      clientId: 's',
      clean: false,
      keepalive: 1000,
      properties: { sessionExpiryInterval: 1000 },
    });
    const { properties } = await client.nextOf('connack');
    assert.deepEqual([properties?.serverKeepAlive, properties?.sessionExpiryInterval], [1, 0]);
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x8d);
    assert.deepEqual(bench.broker.sessions(1), []);
  });

  it('forgets sessions', async () => {
    const session = { clientId: 's', clean: false, properties: { sessionExpiryInterval: 1000 } };
    const client = await open(session);
    client.send({ cmd: 'disconnect', reasonCode: 0 });
    await client.closed;
    faults.forgetSessions = true;
    assert.equal((await (await bench.raw(session)).nextOf('connack')).sessionPresent, false);
  });

  it('answers SUBSCRIBE with a code, never, or only from the second connection on', async () => {
    faults.suback = [
      { topic: 'no/*', code: 0x87 },
      { topic: 'low', code: 0 },
      { topic: 'never', code: 'never' },
      { topic: 'later', code: 0x97, fromConnect: 2 },
    ];
    const session = { clientId: 's', clean: false, properties: { sessionExpiryInterval: 1000 } };
    const client = await open(session);
    const granted = async (topic: string, on = client): Promise<unknown> => {
      subscribe(on, topic);
      return (await on.settled()).map((packet) => (packet.cmd === 'suback' ? packet.granted[0] : packet.cmd));
    };
    assert.deepEqual(await granted('no/x'), [0x87]);
    assert.deepEqual(await granted('low'), [0]);
    assert.deepEqual(await granted('never'), []);
    assert.deepEqual(await granted('later'), [1]);
    assert.deepEqual(await granted('fine'), [1]);
    const again = await bench.raw(session);
    await again.nextOf('connack');
    assert.deepEqual(await granted('later', again), [0x97]);
    assert.deepEqual(
      bench.broker.subscriptions(1).map(({ topic }) => topic),
      ['low', 'later', 'fine'],
    );
  });

  it('disconnects whoever publishes to a topic', async () => {
    faults.disconnectOnPublish = { topic: 'poison/*', code: 0x99 };
    const client = await open();
    publish(client, 'fine');
    publish(client, 'poison/1');
    assert.deepEqual(
      (await client.settled()).map((packet) => [packet.cmd, codeOf(packet)]),
      [
        ['puback', 0],
        ['disconnect', 0x99],
      ],
    );
  });

  it('leaves subscription identifiers out', async () => {
    faults.omitIdentifiers = true;
    const client = await open();
    subscribe(client, 'a');
    await client.nextOf('suback');
    bench.broker.publish({ topic: 'a', cid: 1, payload: 'x' });
    assert.equal((await client.nextOf('publish')).properties?.subscriptionIdentifier, undefined);
  });

  it('delivers several times', async () => {
    faults.deliverTimes = 3;
    const client = await open();
    subscribe(client, 'a');
    await client.nextOf('suback');
    bench.broker.publish({ topic: 'a', cid: 1, payload: 'x' });
    assert.equal((await client.settled()).length, 3);
  });

  it('withholds PUBACK, or refuses by it', async () => {
    const client = await open();
    subscribe(client, 'a');
    await client.nextOf('suback');
    faults.puback = { topic: 'a', code: 'never' };
    publish(client, 'a');
    assert.deepEqual(
      (await client.settled()).map(({ cmd }) => cmd),
      ['publish'],
    );
    faults.puback = { topic: 'a', code: 0x97 };
    publish(client, 'a');
    assert.deepEqual(
      (await client.settled()).map((packet) => [packet.cmd, codeOf(packet)]),
      [['puback', 0x97]],
    );
    faults.puback = { topic: 'a', code: 0x10 };
    publish(client, 'a');
    assert.deepEqual(
      (await client.settled()).map(({ cmd }) => cmd),
      ['publish', 'puback'],
    );
  });

  describe('interruptions', () => {
    it('send everybody away with a code, or one of them', async () => {
      const [one, two] = [await open({ clientId: 'one' }), await open({ clientId: 'two' })];
      assert.equal(bench.broker.interrupt({ how: 'disconnect', code: 0x8e, clientId: 'one' }), 1);
      assert.equal((await one.nextOf('disconnect')).reasonCode, 0x8e);
      assert.deepEqual(await two.settled(), []);
      assert.equal(bench.broker.interrupt({ how: 'disconnect', code: 0x98 }), 1);
      assert.equal((await two.nextOf('disconnect')).reasonCode, 0x98);
    });

    it('close without a word', async () => {
      const client = await open();
      bench.broker.interrupt({ how: 'close' });
      assert.equal(await client.next(), undefined);
    });

    it('reset', async () => {
      const client = await open();
      const error = new Promise<NodeJS.ErrnoException>((resolve) => client.socket.once('error', resolve));
      bench.broker.interrupt({ how: 'reset' });
      assert.equal((await error).code, 'ECONNRESET');
    });

    for (const how of ['silence', 'half-open'] as const) {
      it(`leave the link open, deaf and mute: ${how}`, async () => {
        const client = await open({ clientId: 'c', clean: false, properties: { sessionExpiryInterval: 100 } });
        subscribe(client, 'a');
        await client.nextOf('suback');
        bench.broker.interrupt({ how });
        client.send({ cmd: 'pingreq' });
        bench.broker.publish({ topic: 'a', cid: 1, payload: 'x' });
        const answer = await Promise.race([
          client.next(),
          new Promise((resolve) => setTimeout(resolve, 50, 'silence')),
        ]);
        assert.equal(answer, 'silence');
        assert.equal(bench.broker.sessions(1)[0]?.connected, how === 'silence');
      });
    }
  });

  for (const [pattern, text, expected] of [
    ['a', 'a', true],
    ['a', 'ab', false],
    ['*', '', true],
    ['a*', 'ab', true],
    ['*b', 'ab', true],
    ['a*b', 'ab', true],
    ['ab*ba', 'aba', false],
    ['a*c*e', 'abcde', true],
    ['a*c*e', 'abde', false],
    ['a.c', 'abc', false],
  ] as const) {
    it(`pattern ${pattern} ${expected ? 'fits' : 'does not fit'} ${JSON.stringify(text)}`, () =>
      assert.equal(fitsPattern(pattern, text), expected));
  }
});
