import assert from 'node:assert/strict';
import type { WireCall } from '../../nodes/protocol/call';
import type { FlespiError } from '../../nodes/protocol/flespi-error';
import { MqttConnection, randomClientId } from '../../nodes/protocol/mqtt-connection';
import { RpcTransport, type RpcTransportOptions, type SendOptions } from '../../nodes/protocol/rpc-transport';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox';

describe('RpcTransport on the sandbox', () => {
  let sandbox: Sandbox;
  const open: { rpc: RpcTransport; connection: MqttConnection }[] = [];

  before(async () => {
    sandbox = await startSandbox({ devices: 50 });
  });
  afterEach(async () => {
    sandbox.faults.mqtt.rpc = undefined;
    for (const { rpc, connection } of open.splice(0)) {
      await rpc.close();
      await connection.close();
    }
  });
  after(() => sandbox.close());

  function start(options: RpcTransportOptions = {}): RpcTransport {
    const connection = new MqttConnection({
      url: sandbox.mqtt,
      token: () => sandbox.token,
      clientId: randomClientId('rpc'),
    });
    const rpc = new RpcTransport(connection, options);
    open.push({ rpc, connection });
    return rpc;
  }

  const send = (rpc: RpcTransport, call: Partial<WireCall>, options: Partial<SendOptions> = {}) =>
    rpc.send(
      { method: 'GET', path: 'gw/devices/all', query: '', ...call },
      { signal: new AbortController().signal, timeout: 10_000, ...options },
    );
  const device = (index: number): number => sandbox.gateway.deviceIds[index] ?? 0;

  it('gives what HTTP gives, chunked or whole', async () => {
    const query = 'fields=id,name,configuration';
    const response = await fetch(`${sandbox.http}/gw/devices/all?${query}`, {
      headers: { authorization: `FlespiToken ${sandbox.token}` },
    });
    const wanted = await response.json();
    const rpc = start();
    for (const chunked of [true, false]) {
      const { statusCode, text } = await send(rpc, { query }, { chunked });
      assert.equal(statusCode, 200);
      assert.deepEqual(JSON.parse(text), wanted);
    }
  });

  it('reads with data, writes with a body, and is told about mistakes', async () => {
    const rpc = start();
    const data = encodeURIComponent(JSON.stringify({ count: 2, reverse: true }));
    const messages = await send(rpc, { path: `gw/devices/${device(0)}/messages`, query: `data=${data}` });
    assert.equal((JSON.parse(messages.text) as { result: unknown[] }).result.length, 2);
    const renamed = await send(rpc, {
      method: 'PUT',
      path: `gw/devices/${device(0)}`,
      query: 'fields=name',
      body: '{"name":"Ёлка 🚚"}',
    });
    assert.deepEqual([renamed.statusCode, JSON.parse(renamed.text)], [200, { result: [{ name: 'Ёлка 🚚' }] }]);
    assert.equal((await send(rpc, { path: 'gw/devices/999999999' })).statusCode >= 200, true);
    assert.equal((await send(rpc, { method: 'DELETE', path: 'gw/nothing/all' })).statusCode, 404);
  });

  it('pairs every answer with its call, in chunks of any size, those of several calls mixed', async () => {
    const rpc = start();
    for (const chunkBytes of [1, 7, 4096]) {
      sandbox.faults.mqtt.rpc = { chunkBytes, interleave: 4 };
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          send(rpc, { path: `gw/devices/${device(index)}`, query: 'fields=id' }),
        ),
      );
      answers.forEach(({ text }, index) => assert.deepEqual(JSON.parse(text), { result: [{ id: device(index) }] }));
    }
    assert.equal(rpc.pending, 0);
  });

  it("two instances with the same flow never get each other's answers (P15)", async () => {
    const pair = [start(), start()];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const id = device(index % 50);
        return send(pair[index % 2] as RpcTransport, { path: `gw/devices/${id}`, query: 'fields=id' }).then(
          ({ text }) => text === `{"result":[{"id":${id}}]}`,
        );
      }),
    );
    assert.ok(answers.every(Boolean));
    assert.deepEqual(
      pair.map(({ strays }) => strays),
      [
        { unknown: 0, foreign: 0 },
        { unknown: 0, foreign: 0 },
      ],
    );
  });

  /** [what flespi does wrong, code]; each once, and the next call is fine. */
  const faults: [string, NonNullable<Sandbox['faults']['mqtt']['rpc']>, string][] = [
    ['no answer', { silent: true }, 'FLESPI_TIMEOUT'],
    ['no last chunk', { lose: 'last', chunkBytes: 100 }, 'FLESPI_INCOMPLETE_ANSWER'],
    ['an answer without end', { endless: { chunkBytes: 10_000, limit: 200_000 } }, 'FLESPI_ANSWER_TOO_LARGE'],
    ["somebody else's correlation data", { correlation: 'foreign' }, 'FLESPI_TIMEOUT'],
    ['a code that is none', { httpCode: 'abc' }, 'FLESPI_BAD_ANSWER'],
    ['two codes', { httpCode: ['200', '500'] }, 'FLESPI_BAD_ANSWER'],
    ['no code', { httpCode: null }, 'FLESPI_INCOMPLETE_ANSWER'],
  ];
  for (const [what, fault, code] of faults) {
    it(`says what is wrong with ${what}`, async () => {
      const rpc = start({ answerBytes: 100_000, chunkIdle: 100 });
      await send(rpc, {});
      sandbox.faults.mqtt.rpc = { ...fault, times: 1 };
      await assert.rejects(send(rpc, {}, { timeout: 300 }), (error: FlespiError) => {
        assert.equal(error.code, code);
        return true;
      });
      assert.equal((await send(rpc, { query: 'fields=id' })).statusCode, 200);
      assert.equal(rpc.pending, 0);
    });
  }

  it('takes the first of several answers, and one that has no correlation data', async () => {
    const rpc = start();
    sandbox.faults.mqtt.rpc = { answers: 3, correlation: 'none' };
    for (let count = 0; count < 3; count += 1) {
      assert.equal((await send(rpc, { path: `gw/devices/${device(count)}`, query: 'fields=id' })).statusCode, 200);
    }
  });
});
