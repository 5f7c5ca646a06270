import assert from 'node:assert/strict';
import { generate, type IPublishPacket, type Packet } from 'mqtt-packet';
import { keys, startBench, type Bench, type RawClient } from './broker-setup';

/** Numbers that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const publishPacket = (topic: string, payload: Buffer | string, qos: 0 | 1 = 0): Buffer =>
  generate({ cmd: 'publish', messageId: 1, topic, payload, qos, retain: false, dup: false }, { protocolVersion: 5 });

async function subscribed(client: RawClient, topic: string, qos: 0 | 1 = 0): Promise<void> {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos, nl: false, rap: false, rh: 0 }] });
  await client.nextOf('suback');
}

describe('broker: load and bad input', function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(
    async () =>
      (bench = await startBench({ limits: { backlogBytes: 100_000, dropBytes: 400_000, pauseMilliseconds: 200 } })),
  );
  afterEach(() => bench.close());

  async function open(clientId = ''): Promise<RawClient> {
    const client = await bench.raw({ clientId });
    await client.nextOf('connack');
    return client;
  }

  it('outlives 100,000 random packets, and gives the memory back', async () => {
    await bench.close();
    bench = await startBench({ limits: { connectMilliseconds: 2_000 } });
    const random = seeded(7);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const topics = [
      'a',
      'a/b',
      'a/+',
      '#',
      '$share/g/a',
      '$filter/cid=1/a',
      '$filter/payload=x>1/#',
      'flespi/x',
      '',
      'a#',
      '\0',
      'x,y/z',
      '$share/g:1/#',
      'flespi/rest/get/x',
    ];
    const connect: Packet = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clean: true,
      clientId: 'fuzz',
      keepalive: 0,
      username: keys.root,
    };
    const samples: Packet[] = topics.flatMap((topic): Packet[] => [
      {
        cmd: 'publish',
        messageId: 3,
        topic: topic || 'a',
        payload: 'payload',
        qos: 1,
        retain: true,
        dup: false,
        properties: {
          responseTopic: 'r',
          correlationData: Buffer.from('c'),
          userProperties: { a: 'b' },
          messageExpiryInterval: 1,
        },
      },
      {
        cmd: 'subscribe',
        messageId: 4,
        subscriptions: [{ topic, qos: 1, nl: false, rap: true, rh: 1 }],
        properties: { subscriptionIdentifier: 5 },
      },
      { cmd: 'unsubscribe', messageId: 5, unsubscriptions: [topic] },
    ]);
    samples.push(
      { cmd: 'puback', messageId: 1, reasonCode: 0 },
      { cmd: 'pubrec', messageId: 1, reasonCode: 0 },
      { cmd: 'pubrel', messageId: 1 },
      { cmd: 'pubcomp', messageId: 1 },
      { cmd: 'pingreq' },
      { cmd: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 1 } },
      connect,
    );
    const good = samples.map((packet) => generate(packet, { protocolVersion: 5 }));
    const greeting = generate(connect, { protocolVersion: 5 });

    /** A packet of ours with some bytes changed, or noise with a believable header. */
    const makePacket = (): Buffer => {
      if (random() < 0.2) {
        const noise = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
        return Buffer.concat([Buffer.of(Math.floor(random() * 256), noise.length), noise]);
      }
      const packet = Buffer.from(pick(good));
      for (let changes = Math.floor(random() * 4); changes > 0; changes -= 1)
        packet[1 + Math.floor(random() * (packet.length - 1))] = Math.floor(random() * 256);
      if (packet.length < 127) packet[1] = packet.length - 2;
      return packet;
    };

    // A connection ends with the first packet that is refused; the next one goes on.
    let sent = 0;
    const oneConnection = async (): Promise<void> => {
      const client = await bench.raw();
      let open = true;
      void client.closed.then(() => (open = false));
      client.socket.resume();
      if (random() < 0.98) client.socket.write(greeting);
      while (open && sent < 100_000) {
        const burst = Array.from({ length: 20 }, makePacket);
        sent += burst.length;
        client.socket.write(Buffer.concat(burst));
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.socket.destroy();
      await client.closed;
    };
    const settledHeap = (): number => {
      (globalThis as { gc?: () => void }).gc?.();
      return process.memoryUsage().heapUsed + process.memoryUsage().external;
    };
    let early = 0;
    while (sent < 100_000) {
      await Promise.all([oneConnection(), oneConnection(), oneConnection()]);
      if (early === 0 && sent > 30_000) early = settledHeap();
    }
    assert.equal(bench.broker.stats.errors, 0);
    assert.ok(settledHeap() - early < 100 * 1024 * 1024);

    const client = await open();
    await subscribed(client, 'still/here');
    bench.broker.publish({ topic: 'still/here', cid: 1, payload: 'yes' });
    assert.equal(String((await client.nextOf('publish')).payload), 'yes');
    client.socket.destroy();
    bench.broker.interrupt({ how: 'reset' });
    while (bench.broker.stats.connections > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('holds no more than what came of a packet that announces more', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const clients = [];
    for (let index = 0; index < 50; index += 1) {
      const client = await open();
      // PUBLISH with a Remaining Length of 268,435,455, and little of it.
      client.socket.write(Buffer.from('30ffffff7f000161', 'hex'));
      clients.push(client);
    }
    await (await open()).settled();
    assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
    for (const client of clients) client.socket.destroy();
  });

  it('slows a publisher down rather than dropping what its subscriber can take', async () => {
    const subscriber = await open('subscriber');
    await subscribed(subscriber, 'fast');
    const publisher = await open('publisher');
    const packet = publishPacket('fast', Buffer.alloc(10_000));
    for (let index = 0; index < 1000; index += 1) publisher.socket.write(packet);
    for (let count = 0; count < 1000; count += 1) await subscriber.nextOf('publish');
    assert.equal(bench.broker.stats.dropped, 0);
  });

  it('drops QoS 0 for a subscriber that does not read, and the others have all', async () => {
    const stuck = await open('stuck');
    await subscribed(stuck, 'fast');
    stuck.socket.pause();
    const other = await open('other');
    await subscribed(other, 'fast');
    const publisher = await open('publisher');
    const packet = publishPacket('fast', Buffer.alloc(10_000));
    for (let index = 0; index < 2000; index += 1) publisher.socket.write(packet);
    for (let count = 0; count < 2000; count += 1) await other.nextOf('publish');
    assert.ok(bench.broker.stats.dropped > 0);
  });

  it('keeps QoS 1 for a subscriber that does not read, in the session rather than in the socket', async () => {
    const slow = await open('slow');
    await subscribed(slow, 'sure', 1);
    slow.socket.pause();
    const payload = Buffer.alloc(10_000);
    for (let index = 0; index < 1000; index += 1) {
      payload.writeUInt32BE(index);
      bench.broker.publish({ topic: 'sure', cid: 1, payload: Buffer.from(payload) });
    }
    assert.ok((bench.broker.sessions(1)[0]?.size ?? 0) > 9_000_000);
    slow.socket.resume();
    for (let index = 0; index < 1000; index += 1) {
      const packet: IPublishPacket = await slow.nextOf('publish');
      assert.equal((packet.payload as Buffer).readUInt32BE(), index);
      slow.send({ cmd: 'puback', messageId: packet.messageId as number, reasonCode: 0 });
    }
    await slow.settled();
    assert.equal(bench.broker.sessions(1)[0]?.size, 0);
  });

  it('does not wait for a subscriber that leaves', async () => {
    const leaver = await open('leaver');
    await subscribed(leaver, 'fast');
    leaver.socket.pause();
    const publisher = await open('publisher');
    for (let index = 0; index < 200; index += 1) publisher.socket.write(publishPacket('fast', Buffer.alloc(10_000)));
    bench.broker.interrupt({ how: 'reset', clientId: 'leaver' });
    assert.deepEqual(await publisher.settled(), []);
  });
});
