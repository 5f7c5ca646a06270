import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ConnectionState } from '../../nodes/protocol/connection-state';
import type { FlespiError } from '../../nodes/protocol/flespi-error';
import {
  MqttConnection,
  type ConnectionLogEntry,
  type MqttConnectionOptions,
} from '../../nodes/protocol/mqtt-connection';
import { Collector } from '../servers/collector';
import { connack, FakeBroker, type FakeScript } from '../servers/fake-broker';
import { FakeClock } from '../servers/fake-clock';

describe('MqttConnection', () => {
  let broker: FakeBroker;
  let clock: FakeClock;
  const log: ConnectionLogEntry[] = [];
  const connections: MqttConnection[] = [];

  beforeEach(async () => {
    broker = await FakeBroker.start();
    clock = new FakeClock();
    log.length = 0;
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    await broker.close();
  });

  function connectionTo(url: string, options: Partial<MqttConnectionOptions> = {}): MqttConnection {
    const connection = new MqttConnection({
      url,
      token: () => 'secret-token',
      clientId: 'test',
      clock,
      random: () => 0.5,
      log: (entry) => log.push(entry),
      ...options,
    });
    connections.push(connection);
    return connection;
  }

  const kindOf = (connection: MqttConnection): string => connection.state.kind;

  const start = (options: Partial<MqttConnectionOptions> = {}, script: FakeScript = {}): MqttConnection => {
    broker.script = script;
    const connection = connectionTo(broker.url, options);
    connection.acquire();
    void clock.pass(0);
    return connection;
  };

  async function reached(connection: MqttConnection, kind: ConnectionState['kind']): Promise<ConnectionState> {
    while (connection.state.kind !== kind) {
      await new Promise<void>((resolve) => {
        const stop = connection.onState(() => {
          stop();
          resolve();
        });
      });
    }
    return connection.state;
  }

  async function reasonOf(connection: MqttConnection): Promise<FlespiError> {
    const state = await reached(connection, 'waiting');
    assert.equal(state.kind, 'waiting');
    return state.reason;
  }

  describe('opens and closes', () => {
    it('with the first user, and some time after the last', async () => {
      const connection = connectionTo(broker.url, { grace: 5000 });
      assert.equal(kindOf(connection), 'idle');
      const [release, releaseToo] = [connection.acquire(), connection.acquire()];
      await clock.pass(0);
      await reached(connection, 'connected');
      release();
      release();
      await clock.pass(10_000);
      assert.equal(kindOf(connection), 'connected', 'one call of a release counts once');
      releaseToo();
      await clock.pass(4999);
      assert.equal(kindOf(connection), 'connected');
      await clock.pass(1);
      assert.equal(kindOf(connection), 'idle');
      await broker.until(() => broker.last.closed);
      assert.equal(broker.of('disconnect').length, 1);
    });

    it('keeps the link when a redeploy comes back within the grace time', async () => {
      const connection = connectionTo(broker.url, { grace: 5000 });
      const release = connection.acquire();
      await clock.pass(0);
      await reached(connection, 'connected');
      release();
      await clock.pass(4000);
      connection.acquire();
      await clock.pass(60_000);
      assert.equal(connection.state.kind, 'connected');
      assert.equal(broker.peers.length, 1);
    });

    it('tries on when somebody needs it again while it was about to give up', async () => {
      broker.script = { connect: (peer) => peer.send(connack(0x88)) };
      const connection = connectionTo(broker.url);
      const release = connection.acquire();
      await clock.pass(0);
      await reached(connection, 'waiting');
      release();
      connection.acquire();
      broker.script = {};
      await clock.pass(1000);
      await reached(connection, 'connected');
    });

    it('sends the token as user name, and shows it to nobody', async () => {
      const connection = start();
      await reached(connection, 'connected');
      assert.equal(broker.of('connect')[0]?.username, 'secret-token');
      const { inspect } = await import('node:util');
      assert.ok(!inspect(connection, { depth: 20, showHidden: true }).includes('secret-token'));
    });

    it('does not even show it when everything is debugged (X4)', async () => {
      const script = `
        const { MqttConnection } = require('./nodes/protocol/mqtt-connection.ts');
        const connection = new MqttConnection({ url: '${broker.url}', token: () => 'secret-token', clientId: 'debugged' });
        connection.onState(({ kind }) => kind === 'connected' && void connection.close());
        connection.acquire();`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script], {
        cwd: join(__dirname, '../..'),
        env: { ...process.env, DEBUG: '*' },
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await once(child, 'close');
      assert.equal(broker.of('connect')[0]?.username, 'secret-token');
      assert.ok(said.includes('mqtt'), 'it was debugged');
      assert.ok(!said.includes('secret-token'));
    });

    it('asks for the token at every attempt', async () => {
      let token = 'first';
      const connection = start({ token: () => token });
      await reached(connection, 'connected');
      token = 'second';
      broker.last.socket.destroy();
      await reached(connection, 'waiting');
      await clock.pass(1000);
      await reached(connection, 'connected');
      assert.deepEqual(
        broker.of('connect').map(({ username }) => username),
        ['first', 'second'],
      );
    });

    it('has one listener for each node and one socket for all (C19)', async () => {
      const warnings: Error[] = [];
      const warned = (warning: Error): number => warnings.push(warning);
      process.on('warning', warned);
      const connection = start();
      const collectors = Array.from({ length: 60 }, () => new Collector());
      collectors.forEach((collector, index) => connection.subscribe({ filter: `a/${index}`, qos: 0 }, collector));
      for (let count = 0; count < 20; count += 1) connection.onState(() => {});
      await Promise.all(collectors.map((collector) => collector.is('subscribed')));
      process.off('warning', warned);
      assert.equal(broker.peers.length, 1);
      assert.deepEqual(warnings, []);
    });

    it('obeys connect and disconnect by name', async () => {
      const connection = connectionTo(broker.url);
      connection.connect();
      await clock.pass(0);
      await reached(connection, 'connected');
      connection.acquire();
      connection.disconnect();
      assert.equal(connection.state.kind, 'idle');
      await clock.pass(60_000);
      assert.equal(connection.state.kind, 'idle', 'also when somebody needs it');
      connection.connect();
      await clock.pass(0);
      await reached(connection, 'connected');
    });

    it('a listener that throws takes nothing from the others', async () => {
      const connection = connectionTo(broker.url);
      connection.onState(() => {
        throw new Error('a mistake in a node');
      });
      const seen: string[] = [];
      connection.onState(({ kind }) => seen.push(kind));
      connection.acquire();
      await clock.pass(0);
      await reached(connection, 'connected');
      assert.deepEqual(seen, ['connecting', 'connected']);
    });
  });

  describe('comes back', () => {
    it('when the broker is absent at first (C1), with one line in the log per outage', async () => {
      const server = await silentPort();
      const { port } = server.address() as AddressInfo;
      server.close();
      await once(server, 'close');
      const connection = connectionTo(`mqtt://127.0.0.1:${port}`, { random: () => 0.999 });
      let attempts = 0;
      connection.onState(({ kind }) => (attempts += kind === 'connecting' ? 1 : 0));
      connection.acquire();
      await clock.pass(0);
      for (let attempt = 0; attempt < 12; attempt += 1) {
        const { params } = await reasonOf(connection);
        assert.equal(params['problem'], 'refused');
        assert.ok((clock.next ?? Infinity) <= 60_000, 'the next attempt is within a minute, always');
        await clock.pass((clock.next ?? 0) + 1);
        assert.equal(attempts, attempt + 2);
      }
      assert.equal(log.filter(({ kind }) => kind === 'outage').length, 1);
    });

    it('after a loss, and says for how long it was away', async () => {
      const connection = start();
      await reached(connection, 'connected');
      broker.last.socket.destroy();
      const state = await reached(connection, 'waiting');
      assert.ok(state.kind === 'waiting' && state.retryAt > clock.now() && state.retryAt <= clock.now() + 1000);
      await clock.pass(1000);
      await reached(connection, 'connected');
      assert.deepEqual(
        log.map(({ kind }) => kind),
        ['outage', 'recovered'],
      );
    });

    it('gives up no attempt before its time: 10 s without CONNACK (C4)', async () => {
      const connection = start({ connectTimeout: 50 }, { connect: () => {} });
      const { code, params } = await reasonOf(connection);
      assert.deepEqual([code, params['problem']], ['FLESPI_CONNECTION_FAILED', 'no-connack']);
    });

    /** [CONNACK reason code, problem, least wait in seconds, row]. */
    const refusals: [number, string, number, string][] = [
      [0x86, 'token', 300, 'C6'],
      [0x87, 'not-authorised', 300, 'C6'],
      [0x88, 'unavailable', 0, 'C7'],
      [0x89, 'busy', 0, 'C7'],
      [0x97, 'quota', 0, 'C7'],
      [0x9f, 'connection-rate', 5, 'C7'],
      [0x8a, 'banned', 300, 'C6'],
      [0x84, 'version', 300, 'C6'],
    ];
    for (const [code, problem, seconds, row] of refusals) {
      it(`after CONNACK 0x${code.toString(16)} (${problem}) in its time (${row})`, async () => {
        const connection = start({}, { connect: (peer) => peer.send(connack(code, { reasonString: 'why' })) });
        const error = await reasonOf(connection);
        assert.equal(error.code, 'FLESPI_CONNECTION_REFUSED');
        assert.deepEqual([error.params['problem'], error.params['reasonCode']], [problem, code]);
        assert.match(String(error.params['reason']), /\(why\)$/);
        if (seconds > 0) {
          await clock.pass(seconds * 1000);
          assert.equal(broker.peers.length, 1, 'not earlier');
        }
        broker.script = {};
        await clock.pass(Math.max(1000, seconds * 200 + 1));
        await reached(connection, 'connected');
        assert.equal(log.filter(({ kind }) => kind === 'outage').length, 1);
      });
    }

    it('understands the refusals of MQTT 3.1.1', async () => {
      const connection = start({ protocolVersion: 4 }, { connect: (peer) => peer.send(connack(5)) });
      assert.equal((await reasonOf(connection)).params['problem'], 'not-authorised');
    });

    for (const [code, problem] of [
      [0x9c, 'other-server'],
      [0x9d, 'moved'],
    ] as const) {
      it(`never follows the reference of 0x${code.toString(16)} to another server: the token would go there (C8)`, async () => {
        const elsewhere = await FakeBroker.start();
        const reference = `127.0.0.1:${elsewhere.port}`;
        const connection = start({}, { connect: (peer) => peer.send(connack(code, { serverReference: reference })) });
        assert.equal((await reasonOf(connection)).params['problem'], problem);
        await clock.pass(400_000);
        assert.equal(elsewhere.peers.length, 0);
        await elsewhere.close();
      });
    }

    /** [DISCONNECT reason code, problem, least and longest wait, row]. */
    const goodbyes: [number, string, number, number, string][] = [
      [0x8b, 'shutting-down', 0, 1000, 'C10'],
      [0x98, 'administrative', 0, 1000, 'C10'],
      [0x8e, 'taken-over', 30_000, 36_000, 'C9'],
      [0x8d, 'keepalive', 0, 1000, 'C10'],
    ];
    for (const [code, problem, least, longest, row] of goodbyes) {
      it(`names the reason of DISCONNECT 0x${code.toString(16)} (${problem}), and comes back in its time (${row})`, async () => {
        const connection = start();
        await reached(connection, 'connected');
        broker.last.disconnect(code);
        assert.equal((await reasonOf(connection)).params['problem'], problem);
        const delay = clock.next ?? 0;
        assert.ok(delay >= least && delay <= longest, `${delay} ms`);
        await clock.pass(delay + 1);
        await reached(connection, 'connected');
      });
    }

    it('suspects another client with the same id after three quick losses, and slows down (C9)', async () => {
      const connection = start();
      for (let round = 0; round < 3; round += 1) {
        await reached(connection, 'connected');
        broker.last.socket.destroy();
        await reached(connection, 'waiting');
        if (round < 2) await clock.pass(2000);
      }
      const error = await reasonOf(connection);
      assert.equal(error.params['problem'], 'taken-over-suspected');
      assert.equal(error.params['clientId'], 'test');
      await clock.pass(30_000);
      assert.equal(broker.peers.length, 3);
    });

    it('at once when told to connect, also after a refused token', async () => {
      const connection = start({}, { connect: (peer) => peer.send(connack(0x87)) });
      await reached(connection, 'waiting');
      broker.script = {};
      connection.connect();
      await clock.pass(0);
      await reached(connection, 'connected');
    });

    it('without a token it does not even try', async () => {
      const connection = start({ token: () => '' });
      assert.equal((await reasonOf(connection)).code, 'FLESPI_NO_TOKEN');
      assert.equal(broker.peers.length, 0);
    });

    /** What can answer at the port. */
    const nonsense: [string, (socket: Socket) => void][] = [
      ['an HTTP server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['random bytes', (socket) => socket.end(Buffer.from([0xff, 0x00, 0x13, 0x37, 0xf0, 0x10]))],
      [
        'a PUBLISH before CONNACK with a bad topic',
        (socket) => socket.end(Buffer.from([0x36, 0x03, 0x00, 0x01, 0x23])),
      ],
      ['nothing but an end', (socket) => socket.end()],
      ['a reset', (socket) => socket.resetAndDestroy()],
    ];
    for (const [what, answer] of nonsense) {
      it(`says in words that ${what} is no broker (C16, C25)`, async () => {
        const server = createServer((socket) => {
          socket.on('error', () => {});
          socket.once('data', () => answer(socket));
        }).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const connection = connectionTo(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`);
        connection.acquire();
        await clock.pass(0);
        const error = await reasonOf(connection);
        assert.equal(error.code, 'FLESPI_CONNECTION_FAILED');
        assert.match(String(error.params['problem']), /^(not-mqtt|closed|reset|protocol)$/);
        await connection.close();
        server.close();
      });
    }

    it('says that a web server is no MQTT over WebSocket (C16)', async () => {
      const server = createHttpServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const connection = connectionTo(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/mqtt`);
      connection.acquire();
      await clock.pass(0);
      assert.equal((await reasonOf(connection)).params['problem'], 'not-mqtt');
      await connection.close();
      server.closeAllConnections();
      server.close();
    });

    it('says that a plain port does not speak TLS (C16)', async () => {
      const connection = connectionTo(`mqtts://127.0.0.1:${broker.port}`);
      broker.script = { open: (peer) => peer.raw(Buffer.from('no TLS here, sorry')) };
      connection.acquire();
      await clock.pass(0);
      assert.equal((await reasonOf(connection)).params['problem'], 'not-tls');
    });

    it('drops a packet larger than agreed at its header, and connects again (C25)', async () => {
      const connection = start({ maximumPacketSize: 10_000 });
      await reached(connection, 'connected');
      broker.last.raw(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
      assert.equal((await reasonOf(connection)).params['problem'], 'too-large');
      await clock.pass(1000);
      await reached(connection, 'connected');
    });

    for (const [what, properties] of [
      ['uses topic aliases that nobody offered', { topicAlias: 9 }],
      ['sends a message without a topic', {}],
    ] as const) {
      it(`drops a broker that ${what} (S18)`, async () => {
        const connection = start();
        await reached(connection, 'connected');
        broker.last.publish('', 'x', { properties });
        assert.equal((await reasonOf(connection)).code, 'FLESPI_CONNECTION_FAILED');
        await clock.pass(1000);
        await reached(connection, 'connected');
      });
    }

    it('is not taken for dead after its event loop was blocked (C21)', async () => {
      const connection = start({ keepalive: 1 });
      await reached(connection, 'connected');
      const until = performance.now() + 1300;
      while (performance.now() < until);
      await broker.until(() => broker.of('pingreq').length > 0);
      await connection.publish({ topic: 'a', payload: '', qos: 1 });
      assert.equal(broker.peers.length, 1);
    });

    it('notices a broker that does not answer a ping (C3), and pings as often as the broker wants (C22)', async () => {
      const connection = start(
        { keepalive: 300 },
        {
          connect: (peer) => peer.send(connack(0, { serverKeepAlive: 1 })),
          pingreq: () => {},
        },
      );
      const { params } = await reasonOf(connection);
      assert.equal(params['problem'], 'keepalive');
      assert.equal(broker.of('pingreq').length, 1);
    });
  });

  describe('sessions', () => {
    it('asks for a session that outlives the connection only when told to', async () => {
      const connection = start({ clean: false, sessionExpiryInterval: 3600 });
      await reached(connection, 'connected');
      const packet = broker.of('connect')[0];
      assert.deepEqual([packet?.clean, packet?.properties?.sessionExpiryInterval], [false, 3600]);
    });

    it('warns when a session was not resumed (C24)', async () => {
      const connection = start({ clean: false });
      assert.equal((await reached(connection, 'connected')).kind, 'connected');
      broker.last.socket.destroy();
      await reached(connection, 'waiting');
      await clock.pass(1000);
      const state = await reached(connection, 'connected');
      assert.ok(state.kind === 'connected' && !state.sessionPresent);
      assert.equal(state.warning?.code, 'FLESPI_SESSION_LOST');
    });

    it('ends the session at the broker when it shall be forgotten', async () => {
      const connection = start({ clean: false });
      await reached(connection, 'connected');
      await connection.close(true);
      await broker.until(() => broker.of('disconnect').length === 1);
      assert.equal(broker.of('disconnect')[0]?.properties?.sessionExpiryInterval, 0);
    });
  });

  describe('publishes', () => {
    it('now or never: offline it fails at once, and nothing is sent later', async () => {
      const connection = start({}, { connect: (peer) => peer.send(connack(0x88)) });
      await reached(connection, 'waiting');
      await assert.rejects(connection.publish({ topic: 'a', payload: 'x' }), { code: 'FLESPI_NOT_CONNECTED' });
      await assert.rejects(connection.publish({ topic: 'a', payload: 'x', qos: 1 }), { code: 'FLESPI_NOT_CONNECTED' });
      broker.script = {};
      await clock.pass(2000);
      await reached(connection, 'connected');
      await clock.pass(1000);
      assert.deepEqual(broker.of('publish'), []);
    });

    it('says that the outcome is unknown when the link is lost before PUBACK, and never sends again', async () => {
      const connection = start({}, { publish: (peer) => peer.socket.destroy() });
      await reached(connection, 'connected');
      await assert.rejects(connection.publish({ topic: 'a', payload: 'x', qos: 1 }), {
        code: 'FLESPI_OUTCOME_UNKNOWN',
      });
      await reached(connection, 'waiting');
      await clock.pass(2000);
      await reached(connection, 'connected');
      await connection.publish({ topic: 'b', payload: 'y' });
      await broker.until(() => broker.of('publish').length === 2);
      assert.deepEqual(
        broker.of('publish').map(({ topic }) => topic),
        ['a', 'b'],
      );
    });

    for (const code of [0x81, 0x82, 0x90, 0x95]) {
      it(`fails the one call that the broker answers with DISCONNECT 0x${code.toString(16)}, and comes back once (C11)`, async () => {
        const connection = start(
          {},
          {
            publish: (peer, packet) => {
              if (packet.topic === 'poison') peer.disconnect(code);
              else peer.send({ cmd: 'puback', messageId: packet.messageId as number, reasonCode: 0 });
            },
          },
        );
        await reached(connection, 'connected');
        await assert.rejects(connection.publish({ topic: 'poison', payload: '', qos: 1 }), {
          code: 'FLESPI_OUTCOME_UNKNOWN',
        });
        await reached(connection, 'waiting');
        await clock.pass(1000);
        await reached(connection, 'connected');
        await connection.publish({ topic: 'fine', payload: '', qos: 1 });
        assert.deepEqual(
          broker.of('publish').map(({ topic }) => topic),
          ['poison', 'fine'],
        );
        assert.equal(broker.peers.length, 2);
      });
    }

    it('passes on a PUBACK that says no', async () => {
      const connection = start(
        {},
        {
          publish: (peer, { messageId }) =>
            peer.send({ cmd: 'puback', messageId: messageId as number, reasonCode: 0x97 }),
        },
      );
      await reached(connection, 'connected');
      await assert.rejects(connection.publish({ topic: 'a', payload: '', qos: 1 }), (error: FlespiError) => {
        assert.deepEqual([error.code, error.params['problem']], ['FLESPI_PUBLISH_REFUSED', 'quota']);
        return true;
      });
    });

    /** What would close the connection for every node (C11, P13). */
    const poison: [string, Parameters<MqttConnection['publish']>[0]][] = [
      ['a wildcard', { topic: 'a/#', payload: '' }],
      ['no topic', { topic: '', payload: '' }],
      ['a NUL', { topic: 'a\u0000', payload: '' }],
      ['a topic of 70,000 bytes', { topic: 'x'.repeat(70_000), payload: '' }],
      ['half a character', { topic: '\ud800', payload: '' }],
      ['a negative expiry', { topic: 'a', payload: '', properties: { messageExpiryInterval: -1 } }],
      ['a wildcard to answer to', { topic: 'a', payload: '', properties: { responseTopic: 'a/+' } }],
      [
        'correlation data of 70,000 bytes',
        { topic: 'a', payload: '', properties: { correlationData: Buffer.alloc(70_000) } },
      ],
      ['a user property with a NUL', { topic: 'a', payload: '', properties: { userProperties: { a: '\u0000' } } }],
      [
        'a user property that is no text',
        { topic: 'a', payload: '', properties: { userProperties: { a: 1 as never } } },
      ],
      ['a payload that is an object', { topic: 'a', payload: {} as never }],
      ['QoS 7', { topic: 'a', payload: '', qos: 7 as never }],
    ];
    it('refuses poison before the wire, and the connection lives', async () => {
      const connection = start();
      await reached(connection, 'connected');
      for (const [what, publication] of poison) {
        await assert.rejects(connection.publish(publication), /FLESPI_BAD_(TOPIC|INPUT)/, what);
      }
      await connection.publish({ topic: 'fine', payload: 'x', qos: 1 });
      assert.equal(broker.of('publish').length, 1);
      assert.equal(broker.peers.length, 1);
    });

    it('keeps the limits of CONNACK (C23)', async () => {
      const properties = { maximumQoS: 0, retainAvailable: false, maximumPacketSize: 100 };
      const connection = start({}, { connect: (peer) => peer.send(connack(0, properties)) });
      await reached(connection, 'connected');
      await assert.rejects(connection.publish({ topic: 'a', payload: 'x', retain: true }), {
        code: 'FLESPI_PUBLISH_REFUSED',
      });
      await assert.rejects(connection.publish({ topic: 'a', payload: 'x'.repeat(100) }), {
        code: 'FLESPI_PUBLISH_REFUSED',
      });
      await connection.publish({ topic: 'a', payload: 'x', qos: 1 });
      await broker.until(() => broker.of('publish').length === 1);
      assert.equal(broker.of('publish')[0]?.qos, 0);
    });

    it('keeps the number of unacknowledged messages that the broker takes (C23)', async () => {
      const connection = start(
        {},
        {
          connect: (peer) => peer.send(connack(0, { receiveMaximum: 2 })),
          publish: () => {},
        },
      );
      await reached(connection, 'connected');
      const open = [1, 2].map(() => assert.rejects(connection.publish({ topic: 'a', payload: '', qos: 1 })));
      await assert.rejects(connection.publish({ topic: 'a', payload: '', qos: 1 }), { code: 'FLESPI_QUEUE_FULL' });
      await connection.close();
      await Promise.all(open);
      assert.equal(broker.of('publish').length, 2);
    });
  });

  describe('close', () => {
    /** Whatever it is doing. */
    const moments: [string, FakeScript, ((connection: MqttConnection) => Promise<void>)?][] = [
      ['a CONNECT is not answered', { connect: () => {} }, () => broker.until(() => broker.of('connect').length === 1)],
      ['connected', {}],
      [
        'a SUBSCRIBE is not answered',
        { subscribe: () => {} },
        (connection) => {
          connection.subscribe({ filter: 'a', qos: 0 }, new Collector());
          return broker.until(() => broker.of('subscribe').length === 1);
        },
      ],
      [
        'a publication is not acknowledged',
        { publish: () => {} },
        async (connection) => {
          void connection.publish({ topic: 'a', payload: 'x', qos: 1 }).catch(() => {});
          await broker.until(() => broker.of('publish').length === 1);
        },
      ],
      [
        'it waits for the next attempt',
        { connect: (peer) => peer.send(connack(0x88)) },
        (connection) => reached(connection, 'waiting').then(() => {}),
      ],
    ];
    for (const [moment, script, prepare] of moments) {
      it(`ends within a second while ${moment}, and is quiet for an hour (C13, C14)`, async () => {
        const connection = start({}, script);
        if (moment !== 'a CONNECT is not answered' && moment !== 'it waits for the next attempt') {
          await reached(connection, 'connected');
        }
        await prepare?.(connection);
        // A broker that is stopped: it reads nothing and closes nothing.
        for (const { socket } of broker.peers) socket.pause();
        const began = performance.now();
        await connection.close();
        assert.ok(performance.now() - began < 1000);
        assert.equal(connection.state.kind, 'closed');
        await clock.pass(3_600_000);
        assert.equal(broker.peers.length, 1, 'no attempt after it');
        assert.equal(clock.timers, 0, 'no timer is left');
      });
    }

    it('is the same when called twice', async () => {
      const connection = start();
      await reached(connection, 'connected');
      assert.equal(connection.close(), connection.close());
      await connection.close();
    });

    it('leaves nothing that could act later: events of the old link are ignored', async () => {
      const connection = start();
      const collector = new Collector();
      connection.subscribe({ filter: 'a', qos: 0 }, collector);
      await collector.is('subscribed');
      const states: string[] = [];
      connection.onState(({ kind }) => states.push(kind));
      const closing = connection.close();
      broker.last.publish('a', 'late');
      broker.last.disconnect(0x8e);
      await closing;
      assert.deepEqual(states, ['closed']);
      assert.deepEqual(collector.deliveries, []);
      connection.acquire();
      await clock.pass(60_000);
      assert.equal(broker.peers.length, 1);
    });

    it('leaves no socket after many redeploys during an outage (C12)', async () => {
      broker.script = { connect: (peer) => peer.send(connack(0x88)) };
      for (let round = 0; round < 50; round += 1) {
        const connection = connectionTo(broker.url);
        connection.acquire();
        await clock.pass(0);
        if (round % 2 === 0) await reached(connection, 'waiting');
        await connection.close();
      }
      await broker.until(() => broker.peers.every(({ closed }) => closed));
      assert.equal(clock.timers, 0);
    });
  });
});

async function silentPort(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
