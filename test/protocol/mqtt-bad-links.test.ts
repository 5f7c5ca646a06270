import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { linkOptions } from '../../nodes/protocol/connection-options';
import type { MqttConnection, MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import { Collector } from '../servers/collector';
import { Connections, reached } from '../servers/connections';
import { FakeBroker, type FakePeer, type FakeScript } from '../servers/fake-broker';
import { FakeClock } from '../servers/fake-clock';

describe('MqttConnection over bad links', () => {
  let broker: FakeBroker;
  const connections = new Connections();
  beforeEach(async () => {
    broker = await FakeBroker.start();
  });
  afterEach(async () => {
    mock.restoreAll();
    await connections.close();
    await broker.close();
  });

  const open = (options: Partial<MqttConnectionOptions> = {}, script: FakeScript = {}): MqttConnection => {
    broker.script = script;
    return connections.open({ url: broker.url, token: 'any' }, options);
  };

  it('makes at most 25 connections in ten minutes to a broker that accepts and drops after a second (C5)', async () => {
    const clock = new FakeClock();
    const connection = open({ clock, random: () => 0.5 });
    await clock.pass(0);
    const delays: number[] = [];
    while (clock.elapsed() < 600_000) {
      await reached(connection, 'connected');
      await clock.pass(1000);
      broker.last.socket.destroy();
      const { retryAt } = await reached(connection, 'waiting');
      delays.push(retryAt - clock.now());
      await clock.pass(Math.ceil(retryAt - clock.now()) + 1);
    }
    assert.ok(broker.peers.length <= 25, `${broker.peers.length} connections`);
    assert.ok((delays.at(-1) ?? 0) >= 30_000, delays.join());
  });

  describe('waits no longer than its time for CONNACK (C4)', () => {
    it('which is 10 s when nobody says otherwise', () => {
      const { connectTimeout } = linkOptions({ url: broker.url, token: () => '', clientId: '' });
      assert.equal(connectTimeout, 10_000);
    });
    for (const scheme of ['mqtt', 'mqtts', 'ws', 'wss']) {
      it(`over ${scheme}, from a port that accepts and says nothing, and tries again`, async () => {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const connection = connections.open({ url, token: 'any' }, { connectTimeout: 100 });
        for (let attempt = 0; attempt < 2; attempt += 1) {
          const [socket] = await once(server, 'connection');
          const began = performance.now();
          const { reason } = await reached(connection, 'waiting');
          assert.equal(reason.params['problem'], 'no-connack');
          assert.ok(performance.now() - began < 1000);
          if (!socket.destroyed) socket.destroy();
          await reached(connection, 'connecting');
        }
        await connection.close();
        server.close();
      });
    }
  });

  describe('finds a host by its name (C18)', () => {
    /** Whoever asks for the address of `moving.test` is told this one; `undefined`: there is no such name. */
    let address: string | undefined;
    let asked = 0;
    const real = dns.lookup as (...args: unknown[]) => void;
    beforeEach(() => {
      asked = 0;
      const lookup = (name: string, options: dns.LookupOptions, told: (...answer: unknown[]) => void): void => {
        if (name !== 'moving.test') {
          real(name, options, told);
          return;
        }
        asked += 1;
        process.nextTick(() => {
          if (address === undefined)
            told(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
          else if (options.all) told(null, [{ address, family: 4 }]);
          else told(null, address, 4);
        });
      };
      // Where Node.js looks, whatever the library hands on.
      mock.method(dns, 'lookup', lookup as typeof dns.lookup);
    });

    it('that does not exist at first', async () => {
      address = undefined;
      const connection = connections.open({ url: `mqtt://moving.test:${broker.port}`, token: 'any' });
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        const { reason } = await reached(connection, 'waiting');
        assert.equal(reason.params['problem'], 'no-host');
        await reached(connection, 'connecting');
      }
      address = '127.0.0.1';
      await reached(connection, 'connected');
      assert.ok(asked >= 4, 'once for each attempt');
    });

    it('that moves to another address', async () => {
      address = '127.0.0.1';
      const connection = connections.open({ url: `mqtt://moving.test:${broker.port}`, token: 'any' });
      await reached(connection, 'connected');
      address = '127.0.0.2';
      const other = await FakeBroker.start({}, { host: address, port: broker.port });
      broker.last.socket.destroy();
      await reached(connection, 'waiting');
      await reached(connection, 'connected');
      assert.deepEqual([broker.peers.length, other.peers.length], [1, 1]);
      await connection.close();
      await other.close();
    });
  });

  describe('gives up on what is not MQTT, and comes back (C25)', () => {
    const silent: FakeScript = { pingreq: () => {} };
    /** [what the broker sends, when, how it behaves otherwise, what it is called]. */
    const cases: [string, (peer: FakePeer) => void, FakeScript, RegExp][] = [
      ['garbage after CONNACK', (peer) => peer.raw(Buffer.from([0xff, 0x00, 0x13, 0x37])), {}, /^protocol$/],
      [
        'a second CONNACK with bits that are none',
        (peer) => peer.raw(Buffer.from([0x2f, 0x01, 0x00])),
        {},
        /^protocol$/,
      ],
      [
        'a length without end',
        (peer) => peer.raw(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff])),
        {},
        /^(too-large|protocol)$/,
      ],
      ['half a packet, then silence', (peer) => peer.raw(Buffer.from([0x30, 0x40, 0x00])), silent, /^keepalive$/],
      ['half a header, then silence', (peer) => peer.raw(Buffer.from([0x30])), silent, /^keepalive$/],
    ];
    for (const [what, send, script, problem] of cases) {
      it(what, async () => {
        const connection = open({ keepalive: 1 }, script);
        await reached(connection, 'connected');
        send(broker.last);
        const { reason } = await reached(connection, 'waiting');
        assert.match(String(reason.params['problem']), problem);
        await reached(connection, 'connected');
        assert.equal(broker.peers.length, 2);
      });
    }

    it('half a CONNACK, then silence', async () => {
      const connection = open(
        { connectTimeout: 200 },
        { connect: (peer) => peer.raw(Buffer.from([0x20, 0x06, 0x00])) },
      );
      const { reason } = await reached(connection, 'waiting');
      assert.equal(reason.params['problem'], 'no-connack');
      broker.script = {};
      await reached(connection, 'connected');
    });

    it('a packet that is just not too large and never ends costs no more than twice its length', async () => {
      const most = 16 * 1024 * 1024;
      const connection = open({ keepalive: 1, maximumPacketSize: most }, silent);
      await reached(connection, 'connected');
      const before = process.memoryUsage().arrayBuffers;
      // PUBLISH of 16,777,200 bytes.
      broker.last.raw(Buffer.from([0x30, 0xf0, 0xff, 0xff, 0x07, 0x00, 0x01, 0x61, 0x00]));
      const piece = Buffer.alloc(1024 * 1024 - 64);
      for (let sent = 0; sent < 15; sent += 1) broker.last.raw(piece);
      let peak = 0;
      const looking = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 20);
      const { reason } = await reached(connection, 'waiting');
      clearInterval(looking);
      assert.equal(reason.params['problem'], 'keepalive');
      const megabytes = (peak - before) / 2 ** 20;
      assert.ok(megabytes > 8, `it was measured: ${megabytes} MiB`);
      assert.ok(megabytes <= 32, `${megabytes} MiB`);
      await reached(connection, 'connected');
    });
  });

  describe('closes within a second, and its socket is gone within two (C13)', () => {
    /** [moment, scheme, what the server does, when it is so]. */
    const moments: [string, string, FakeScript, (connection: MqttConnection) => Promise<void>][] = [
      ['TLS is not agreed on', 'mqtts', {}, () => broker.until(() => broker.peers.length === 1)],
      ['the WebSocket is not opened', 'ws', {}, () => broker.until(() => broker.peers.length === 1)],
      [
        'CONNECT is not answered',
        'mqtt',
        { connect: () => {} },
        () => broker.until(() => broker.of('connect').length === 1),
      ],
      [
        'SUBSCRIBE is not answered',
        'mqtt',
        { subscribe: () => {} },
        (connection) => {
          connection.subscribe({ filter: 'a', qos: 1 }, new Collector());
          return broker.until(() => broker.of('subscribe').length === 1);
        },
      ],
    ];
    for (const [moment, scheme, script, arrived] of moments) {
      it(`while ${moment}`, async () => {
        const connection = open({ url: `${scheme}://127.0.0.1:${broker.port}` }, script);
        await arrived(connection);
        const gone = broker.until(() => broker.last.closed);
        const began = performance.now();
        await connection.close();
        assert.ok(performance.now() - began <= 1000);
        await gone;
        assert.ok(performance.now() - began <= 2000);
        assert.equal(broker.peers.length, 1);
      });
    }
  });
});
