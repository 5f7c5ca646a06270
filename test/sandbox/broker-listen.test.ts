import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { certificate as cert, key } from '../servers/tls-certificate';
import { inbox, keys, startBench, type Bench } from './broker-setup';

describe('broker: listeners', () => {
  let bench: Bench;
  beforeEach(async () => (bench = await startBench({ limits: { packetBytes: 10_000, connections: 2 } })));
  afterEach(() => bench.close());

  const connect = generate(
    {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clean: true,
      clientId: 'w',
      keepalive: 0,
      username: keys.root,
    },
    { protocolVersion: 5 },
  );

  for (const protocol of ['mqtts', 'wss']) {
    it(`speaks TLS: ${protocol}`, async () => {
      const { port } =
        protocol === 'mqtts'
          ? await bench.broker.listen({ key, cert })
          : await bench.broker.listenWebSocket({ key, cert });
      const client = await connectAsync(`${protocol}://localhost:${port}`, {
        username: keys.root,
        protocolVersion: 5,
        reconnectPeriod: 0,
        ca: cert,
      });
      const box = inbox(client);
      await client.subscribeAsync('a');
      await client.publishAsync('a', 'secret');
      assert.equal(String((await box.take(1))[0]?.payload), 'secret');
      // There is no TCP reset through TLS; it ends all the same.
      const closed = new Promise<void>((resolve) => void client.once('close', () => resolve()));
      assert.equal(bench.broker.interrupt({ how: 'reset' }), 1);
      await closed;
      await client.endAsync(true);
    });
  }

  it('rejects when the port is taken', async () => {
    await assert.rejects(bench.broker.listen({ port: bench.port }), { code: 'EADDRINUSE' });
    await assert.rejects(bench.broker.listenWebSocket({ port: bench.port }), { code: 'EADDRINUSE' });
  });

  it('takes any path, and the subprotocol mqtt', async () => {
    const { port } = await bench.broker.listenWebSocket();
    for (const path of ['', '/', '/mqtt', '/any/path?x=1']) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'mqtt');
      await once(socket, 'open');
      assert.equal(socket.protocol, 'mqtt');
      socket.terminate();
    }
  });

  it('reads packets that are cut over WebSocket frames', async () => {
    const { port } = await bench.broker.listenWebSocket();
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'mqtt');
    await once(socket, 'open');
    for (const byte of connect) socket.send(Buffer.of(byte));
    const [data] = (await once(socket, 'message')) as [Buffer];
    assert.equal(data[0], 0x20);
    socket.terminate();
  });

  for (const [name, frame] of [
    ['text frames', connect.toString('latin1')],
    ['frames over the limit', Buffer.alloc(20_000)],
  ] as const) {
    it(`closes on ${name}`, async () => {
      const { port } = await bench.broker.listenWebSocket();
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'mqtt');
      await once(socket, 'open');
      let answered = false;
      socket.on('message', () => (answered = true));
      socket.on('error', () => undefined);
      socket.send(frame);
      await once(socket, 'close');
      assert.equal(answered, false);
    });
  }

  it('tells a browser what this is', async () => {
    const { port } = await bench.broker.listenWebSocket();
    const dispatcher = new Agent();
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, { dispatcher });
    assert.equal(statusCode, 426);
    assert.match(await body.text(), /MQTT/);
    await dispatcher.close();
  });

  it('refuses more connections than the limit, and far more without a word', async () => {
    const held = [await bench.raw({ clientId: 'a' }), await bench.raw({ clientId: 'b' })];
    for (const client of held) assert.equal((await client.nextOf('connack')).reasonCode, 0);
    const third = await bench.raw({ clientId: 'c' });
    assert.equal((await third.nextOf('connack')).reasonCode, 0x97);
    await third.closed;
    const silent = [await bench.raw(), await bench.raw()];
    await (
      await bench.raw()
    ).closed;
    for (const client of [...held, ...silent]) client.socket.destroy();
  });

  it('sends away the clients of a token that was revoked', async () => {
    const client = await bench.raw({ clientId: 'a' });
    const other = await bench.raw({ clientId: 'b', username: keys.two });
    for (const one of [client, other]) await one.nextOf('connack');
    assert.equal(bench.broker.revoke(11), 1);
    assert.equal((await client.nextOf('disconnect')).reasonCode, 0x87);
    assert.deepEqual(await other.settled(), []);
  });

  it('lets nobody in any more once it closes, and closing twice is closing once', async () => {
    const { port } = await bench.broker.listenWebSocket();
    assert.equal(bench.broker.close(), bench.broker.close());
    await bench.broker.close();
    for (const refused of [bench.port, port]) {
      const socket = new WebSocket(`ws://127.0.0.1:${refused}`);
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNREFUSED');
    }
  });
});
