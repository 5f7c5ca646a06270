import assert from 'node:assert/strict';
import type { IPublishPacket } from 'mqtt-packet';
import type { RpcFaults } from '../../sandbox/broker/broker-faults';
import type { RestAnswer, RestCall } from '../../sandbox/rest/rest-call';
import { accounts, keys, openRaw, type RawClient } from './broker-setup';
import { createBroker, type Broker } from '../../sandbox/broker/broker';

type Properties = NonNullable<IPublishPacket['properties']>;
const httpCodes = (packets: readonly IPublishPacket[]): unknown[] =>
  packets.map(({ properties }) => properties?.userProperties?.['http_code']);
const joined = (packets: readonly IPublishPacket[]): string =>
  Buffer.concat(packets.map(({ payload }) => Buffer.from(payload))).toString('utf8');

describe('broker: REST calls', () => {
  let broker: Broker;
  let port: number;
  let calls: RestCall[];
  let answer: (call: RestCall) => RestAnswer | Promise<RestAnswer>;
  const clients: RawClient[] = [];

  beforeEach(async () => {
    calls = [];
    answer = () => ({ status: 200, headers: {}, body: '{"result":[{"id":1}]}' });
    broker = createBroker({
      accounts,
      limits: { chunkBytes: 10, calls: 50 },
      rest: async (call) => {
        calls.push(call);
        return answer(call);
      },
    });
    ({ port } = await broker.listen());
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy();
    assert.equal(broker.stats.errors, 0);
    await broker.close();
  });

  async function open(topic: string, username = keys.root, protocolVersion: 4 | 5 = 5): Promise<RawClient> {
    const client = await openRaw(port);
    clients.push(client);
    client.connect({ username, protocolVersion });
    await client.nextOf('connack');
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1, nl: true, rap: false, rh: 0 }] });
    await client.nextOf('suback');
    return client;
  }

  function request(client: RawClient, topic: string, payload = '', properties: Properties = {}): void {
    client.send({
      cmd: 'publish',
      messageId: 1,
      topic: `flespi/rest/${topic}`,
      payload,
      qos: 1,
      retain: false,
      dup: false,
      properties,
    });
  }

  async function read(client: RawClient, count: number): Promise<IPublishPacket[]> {
    const packets: IPublishPacket[] = [];
    while (packets.length < count) packets.push(await client.nextOf('publish'));
    return packets;
  }

  const requests: [string, string, string, Partial<RestCall>][] = [
    ['a read', 'get/gw/devices/all', '', { method: 'GET', path: 'gw/devices/all', query: '' }],
    [
      'a query in the topic',
      'get/gw/devices/all?fields=id,name&limit=1',
      '',
      { path: 'gw/devices/all', query: 'fields=id,name&limit=1' },
    ],
    [
      'the payload of a read as data',
      'get/gw/devices/1/messages',
      '{"count":1}',
      { query: 'data=%7B%22count%22%3A1%7D', body: undefined },
    ],
    ['data beside other variables', 'get/gw/devices/1/messages?limit=1', '{}', { query: 'limit=1&data=%7B%7D' }],
    [
      'data in the query before the payload',
      'get/gw/devices/1/messages?data=%7B%7D',
      '{"count":1}',
      { query: 'data=%7B%7D' },
    ],
    [
      'the payload of a write as body',
      'post/gw/devices',
      '[{"name":"ä"}]',
      { method: 'POST', path: 'gw/devices', body: Buffer.from('[{"name":"ä"}]') },
    ],
    ['a write without a body', 'delete/gw/devices/1', '', { method: 'DELETE', body: undefined }],
    ['put', 'put/gw/devices/1', '{}', { method: 'PUT' }],
    ['patch', 'patch/gw/devices/1', '{}', { method: 'PATCH' }],
    [
      'an encoded selector, untouched',
      'get/gw/devices/%7Bname%3D%3D%22a%2Fb%22%7D',
      '',
      { path: 'gw/devices/%7Bname%3D%3D%22a%2Fb%22%7D' },
    ],
    ['a trailing slash', 'post/gw/channels/1/commands-queue/', '[]', { path: 'gw/channels/1/commands-queue/' }],
    [
      'a method in capitals as what REST knows no method by',
      'GET/gw/devices/all',
      '',
      { method: 'get', path: 'gw/devices/all' },
    ],
    ['no uri', 'get', '', { method: 'GET', path: '' }],
  ];
  for (const [name, topic, payload, expected] of requests) {
    it(`passes on ${name}`, async () => {
      const client = await open('answers/#');
      request(client, topic, payload, { responseTopic: 'answers/1' });
      await read(client, 1);
      const [call] = calls;
      assert.equal(calls.length, 1);
      assert.equal(call?.token.cid, 1);
      assert.equal(call?.via, 'mqtt');
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(call?.[key as keyof RestCall], value, key);
    });
  }

  it('answers once, with http_code and the correlation data, not retained', async () => {
    const client = await open('answers/#');
    request(client, 'get/gw/devices/all', '', {
      responseTopic: 'answers/1',
      correlationData: Buffer.from([0, 1, 255]),
    });
    const [packet] = await read(client, 1);
    assert.equal(packet?.topic, 'answers/1');
    assert.equal(String(packet?.payload), '{"result":[{"id":1}]}');
    assert.equal(packet?.retain, false);
    assert.equal(packet?.qos, 1);
    assert.deepEqual(packet?.properties?.correlationData, Buffer.from([0, 1, 255]));
    const { http_code, cid, timestamp } = { ...packet?.properties?.userProperties };
    assert.deepEqual([http_code, cid], ['200', '1']);
    assert.ok(Number(timestamp) > 1e9);
  });

  for (const protocolVersion of [4, 5] as const) {
    it(`answers on the topic of the request without a response topic, and consumes the request, MQTT ${protocolVersion}`, async () => {
      const topic = 'flespi/rest/put/gw/devices/+/settings/lock';
      const client = await open(topic, keys.root, protocolVersion);
      const watcher = await open('#');
      request(client, 'put/gw/devices/5/settings/lock', '{"on":1}');
      const [packet] = await read(client, 1);
      assert.equal(packet?.topic, 'flespi/rest/put/gw/devices/5/settings/lock');
      assert.equal(String(packet?.payload), '{"result":[{"id":1}]}');
      assert.equal((await watcher.settled()).length, 1);
      assert.equal(calls.length, 1);
    });
  }

  it('cuts a chunked answer into bytes, whole characters or not', async () => {
    const body = JSON.stringify({ result: ['здравствуйте 🚚'.repeat(3)] });
    answer = () => ({ status: 207, headers: {}, body });
    const client = await open('answers/#');
    request(client, 'get/x', '', { responseTopic: 'answers/1', userProperties: { response_chunked: 'true' } });
    const count = Math.ceil(Buffer.byteLength(body) / 10);
    const packets = await read(client, count);
    assert.equal(joined(packets), body);
    assert.ok(packets.slice(0, -1).every(({ payload }) => payload.length === 10));
    assert.deepEqual(httpCodes(packets), [...Array.from({ length: count - 1 }, () => undefined), '207']);
  });

  it('answers errors like any other answer, plain text wrapped into JSON', async () => {
    const client = await open('answers/#');
    const properties = { responseTopic: 'answers/1' };
    const answers: Record<string, () => RestAnswer> = {
      x: () => ({ status: 400, headers: {}, body: '{"errors":[{"code":2,"reason":"no"}]}' }),
      y: () => ({ status: 404, headers: {}, body: 'Not found\n' }),
      z: () => {
        throw new Error('a secret');
      },
    };
    answer = ({ path }) => (answers[path] as () => RestAnswer)();
    for (const path of Object.keys(answers)) request(client, `get/${path}`, '', properties);
    const packets = await read(client, 3);
    assert.deepEqual(
      new Map(packets.map(({ payload, properties }) => [properties?.userProperties?.['http_code'], String(payload)])),
      new Map([
        ['400', '{"errors":[{"code":2,"reason":"no"}]}'],
        ['404', '{"errors":[{"code":404,"reason":"Not found"}]}'],
        ['500', '{"errors":[{"code":500,"reason":"internal error"}]}'],
      ]),
    );
  });

  it('runs in the account of the user property cid, and answers in its own', async () => {
    const client = await open('answers/#');
    request(client, 'get/x', '', { responseTopic: 'answers/1', userProperties: { cid: '2' } });
    const [packet] = await read(client, 1);
    assert.equal(calls[0]?.cid, 2);
    assert.equal(packet?.properties?.userProperties?.['cid'], '1');
  });

  it('answers in the account of response_cid', async () => {
    const parent = await open('answers/#');
    const child = await open('answers/#', keys.four);
    const sibling = await open('answers/#', keys.three);
    request(parent, 'get/x', '', { responseTopic: 'answers/1', userProperties: { response_cid: '4' } });
    const [packet] = await read(child, 1);
    assert.equal(packet?.properties?.userProperties?.['cid'], '4');
    assert.equal(calls[0]?.cid, undefined);
    assert.deepEqual(await sibling.settled(), []);
  });

  for (const wanted of ['1', '3', '99', 'x']) {
    it(`does not answer into account ${wanted}, which is not below the caller's`, async () => {
      const client = await open('answers/#', keys.two);
      request(client, 'get/x', '', { responseTopic: 'answers/1', userProperties: { response_cid: wanted } });
      const packets = await read(client, 1);
      assert.deepEqual(httpCodes(packets), ['403']);
      assert.deepEqual(calls, []);
    });
  }

  it('refuses a response topic inside flespi/, and more calls than the limit', async () => {
    const client = await open('answers/#');
    request(client, 'get/x', '', { responseTopic: 'flespi/state/x' });
    assert.equal((await client.nextOf('puback')).reasonCode, 0x87);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    answer = async () => {
      await gate;
      return { status: 200, headers: {}, body: '{}' };
    };
    for (let index = 0; index < 51; index += 1) request(client, 'get/x', '', { responseTopic: 'answers/1' });
    const codes = (await client.settled()).map((packet) => 'reasonCode' in packet && packet.reasonCode);
    assert.deepEqual(codes, [...Array.from({ length: 50 }, () => 0), 0x97]);
    release();
    await read(client, 50);
    assert.equal(calls.length, 50);
  });

  it('answers although the caller is gone', async () => {
    const client = await open('unused');
    const watcher = await open('answers/#');
    answer = async () => {
      client.socket.destroy();
      await client.closed;
      return { status: 200, headers: {}, body: '{}' };
    };
    request(client, 'get/x', '', { responseTopic: 'answers/1' });
    await read(watcher, 1);
  });

  it('keeps many large answers whole on a connection that reads slowly', async () => {
    const body = JSON.stringify({ result: 'x'.repeat(3_000_000) });
    await broker.close();
    broker = createBroker({ accounts, rest: async () => ({ status: 200, headers: {}, body }) });
    ({ port } = await broker.listen());
    const client = await openRaw(port);
    clients.push(client);
    client.connect({});
    await client.nextOf('connack');
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 'answers/+', qos: 0, nl: false, rap: false, rh: 0 }],
    });
    await client.nextOf('suback');
    for (let index = 0; index < 8; index += 1)
      request(client, 'get/x', '', { responseTopic: `answers/${index}`, userProperties: { response_chunked: 'true' } });
    const sizes = new Map<string, number>();
    let finished = 0;
    while (finished < 8) {
      const { topic, payload, properties } = await client.nextOf('publish');
      sizes.set(topic, (sizes.get(topic) ?? 0) + payload.length);
      if (properties?.userProperties?.['http_code'] === '200') finished += 1;
    }
    assert.deepEqual(new Set(sizes.values()), new Set([body.length]));
  });

  describe('that go wrong on request', () => {
    const body = 'abcdefghijklmnopqrstuvwxyz1234'; // three chunks of ten, wrapped: not JSON
    const good = ['{"result":', '"abcdefghi', 'jklmn"}'];

    async function spoilt(faults: RpcFaults, count: number): Promise<IPublishPacket[]> {
      broker.faults.rpc = faults;
      answer = () => ({ status: 200, headers: {}, body: good.join('') });
      const client = await open('answers/#');
      request(client, 'get/x', body.slice(0, 0), {
        responseTopic: 'answers/1',
        correlationData: Buffer.from('mine'),
        userProperties: { response_chunked: 'true' },
      });
      const packets = await read(client, count);
      const rest = (await client.settled()).filter(({ cmd }) => cmd === 'publish');
      assert.deepEqual(rest, []);
      return packets;
    }
    const texts = (packets: readonly IPublishPacket[]): string[] => packets.map(({ payload }) => String(payload));

    const cases: [string, RpcFaults, string[], unknown[]][] = [
      ['a chunk lost', { lose: 1 }, [good[0] as string, good[2] as string], [undefined, '200']],
      ['the last chunk lost', { lose: 'last' }, good.slice(0, 2), [undefined, undefined]],
      ['a chunk repeated', { repeat: 0 }, [good[0] as string, ...good], [undefined, undefined, undefined, '200']],
      ['no http_code', { httpCode: null }, good, [undefined, undefined, undefined]],
      ['a wrong http_code', { httpCode: 'abc' }, good, [undefined, undefined, 'abc']],
      ['two http_codes', { httpCode: ['200', '500'] }, good, [undefined, undefined, ['200', '500']]],
      ['two answers', { answers: 2 }, [...good, ...good], [undefined, undefined, '200', undefined, undefined, '200']],
      ['no answer', { silent: true }, [], []],
      ['a stray message', { retainedStray: 'old' }, ['old', ...good], [undefined, undefined, undefined, '200']],
      ['another topic', { topic: 'flespi/rest/put/*', silent: true }, good, [undefined, undefined, '200']],
      ['no times left', { times: 0, silent: true }, good, [undefined, undefined, '200']],
    ];
    for (const [name, faults, expected, codes] of cases) {
      it(name, async () => {
        const packets = await spoilt(faults, expected.length);
        assert.deepEqual(texts(packets), expected);
        assert.deepEqual(httpCodes(packets), codes);
      });
    }

    it('chunks of one byte', async () => {
      const packets = await spoilt({ chunkBytes: 1 }, good.join('').length);
      assert.equal(joined(packets), good.join(''));
    });

    it('an answer without an end', async () => {
      const packets = await spoilt({ endless: { chunkBytes: 100, limit: 1000 } }, 12);
      assert.ok(packets.slice(2).every(({ payload }) => payload.length === 100));
      assert.deepEqual(
        httpCodes(packets),
        Array.from({ length: 12 }, () => undefined),
      );
    });

    for (const [correlation, expected] of [
      ['foreign', Buffer.from('foreign')],
      ['none', undefined],
    ] as const) {
      it(`correlation data: ${correlation}`, async () => {
        for (const { properties } of await spoilt({ correlation }, 3))
          assert.deepEqual(properties?.correlationData, expected);
      });
    }

    it('late', async () => {
      const started = performance.now();
      await spoilt({ late: 60, lateChunk: 30 }, 3);
      assert.ok(performance.now() - started >= 110);
    });

    it('a retained stray stays on the topic', async () => {
      await spoilt({ retainedStray: 'old' }, 4);
      assert.deepEqual(
        broker.retained(1, 'answers/#')?.map(({ payload }) => String(payload)),
        ['old'],
      );
    });

    it('chunks of several calls mixed', async () => {
      broker.faults.rpc = { interleave: 3, chunkBytes: 5 };
      const client = await open('answers/#');
      for (let index = 0; index < 3; index += 1)
        request(client, 'get/x', '', {
          responseTopic: `answers/${index}`,
          userProperties: { response_chunked: 'true' },
        });
      const packets = await read(client, 15);
      const order = packets.map(({ topic }) => topic.at(-1)).join('');
      assert.match(order, /012.*012/);
      for (const index of [0, 1, 2])
        assert.equal(joined(packets.filter(({ topic }) => topic === `answers/${index}`)), '{"result":[{"id":1}]}');
    });

    it('only so many times', async () => {
      broker.faults.rpc = { silent: true, times: 1 };
      const client = await open('answers/#');
      request(client, 'get/x', '', { responseTopic: 'answers/1' });
      request(client, 'get/x', '', { responseTopic: 'answers/2' });
      assert.equal((await read(client, 1))[0]?.topic, 'answers/2');
    });
  });
});
