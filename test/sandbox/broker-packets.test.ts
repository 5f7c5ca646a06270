import assert from 'node:assert/strict';
import { generate, type IConnectPacket, type Packet } from 'mqtt-packet';
import { keys, startBench, type Bench, type RawClient } from './broker-setup';

const connect: IConnectPacket = {
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clean: true,
  clientId: 'c',
  keepalive: 0,
  username: keys.root,
};

/** What became of a connection: the last word of the broker, or just the end. */
async function verdict(client: RawClient): Promise<string> {
  const said: string[] = [];
  for (let packet = await client.next(); packet !== undefined; packet = await client.next()) {
    if (packet.cmd === 'pingresp') return 'lives';
    said.push(
      'reasonCode' in packet
        ? `${packet.cmd} ${packet.reasonCode}`
        : `${packet.cmd} ${'returnCode' in packet ? packet.returnCode : ''}`.trim(),
    );
  }
  return said.at(-1) ?? 'closed';
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const bytes = (packet: Packet, protocolVersion = 5): Buffer => generate(packet, { protocolVersion });
const publish = { cmd: 'publish', qos: 0, dup: false, retain: false, payload: 'x' } as const;

describe('broker: packets that break the rules', () => {
  let bench: Bench;
  beforeEach(async () => (bench = await startBench({ limits: { packetBytes: 10_000, topicLevels: 10 } })));
  afterEach(async () => {
    assert.equal(bench.broker.stats.errors, 0);
    await bench.close();
  });

  describe('instead of CONNECT', () => {
    const cases: [string, Buffer, string][] = [
      ['PINGREQ', hex('c000'), 'closed'],
      ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'closed'],
      ['zeros', Buffer.alloc(100), 'closed'],
      ['reserved type 15 without length', hex('f000'), 'closed'],
      ['CONNECT with a reserved flag', hex('1110 00044d515454 05 02 0000 00 0000'), 'closed'],
      ['a protocol nobody knows', hex('100c 00044d515458 05 02 0000 0000'), 'connack 1'],
      ['a version nobody knows', hex('100c 00044d515454 09 02 0000 0000'), 'connack 1'],
      ['3.1 by its new name', bytes({ ...connect, protocolVersion: 3 }), 'connack 1'],
      ['a packet that says it is larger than the limit', hex('10ffffff7f'), 'closed'],
      ['a length of five bytes', hex('10ffffffffff'), 'closed'],
      ['a client id with a null character', bytes({ ...connect, clientId: 'a\0b' }), 'closed'],
      ['an authentication method', bytes({ ...connect, properties: { authenticationMethod: 'SCRAM' } }), 'connack 140'],
      ['Receive Maximum 0', bytes({ ...connect, properties: { receiveMaximum: 0 } }), 'closed'],
      [
        'no credentials',
        bytes({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, clientId: 'c', keepalive: 0 }),
        'connack 134',
      ],
      ['a wrong token', bytes({ ...connect, username: 'x' }), 'connack 134'],
      ['a wrong token, 3.1.1', bytes({ ...connect, protocolVersion: 4, username: 'x' }, 4), 'connack 4'],
      [
        'no client id and a session to keep, 3.1.1',
        Buffer.concat([hex('10 4e 00044d515454 04 80 0000 0000 0040'), Buffer.from(keys.root)]),
        'connack 2',
      ],
    ];
    for (const [name, sent, expected] of cases) {
      it(`${name}: ${expected}`, async () => {
        const client = await bench.raw();
        client.socket.write(sent);
        assert.equal(await verdict(client), expected);
      });
    }
  });

  describe('after CONNECT', () => {
    const cases: [string, Buffer, string][] = [
      ['a second CONNECT', bytes(connect), 'disconnect 130'],
      ['CONNACK', hex('20 03 00 00 00'), 'disconnect 130'],
      ['AUTH', hex('f0 02 18 00'), 'disconnect 130'],
      ['PINGRESP', hex('d000'), 'disconnect 130'],
      ['PINGREQ with a body', hex('c0 01 00'), 'disconnect 129'],
      ['PINGREQ with flags', hex('c100'), 'disconnect 129'],
      ['QoS 3', hex('36 07 0001 61 0001 00 78'), 'disconnect 129'],
      ['DUP with QoS 0', hex('38 05 0001 61 00 78'), 'disconnect 129'],
      ['packet identifier 0', hex('32 07 0001 61 0000 00 78'), 'disconnect 130'],
      ['a topic that ends beyond the packet', hex('30 03 0005 61'), 'disconnect 129'],
      ['an empty topic', hex('30 04 0000 00 78'), 'disconnect 130'],
      ['a topic with +', bytes({ ...publish, topic: 'a/+' }), 'disconnect 144'],
      ['a topic with #', bytes({ ...publish, topic: '#' }), 'disconnect 144'],
      ['a topic with a null character', hex('30 06 0003 610062 00'), 'disconnect 129'],
      ['a topic that is no UTF-8', hex('30 06 0003 61ff62 00'), 'disconnect 129'],
      ['a topic of too many levels', bytes({ ...publish, topic: 'a/'.repeat(20) }), 'disconnect 144'],
      ['an unknown property', hex('30 06 0001 61 02 fe01'), 'disconnect 129'],
      ['a property of another packet', hex('30 08 0001 61 03 210001 78'), 'disconnect 130'],
      ['a property that is cut off', hex('30 06 0001 61 02 0200'), 'disconnect 129'],
      ['a property twice', hex('30 0e 0001 61 0a 0200000001 0200000001'), 'disconnect 130'],
      [
        'a subscription identifier from a client',
        bytes({ ...publish, topic: 'a', properties: { subscriptionIdentifier: 1 } }),
        'disconnect 130',
      ],
      ['topic alias 0', hex('30 07 0001 61 03 230000'), 'disconnect 148'],
      ['an alias that was never given', hex('30 06 0000 03 230009'), 'disconnect 130'],
      [
        'a response topic with a wildcard',
        bytes({ ...publish, topic: 'a', properties: { responseTopic: 'b/#' } }),
        'disconnect 130',
      ],
      ['SUBSCRIBE without a filter', hex('82 03 0001 00'), 'disconnect 130'],
      ['SUBSCRIBE with flags 0', hex('80 07 0001 00 0001 61 00'), 'disconnect 129'],
      ['SUBSCRIBE with QoS 3', hex('82 07 0001 00 0001 61 03'), 'disconnect 129'],
      ['SUBSCRIBE with Retain Handling 3', hex('82 07 0001 00 0001 61 30'), 'disconnect 129'],
      ['SUBSCRIBE with reserved option bits', hex('82 07 0001 00 0001 61 40'), 'disconnect 129'],
      ['SUBSCRIBE with identifier 0', hex('82 09 0001 02 0b00 0001 61 00'), 'disconnect 130'],
      ['UNSUBSCRIBE without a filter', hex('a2 03 0001 00'), 'disconnect 130'],
      [
        'No Local on a shared subscription',
        bytes({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$share/g/a', qos: 0, nl: true }] }),
        'disconnect 130',
      ],
      ['a packet over the limit', bytes({ ...publish, topic: 'a', payload: 'x'.repeat(10_000) }), 'disconnect 149'],
      ['DISCONNECT with a reason nobody knows', hex('e0 01 7f'), 'disconnect 129'],
      ['an acknowledgement of nothing', bytes({ cmd: 'puback', messageId: 5, reasonCode: 0 }), 'lives'],
      ['an alias within the limits', hex('30 07 0001 61 03 230001 30 06 0000 03 230001'), 'lives'],
      ['empty levels and spaces in a topic', bytes({ ...publish, topic: '/a//b c/' }), 'lives'],
      ['an empty payload', bytes({ ...publish, topic: 'a', payload: '' }), 'lives'],
      ['U+FFFD in a topic', bytes({ ...publish, topic: 'a\uFFFD' }), 'lives'],
      [
        'user properties named like the ones of every object',
        bytes({
          ...publish,
          topic: 'a',
          properties: {
            userProperties: Object.assign(Object.create(null) as object, { ['__proto__']: 'x', constructor: 'y' }),
          },
        }),
        'lives',
      ],
    ];
    for (const [name, sent, expected] of cases) {
      it(`${name}: ${expected}`, async () => {
        const client = await bench.raw({ clientId: 'c' });
        await client.nextOf('connack');
        client.socket.write(sent);
        client.send({ cmd: 'pingreq' });
        assert.equal(await verdict(client), expected);
        assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      });
    }

    it('before MQTT 5 a violation just ends the connection', async () => {
      const client = await bench.raw({ protocolVersion: 4, clientId: 'c' });
      await client.nextOf('connack');
      client.socket.write(bytes({ ...publish, topic: 'a/+' }, 4));
      assert.equal(await verdict(client), 'closed');
    });
  });

  it('reads packets however the bytes are cut', async () => {
    const client = await bench.raw();
    const sent = Buffer.concat([
      bytes(connect),
      bytes({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#', qos: 0 }] }),
      bytes({ ...publish, topic: 'a/b', payload: 'x'.repeat(300) }),
      hex('c000'),
    ]);
    for (const byte of sent) {
      client.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await client.nextOf('publish')).payload.length, 300);
    await client.nextOf('pingresp');
  });

  it('has patience with a silent connection, but not for ever', async () => {
    await bench.close();
    bench = await startBench({ limits: { connectMilliseconds: 50 } });
    const client = await bench.raw();
    await client.closed;
  });

  it('makes up a client id and tells it', async () => {
    const client = await bench.raw({ clientId: '' });
    const { properties } = await client.nextOf('connack');
    assert.match(properties?.assignedClientIdentifier ?? '', /^auto-\w{20}$/);
    assert.equal(bench.broker.sessions(1)[0]?.client_id, properties?.assignedClientIdentifier);
  });
});
