import assert from 'node:assert/strict';
import type { ConnectionLogEntry, MqttConnection, MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';
import { Collector } from '../servers/collector';
import { Connections, listen, reached, settled } from '../servers/connections';
import {
  certificate,
  expiredCertificate,
  futureCertificate,
  key,
  strangeCertificate,
} from '../servers/tls-certificate';
import { plainMqtt, type Target } from './mqtt-contract';
import { callsOverMqtt } from './rpc-contract';

async function sandboxTarget(devices = 0): Promise<Target> {
  const sandbox = await startSandbox({ devices });
  const { mqtt: url, token } = sandbox;
  return { url, port: Number(new URL(url).port), token, close: () => sandbox.close() };
}

describe('MqttConnection on the sandbox', () => {
  plainMqtt(() => sandboxTarget());

  describe('as flespi', () => {
    let sandbox: Sandbox;
    const connections = new Connections();
    before(async () => {
      sandbox = await startSandbox({ devices: 2 });
    });
    afterEach(() => connections.close());
    after(() => sandbox.close());

    const open = (options: Partial<MqttConnectionOptions> = {}, url = sandbox.mqtt): MqttConnection =>
      connections.open({ url, token: sandbox.token }, options);

    it('speaks over WebSocket too', async () => {
      const connection = open({}, sandbox.ws);
      const one = await listen(connection, 'ws/#');
      await connection.publish({ topic: 'ws/x', payload: 'over WebSocket', qos: 1 });
      await one.count(1);
      assert.deepEqual(one.texts, ['over WebSocket']);
    });

    it('has the time and the account of every message as numbers', async () => {
      const connection = open();
      const one = await listen(connection, 'timed');
      const began = Date.now() / 1000;
      await connection.publish({ topic: 'timed', payload: 'x', qos: 1 });
      await one.count(1);
      const [delivery] = one.deliveries;
      assert.ok(Math.abs((delivery?.timestamp ?? 0) - began) < 5);
      assert.equal(delivery?.cid, sandbox.cid);
    });

    it('filters on the server, by payload, message, time and subaccount, beside the plain topic', async () => {
      const connection = open();
      const filters = [
        'f/+',
        '$filter/payload=tonumber(payload)%3E14/f/+',
        '$filter/message=topics%5B1%5D%3D%3D%22a%22/f/+',
        '$filter/modified_since=4000000000/f/+',
        `$filter/cid=${sandbox.cid}/f/+`,
        'f/a,b',
      ];
      const all = await Promise.all(filters.map((filter) => listen(connection, filter, { qos: 0 })));
      for (const [topic, payload] of [
        ['f/a', '15'],
        ['f/b', '3'],
        ['f/c', '20'],
      ] as const) {
        await connection.publish({ topic, payload, qos: 1 });
      }
      await settled(connection);
      assert.deepEqual(
        all.map(({ texts }) => texts.join(' ')),
        ['15 3 20', '15 20', '15', '', '15 3 20', '15 3'],
      );
    });

    it('says which filter is not accepted, and the others live', async () => {
      const connection = open();
      const bad = new Collector();
      connection.subscribe({ filter: '$filter/payload=%3E%3E/x', qos: 0 }, bad);
      const good = await listen(connection, 'good');
      await bad.is('refused');
      await good.is('subscribed');
      await connection.publish({ topic: 'good', payload: 'still here', qos: 1 });
      await good.count(1);
    });

    it('waits with a wrong token, and tells why', async () => {
      const connection = connections.open({ url: sandbox.mqtt, token: 'wrong' });
      const { reason, retryAt } = await reached(connection, 'waiting');
      assert.equal(reason.code, 'FLESPI_CONNECTION_REFUSED');
      assert.ok(retryAt - Date.now() > 299_000);
    });
  });

  describe('over TLS', () => {
    /** [certificate, options, problem; none when it must work]. */
    const cases: [string, string, Partial<MqttConnectionOptions>, string?][] = [
      ['one that is trusted', certificate, { tls: { ca: certificate } }],
      ['one that nobody signed', certificate, {}, 'self-signed'],
      ['one that has expired', expiredCertificate, { tls: { ca: expiredCertificate } }, 'expired'],
      ['one that is not valid yet', futureCertificate, { tls: { ca: futureCertificate } }, 'not-yet'],
      ['one of an authority that is not trusted', strangeCertificate, { tls: { ca: certificate } }, 'unknown-ca'],
      ['one for another name', certificate, { tls: { ca: certificate, servername: 'elsewhere.test' } }, 'name'],
      ['any, when told not to look, with a warning', certificate, { tls: { rejectUnauthorized: false } }],
    ];
    for (const [what, cert, options, problem] of cases) {
      it(`${problem ? 'refuses' : 'takes'} a certificate: ${what} (${options.tls?.rejectUnauthorized === false ? 'C17' : 'C15'})`, async () => {
        const sandbox = await startSandbox({ devices: 0, key, cert });
        const connections = new Connections();
        const log: ConnectionLogEntry[] = [];
        try {
          const url = sandbox.mqtt.replace('127.0.0.1', 'localhost').replace(/^mqtt:/, 'mqtts:');
          const connection = connections.open(
            { url, token: sandbox.token },
            { ...options, log: (entry) => log.push(entry) },
          );
          if (problem === undefined) {
            const { warning } = await reached(connection, 'connected');
            assert.equal(warning?.code, options.tls?.rejectUnauthorized === false ? 'FLESPI_NOT_VERIFIED' : undefined);
          } else {
            const { reason } = await reached(connection, 'waiting');
            assert.equal(reason.params['problem'], problem);
            await reached(connection, 'connecting');
            assert.equal((await reached(connection, 'waiting')).reason.params['problem'], problem);
            assert.equal(log.length, 1, 'said once');
          }
        } finally {
          await connections.close();
          await sandbox.close();
        }
      });
    }

    it('says that a TLS port is no plain one (C16)', async () => {
      const sandbox = await startSandbox({ devices: 0, key, cert: certificate });
      const connections = new Connections();
      const url = `mqtt://127.0.0.1:${new URL(sandbox.mqtt).port}`;
      const connection = connections.open({ url, token: sandbox.token });
      const { reason } = await reached(connection, 'waiting');
      assert.match(String(reason.params['problem']), /^(closed|reset|not-mqtt)$/);
      await connections.close();
      await sandbox.close();
    });
  });
});

describe('RpcTransport on the sandbox', () => {
  callsOverMqtt(() => sandboxTarget(60));
});
