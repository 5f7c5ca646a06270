import assert from 'node:assert/strict';
import type { IPublishPacket } from 'mqtt-packet';
import type { Method, WireAnswer, WireCall } from '../../nodes/protocol/call';
import type { FlespiError } from '../../nodes/protocol/flespi-error';
import { MqttConnection, type MqttConnectionOptions } from '../../nodes/protocol/mqtt-connection';
import { RpcTransport, type RpcTransportOptions, type SendOptions } from '../../nodes/protocol/rpc-transport';
import { connack, FakeBroker, suback, type FakePeer, type FakeScript } from '../servers/fake-broker';
import { FakeClock } from '../servers/fake-clock';

const read: WireCall = { method: 'GET', path: 'gw/devices/all', query: '' };
const ok = { userProperties: { http_code: '200' } };

describe('RpcTransport', () => {
  let broker: FakeBroker;
  let clock: FakeClock;
  let connection: MqttConnection;
  let rpc: RpcTransport;

  beforeEach(async () => {
    broker = await FakeBroker.start();
    clock = new FakeClock();
  });
  afterEach(async () => {
    await rpc.close();
    await connection.close();
    await broker.close();
  });

  function start(
    script: FakeScript = {},
    options: RpcTransportOptions = {},
    connectionOptions: Partial<MqttConnectionOptions> = {},
  ): void {
    broker.script = script;
    connection = new MqttConnection({
      url: broker.url,
      token: () => 'token',
      clientId: 'test',
      clock,
      random: () => 0.5,
      ...connectionOptions,
    });
    connection.acquire();
    rpc = new RpcTransport(connection, { clock, ...options });
    void clock.pass(0);
  }

  function send(call: Partial<WireCall> = {}, options: Partial<SendOptions> = {}): Promise<WireAnswer> {
    return rpc.send({ ...read, ...call }, { signal: new AbortController().signal, timeout: 60_000, ...options });
  }

  const replyTo = (packet: IPublishPacket): string => packet.properties?.responseTopic ?? '';
  /** Answers every request by its own topic, so that a mix-up shows. */
  const echo = (peer: FakePeer, packet: IPublishPacket): void =>
    peer.publish(replyTo(packet), packet.topic, { properties: ok });
  const requested = (count = 1): Promise<void> => broker.until(() => broker.of('publish').length >= count);
  const isConnected = async (): Promise<void> => {
    while (connection.state.kind !== 'connected') await new Promise<void>((resolve) => void setImmediate(resolve));
  };
  const request = (index = -1): IPublishPacket => {
    const packet = broker.of('publish').at(index);
    if (!packet) throw new Error('No request was published.');
    return packet;
  };
  const fails = (promise: Promise<unknown>, code: string): Promise<FlespiError> =>
    promise.then(
      () => assert.fail('an answer where none should be'),
      (error: FlespiError) => {
        assert.equal(error.code, code);
        return error;
      },
    );

  describe('publishes', () => {
    it('a request as flespi wants it: QoS 0, with an expiry, and a topic of its own to answer to', async () => {
      start({ publish: echo });
      await send(
        { method: 'PUT', path: 'gw/devices/1/settings/x', query: 'fields=id', body: '{"a":1}', cid: 9 },
        { timeout: 30_500, responseCid: 12 },
      );
      const packet = request();
      assert.equal(packet.topic, 'flespi/rest/put/gw/devices/1/settings/x?fields=id');
      assert.equal(packet.payload.toString(), '{"a":1}');
      assert.deepEqual([packet.qos, packet.retain, packet.properties?.messageExpiryInterval], [0, false, 31]);
      assert.equal(packet.properties?.correlationData?.length, 16);
      assert.deepEqual(
        { ...packet.properties?.userProperties },
        { response_chunked: 'true', response_cid: '12', cid: '9', 'x-flespi-cid': '9' },
      );
      assert.ok(!replyTo(packet).startsWith('flespi/'));
    });

    it('under one subscription for all calls, after its SUBACK (P8)', async () => {
      let subscribe: (() => void) | undefined;
      start({ subscribe: (peer, packet) => (subscribe = () => peer.send(suback(packet))), publish: echo });
      const calls = [send(), send(), send()];
      await broker.until(() => subscribe !== undefined);
      await new Promise<void>((resolve) => void setTimeout(resolve, 20));
      assert.deepEqual(broker.of('publish'), []);
      subscribe?.();
      await Promise.all(calls);
      assert.equal(broker.of('subscribe').length, 1);
      assert.deepEqual({ ...broker.of('subscribe')[0]?.subscriptions[0] }.rh, 2);
      assert.equal(new Set(broker.of('publish').map(replyTo)).size, 3);
    });

    it('the parameters of a read as payload, the rest of the query in the topic', async () => {
      start({ publish: echo });
      const data = { from: 1, filter: 'a>"1+1#"' };
      await send({
        path: 'gw/devices/1/messages',
        query: `fields=a,b&data=${encodeURIComponent(JSON.stringify(data))}&limit=5`,
      });
      assert.equal(request().topic, 'flespi/rest/get/gw/devices/1/messages?fields=a,b&limit=5');
      assert.deepEqual(JSON.parse(request().payload.toString()), data);
    });

    it('with + and # encoded: raw they are wildcards, and close the connection', async () => {
      start({ publish: echo });
      await send({ path: "gw/devices/name=a+b*'", query: 'fields=x+y' });
      assert.equal(request().topic, "flespi/rest/get/gw/devices/name=a%2Bb*'?fields=x%2By");
    });

    it('unchunked, when told so', async () => {
      start({ publish: echo });
      await rpc.with({ chunked: false }).send(read, { signal: new AbortController().signal, timeout: 1000 });
      assert.deepEqual({ ...request().properties?.userProperties }, {});
    });

    /** Row P13: refused without a byte on the wire. */
    const bad: [string, Partial<WireCall>][] = [
      ['an unknown method', { method: 'get' as Method }],
      ['another unknown method', { method: 'TRACE' as Method }],
      ['a climbing path', { path: 'gw/../platform/tokens' }],
      ['a climbing path in disguise', { path: 'gw/%2e%2E/platform' }],
      ['a path from the root', { path: '/gw/devices' }],
      ['no path', { path: '' }],
      ['a space', { path: 'gw/devices/name=a b' }],
      ['a NUL', { path: 'gw/devices/\u0000' }],
      ['a query in the path', { path: 'gw/devices/all?x=1' }],
      ['a broken escape', { path: 'gw/devices/%zz' }],
      ['70,000 bytes', { path: `gw/devices/${'1,'.repeat(35_000)}1` }],
      ['a NUL in the query', { query: 'fields=\u0000' }],
    ];
    it('nothing that is no call (P13), and the connection lives', async () => {
      start({ publish: echo });
      for (const [what, call] of bad) await assert.rejects(send(call), /FLESPI_BAD_(PATH|TOPIC)/, what);
      await send();
      assert.equal(broker.of('publish').length, 1);
      assert.equal(broker.peers.length, 1);
    });

    it('nothing without MQTT 5, and says so', async () => {
      start({}, {}, { protocolVersion: 4 });
      await fails(send(), 'FLESPI_NEEDS_MQTT5');
    });

    it('nothing later: offline it fails at once (P1)', async () => {
      start({ connect: (peer) => peer.send(connack(0x88)), publish: echo });
      while (connection.state.kind !== 'waiting') await new Promise<void>((resolve) => void setImmediate(resolve));
      const error = await fails(send({ method: 'POST' }), 'FLESPI_NOT_CONNECTED');
      assert.equal(error.params['problem'], 'unavailable', 'with the reason');
      broker.script = { publish: echo };
      await clock.pass(2000);
      await isConnected();
      await send();
      assert.equal(broker.of('publish').length, 1);
    });

    it('while the first connection is being made it waits', async () => {
      start({ publish: echo });
      assert.notEqual(connection.state.kind, 'connected');
      assert.equal((await send()).statusCode, 200);
    });
  });

  describe('takes an answer', () => {
    /** Row P3: [how it comes, chunks]. */
    const text = JSON.stringify({ result: [{ name: 'Вольво 😀', note: 'x'.repeat(500) }] });
    const bytes = Buffer.from(text);
    const splits: [string, Buffer[]][] = [
      ['in one chunk', [bytes]],
      ['in two chunks', [bytes.subarray(0, 25), bytes.subarray(25)]],
      ['in single bytes', [...bytes].map((byte) => Buffer.from([byte]))],
      ['with empty chunks', [Buffer.alloc(0), bytes, Buffer.alloc(0)]],
      [
        'in a thousand chunks',
        Array.from({ length: 1000 }, (_, index) => bytes.subarray(index, index === 999 ? undefined : index + 1)),
      ],
    ];
    for (const [how, chunks] of splits) {
      it(how, async () => {
        start({
          publish: (peer, packet) => {
            peer.socket.cork();
            chunks.forEach((chunk, index) => {
              peer.publish(replyTo(packet), chunk, index === chunks.length - 1 ? { properties: ok } : {});
            });
            peer.socket.uncork();
          },
        });
        const answer = await send();
        assert.equal(answer.text, how === 'in a thousand chunks' ? Buffer.concat(chunks).toString() : text);
        assert.equal(rpc.pending, 0);
      });
    }

    it('of 50 calls whose chunks are interleaved (P5)', async () => {
      const waiting: [FakePeer, IPublishPacket][] = [];
      start({
        publish: (peer, packet) => {
          waiting.push([peer, packet]);
          if (waiting.length < 50) return;
          for (let part = 0; part < 4; part += 1) {
            for (const [to, one] of waiting) {
              const piece = one.topic.slice(part * 10, part === 3 ? undefined : part * 10 + 10);
              to.publish(replyTo(one), piece, part === 3 ? { properties: ok } : {});
            }
          }
        },
      });
      const answers = await Promise.all(Array.from({ length: 50 }, (_, id) => send({ path: `gw/devices/${id}` })));
      answers.forEach(({ text }, id) => assert.equal(text, `flespi/rest/get/gw/devices/${id}`));
    });

    it('with the status that flespi gave, also a bad one: the caller judges', async () => {
      start({
        publish: (peer, packet) =>
          peer.publish(replyTo(packet), '{"errors":[]}', { properties: { userProperties: { http_code: '404' } } }),
      });
      assert.deepEqual(await send(), { statusCode: 404, headers: {}, text: '{"errors":[]}' });
    });

    it('with correlation data that is echoed, or is not', async () => {
      let echoed = true;
      start({
        publish: (peer, packet) => {
          const correlationData = packet.properties?.correlationData;
          peer.publish(replyTo(packet), 'x', {
            properties: { ...ok, ...(echoed && correlationData && { correlationData }) },
          });
        },
      });
      await send();
      echoed = false;
      await send();
      assert.deepEqual(rpc.strays, { unknown: 0, foreign: 0 });
    });

    for (const code of ['abc', '0', '99999', '', ['200', '500']]) {
      it(`never with http_code ${JSON.stringify(code)} (P10)`, async () => {
        start({
          publish: (peer, packet) =>
            peer.publish(replyTo(packet), '{}', { properties: { userProperties: { http_code: code } } }),
        });
        await fails(send(), 'FLESPI_BAD_ANSWER');
        broker.script = { publish: echo };
        await send();
      });
    }

    it('with user properties of any name and number (S17)', async () => {
      const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`p${index}`, ['x', 'y']]));
      const odd = { ['__proto__']: 'polluted', constructor: 'c', http_code: '200', ...many };
      const userProperties = Object.assign(Object.create(null), odd) as Record<string, string>;
      start({ publish: (peer, packet) => peer.publish(replyTo(packet), 'text', { properties: { userProperties } }) });
      const { statusCode, text } = await send();
      assert.deepEqual([statusCode, text], [200, 'text']);
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
    });

    it('the first one, when a call is answered twice (P9)', async () => {
      start({
        publish: (peer, packet) => {
          for (const body of ['first', 'second']) peer.publish(replyTo(packet), body, { properties: ok });
        },
      });
      assert.equal((await send()).text, 'first');
      broker.script = { publish: echo };
      await send();
      assert.equal(rpc.strays.unknown, 1);
    });

    it('of nobody else: stray, retained and foreign messages are passed by (P7)', async () => {
      start({
        publish: (peer, packet) => {
          const topic = replyTo(packet);
          peer.publish(topic.replace(/[^/]*$/, 'stray'), 'no', { properties: ok });
          peer.publish(topic, 'no', { retain: true, properties: ok });
          peer.publish(topic, 'no', { properties: { ...ok, correlationData: Buffer.from('foreign') } });
          echo(peer, packet);
        },
      });
      assert.match((await send()).text, /^flespi/);
      assert.deepEqual(rpc.strays, { unknown: 1, foreign: 1 });
    });
  });

  describe('fails clearly', () => {
    it('without an answer, in time; what comes later touches no other call (P6)', async () => {
      start({ publish: () => {} });
      const late = send({ path: 'gw/devices/1' }, { timeout: 5000 });
      await requested();
      const failed = fails(late, 'FLESPI_TIMEOUT');
      await clock.pass(5000);
      assert.equal((await failed).params['seconds'], 5);
      broker.script = { publish: echo };
      broker.last.publish(replyTo(request()), 'late', { properties: ok });
      assert.equal((await send({ path: 'gw/devices/2' })).text, 'flespi/rest/get/gw/devices/2');
      assert.deepEqual([rpc.pending, rpc.strays.unknown], [0, 1]);
    });

    it('when the last chunk is missing: 10 s after the one before it, with counts (P4)', async () => {
      start({ publish: (peer, packet) => peer.publish(replyTo(packet), '{"result":[') });
      const failed = fails(send(), 'FLESPI_INCOMPLETE_ANSWER');
      await requested();
      while (clock.next === undefined || clock.next > 10_000)
        await new Promise<void>((resolve) => void setImmediate(resolve));
      await clock.pass(10_000);
      assert.deepEqual((await failed).params, { bytes: 11, chunks: 1 });
      assert.equal(rpc.pending, 0);
    });

    it('when chunks come and come, but no end, and time is up: the same', async () => {
      start({ publish: (peer, packet) => peer.publish(replyTo(packet), 'x') }, { chunkIdle: 60_000 });
      const failed = fails(send({}, { timeout: 5000 }), 'FLESPI_INCOMPLETE_ANSWER');
      await requested();
      while (clock.timers < 2) await new Promise<void>((resolve) => void setImmediate(resolve));
      await clock.pass(5000);
      await failed;
    });

    it('when an answer has no end: at its bound, and the rest is passed by (P11)', async () => {
      start(
        {
          publish: (peer, packet) => {
            for (let count = 0; count < 50; count += 1) peer.publish(replyTo(packet), Buffer.alloc(1000, 'x'));
          },
        },
        { answerBytes: 20_000 },
      );
      await fails(send(), 'FLESPI_ANSWER_TOO_LARGE');
      broker.script = { publish: echo };
      await send();
      assert.equal(rpc.strays.unknown, 29);
    });

    it('when the token is refused: at once, with the reason (C6)', async () => {
      start({ connect: (peer) => peer.send(connack(0x87)) });
      const error = await fails(send(), 'FLESPI_NOT_CONNECTED');
      assert.equal(error.params['problem'], 'not-authorised');
      await fails(send(), 'FLESPI_NOT_CONNECTED');
      assert.equal(rpc.pending, 0);
      assert.equal(clock.elapsed(), 0, 'nobody waited');
    });

    it('when the link is lost: outcome unknown, never sent again (P2)', async () => {
      start({ publish: (peer) => peer.socket.destroy() });
      await fails(send({ method: 'POST', path: 'gw/devices', body: '[{}]' }), 'FLESPI_OUTCOME_UNKNOWN');
      broker.script = { publish: echo };
      await clock.pass(2000);
      await isConnected();
      await send();
      assert.deepEqual(
        broker.of('publish').map(({ topic }) => topic),
        ['flespi/rest/post/gw/devices', 'flespi/rest/get/gw/devices/all'],
      );
    });

    it('answers of an earlier connection match nothing on the next: it has another topic', async () => {
      start({ publish: echo });
      await send();
      const before = replyTo(request());
      broker.last.socket.destroy();
      while (connection.state.kind !== 'waiting') await new Promise<void>((resolve) => void setImmediate(resolve));
      await clock.pass(2000);
      await isConnected();
      await send();
      const prefix = (topic: string): string => topic.slice(0, topic.lastIndexOf('/'));
      assert.notEqual(prefix(replyTo(request())), prefix(before));
      assert.equal(broker.last.of('subscribe').length, 1, 'the old one is not asked for again');
    });

    it('when the broker refuses the subscription for the answers, and tries again with the next call', async () => {
      start({ subscribe: (peer, packet) => peer.send(suback(packet, 0x87)), publish: echo });
      await fails(send(), 'FLESPI_SUBSCRIBE_REFUSED');
      broker.script = { publish: echo };
      assert.equal((await send()).statusCode, 200);
    });

    it('when aborted, also before it began', async () => {
      start({ publish: () => {} });
      const abort = new AbortController();
      const failed = fails(send({}, { signal: abort.signal }), 'FLESPI_ABORTED');
      await requested();
      abort.abort();
      await failed;
      await fails(send({}, { signal: abort.signal }), 'FLESPI_ABORTED');
      assert.deepEqual([rpc.pending, broker.of('publish').length], [0, 1]);
    });

    it('when a redeploy comes: each of 50 once, within a second, and old answers match nothing (P14, P15)', async () => {
      start({ publish: () => {} });
      const failed = Array.from({ length: 50 }, () => fails(send(), 'FLESPI_ABORTED'));
      await requested(50);
      const began = performance.now();
      await rpc.close();
      await Promise.all(failed);
      assert.ok(performance.now() - began < 1000);
      await broker.until(() => broker.of('unsubscribe').length === 1);
      await fails(send(), 'FLESPI_ABORTED');
    });
  });

  describe('is bounded (P12)', () => {
    it('100 calls on their way, the others in a queue, the rest refused; all are answered in the end', async () => {
      const held: [FakePeer, IPublishPacket][] = [];
      start({ publish: (peer, packet) => void held.push([peer, packet]) }, { inFlight: 100, queued: 1000 });
      const calls = Array.from({ length: 1500 }, (_, id) =>
        send({ path: `gw/devices/${id}` }).catch((error: FlespiError) => error),
      );
      await requested(100);
      const full = calls.slice(1100);
      for (const one of await Promise.all(full)) assert.equal((one as FlespiError).code, 'FLESPI_QUEUE_FULL');
      assert.equal(broker.of('publish').length, 100);
      broker.script = { publish: echo };
      for (const [peer, packet] of held) echo(peer, packet);
      const answers = await Promise.all(calls.slice(0, 1100));
      answers.forEach((one, id) => assert.equal((one as WireAnswer).text, `flespi/rest/get/gw/devices/${id}`));
      assert.deepEqual([rpc.pending, rpc.queued], [0, 0]);
    });

    it('and no way out of a call keeps a slot: a good one passes after every bad one (X3)', async () => {
      start({ publish: () => {} }, { inFlight: 1 });
      const bad: ((peer: FakePeer, packet: IPublishPacket) => void)[] = [
        (peer, packet) => peer.publish(replyTo(packet), 'x', { properties: { userProperties: { http_code: 'x' } } }),
        (peer, packet) => peer.publish(replyTo(packet), Buffer.alloc(17 * 1024 * 1024)),
        () => void clock.pass(60_000),
        (peer, packet) => {
          peer.publish(replyTo(packet), 'x');
          setTimeout(() => void clock.pass(10_000), 20);
        },
        (peer) => {
          peer.socket.destroy();
          setTimeout(() => void clock.pass(60_000), 20);
        },
      ];
      for (const answer of bad) {
        broker.script = { publish: answer };
        // The second waits for the slot of the first; whether it is lost with it is not the question.
        await Promise.allSettled([send(), send()]);
        await isConnected();
        broker.script = { publish: echo };
        assert.equal((await send()).statusCode, 200);
      }
      assert.deepEqual([rpc.pending, rpc.queued], [0, 0]);
    });
  });
});
