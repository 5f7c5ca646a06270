import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';
import { inbox, keys, settle, startBench, type Bench } from './broker-setup';

describe('broker', () => {
  let bench: Bench;
  beforeEach(async () => (bench = await startBench()));
  afterEach(() => bench.close());

  for (const protocolVersion of [3, 4, 5] as const) {
    const protocolId = protocolVersion === 3 ? 'MQIsdp' : 'MQTT';
    for (const transport of ['TCP', 'WebSocket']) {
      it(`carries messages for MQTT ${protocolVersion} over ${transport}`, async () => {
        const url =
          transport === 'TCP'
            ? `mqtt://127.0.0.1:${bench.port}`
            : `ws://127.0.0.1:${(await bench.broker.listenWebSocket()).port}`;
        const client = await connectAsync(url, {
          username: keys.root,
          protocolVersion,
          protocolId,
          clientId: 'c',
          reconnectPeriod: 0,
        });
        try {
          const box = inbox(client);
          const [granted] = await client.subscribeAsync('a/+', { qos: 1 });
          assert.equal(granted?.qos, 1);
          await client.publishAsync('a/b', 'zero');
          await client.publishAsync('a/c', 'one', { qos: 1 });
          await client.publishAsync('a/d', 'two', { qos: 2 });
          const packets = await box.take(3);
          assert.deepEqual(
            packets.map(({ topic, payload, qos }) => [topic, String(payload), qos]),
            [
              ['a/b', 'zero', 0],
              ['a/c', 'one', 1],
              ['a/d', 'two', 1],
            ],
          );
        } finally {
          await client.endAsync(true);
        }
      });
    }
  }

  it('adds timestamp and cid to the user properties of the publisher', async () => {
    const client = await bench.client();
    const box = inbox(client);
    await client.subscribeAsync('a');
    await client.publishAsync('a', 'x', { properties: { userProperties: { mine: 'yes', cid: '99' } } });
    const [packet] = await box.take(1);
    const properties = { ...packet?.properties?.userProperties };
    assert.equal(properties['mine'], 'yes');
    assert.equal(properties['cid'], '1');
    assert.ok(Math.abs(Number(properties['timestamp']) - Date.now() / 1000) < 5);
  });

  it('keeps retained messages and sends them to new subscribers', async () => {
    const client = await bench.client();
    await client.publishAsync('state/1', 'old', { retain: true, qos: 1 });
    await client.publishAsync('state/1', 'new', { retain: true, qos: 1 });
    await client.publishAsync('state/2', 'gone', { retain: true, qos: 1 });
    await client.publishAsync('state/2', '', { retain: true, qos: 1 });
    const other = await bench.client();
    const box = inbox(other);
    await other.subscribeAsync('state/#', { qos: 1 });
    await settle(other);
    assert.deepEqual(
      box.packets
        .filter(({ topic }) => topic.startsWith('state'))
        .map(({ topic, payload, retain }) => [topic, String(payload), retain]),
      [['state/1', 'new', true]],
    );
  });

  it('filters on the server', async () => {
    const client = await bench.client();
    const box = inbox(client);
    const expression = encodeURIComponent('tonumber(payload)<20&&(topics[1]=="kitchen"||topics[1]=="hall")');
    await client.subscribeAsync(`$filter/message=${expression}&cid=1/temperature/+`);
    for (const [room, value] of [
      ['kitchen', '25'],
      ['kitchen', '15'],
      ['bedroom', '10'],
      ['hall', '19'],
    ] as const)
      await client.publishAsync(`temperature/${room}`, value, { qos: 1 });
    const packets = await box.take(2);
    assert.deepEqual(
      packets.map(({ topic, payload }) => [topic, String(payload)]),
      [
        ['temperature/kitchen', '15'],
        ['temperature/hall', '19'],
      ],
    );
  });

  it('answers REST calls in chunks', async () => {
    await bench.close();
    bench = await startBench({ body: JSON.stringify({ result: 'x'.repeat(200_000) }) });
    const client = await bench.client();
    const box = inbox(client);
    await client.subscribeAsync('answers/#', { qos: 1 });
    await client.publishAsync('flespi/rest/get/gw/devices/all?fields=id', '{"count":1}', {
      qos: 1,
      properties: {
        responseTopic: 'answers/1',
        correlationData: Buffer.from('42'),
        userProperties: { response_chunked: 'true' },
      },
    });
    const packets = await box.take(4);
    assert.equal(
      Buffer.concat(packets.map(({ payload }) => payload as Buffer)).length,
      200_000 + '{"result":""}'.length,
    );
    assert.deepEqual(
      packets.map(({ properties }) => properties?.userProperties?.['http_code']),
      [undefined, undefined, undefined, '200'],
    );
    assert.ok(packets.every(({ properties }) => String(properties?.correlationData) === '42'));
    const [call] = bench.calls;
    assert.equal(call?.method, 'GET');
    assert.equal(call?.path, 'gw/devices/all');
    assert.equal(call?.query, `fields=id&data=${encodeURIComponent('{"count":1}')}`);
  });
});
