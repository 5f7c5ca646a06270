import assert from 'node:assert/strict';
import { once, type EventEmitter } from 'node:events';
import { connect, connectAsync, type IPublishPacket, type MqttClient } from 'mqtt';
import { startRest, type RestBench } from './rest-setup';

interface Heard {
  topic: string;
  text: string;
  packet: IPublishPacket;
}

function userProperty({ properties }: IPublishPacket, name: string): unknown {
  return properties?.userProperties?.[name];
}

/** Collects what a client hears, and waits for a topic. */
class Listener {
  readonly heard: Heard[] = [];
  constructor(readonly client: MqttClient) {
    client.on('message', (topic, payload, packet) => this.heard.push({ topic, text: payload.toString(), packet }));
  }

  async next(topic: string): Promise<Heard> {
    for (;;) {
      const index = this.heard.findIndex((one) => one.topic === topic);
      if (index >= 0) return this.heard.splice(index, 1)[0] as Heard;
      await once(this.client as unknown as EventEmitter, 'message');
    }
  }
}

describe('rest: what MQTT hears of it', () => {
  let bench: RestBench;
  let client: MqttClient;
  let listener: Listener;

  before(async () => {
    bench = await startRest();
    const { mqtt, token } = bench.sandbox;
    client = await connectAsync(mqtt, { protocolVersion: 5, username: `FlespiToken ${token}`, clientId: 'listener' });
    listener = new Listener(client);
    const filters = ['state', 'log', 'message'].map((category) => `flespi/${category}/gw/#`);
    await client.subscribeAsync([...filters, 'flespi/log/platform/#', 'flespi/message/storage/#'], { qos: 1 });
  });
  after(async () => {
    await client.endAsync();
    await bench.close();
  });

  it('an item that is made, changed and deleted', async () => {
    const { result } = await bench.call('POST', 'gw/devices', {
      body: [{ name: 'n', device_type_id: 42, configuration: { ident: '1' }, metadata: { secret: 1 } }],
    });
    const id = String(result[0]?.['id']);
    const state = `flespi/state/gw/devices/${id}`;
    const log = `flespi/log/gw/devices/${id}`;
    const item = await listener.next(state);
    assert.deepEqual(JSON.parse(item.text), result[0]);
    assert.equal(userProperty(item.packet, 'cid'), String(bench.sandbox.cid));
    assert.equal((await listener.next(`${state}/name`)).text, 'n');
    assert.equal((await listener.next(`${state}/device_type_id`)).text, '42');
    assert.equal((await listener.next(`${state}/configuration`)).text, '{"ident":"1"}');
    const created = JSON.parse((await listener.next(`${log}/created`)).text) as Record<string, unknown>;
    assert.deepEqual(created['new'], result[0]);
    assert.equal(created['origin_type'], 11);
    assert.ok(!JSON.stringify(listener.heard).includes('secret'), 'metadata is no part of the plain item');

    listener.heard.length = 0;
    await bench.call('PUT', `gw/devices/${id}`, { body: { name: 'm' } });
    const updated = JSON.parse((await listener.next(`${log}/updated`)).text) as {
      old: { name: string };
      new: { name: string };
    };
    assert.deepEqual([updated.old.name, updated.new.name], ['n', 'm']);
    const changed = listener.heard.map(({ topic }) => topic).filter((topic) => topic.startsWith(state));
    assert.deepEqual(changed, [state, `${state}/name`], 'only what changed is published');

    listener.heard.length = 0;
    await bench.call('DELETE', `gw/devices/${id}`);
    await listener.next(`${log}/deleted`);
    assert.equal((await listener.next(state)).text, '');
    assert.equal((await listener.next(`${state}/name`)).text, '');
    const { result: left } = await bench.get(`mqtt/messages/${encodeURIComponent(`${state}/#`)}`);
    assert.deepEqual(left, []);
  });

  it('a message of a device, with its telemetry', async () => {
    const { result } = await bench.call('POST', 'gw/devices', {
      body: [{ device_type_id: 42, configuration: { ident: '7' } }],
    });
    const id = Number(result[0]?.['id']);
    assert.equal((await listener.next(`flespi/state/gw/devices/${id}/connected`)).text, 'false');
    bench.sandbox.gateway.connection(id, true);
    bench.sandbox.gateway.report(id, [
      { timestamp: 1_700_000_000.5, 'position.latitude': 1, 'position.longitude': 2, plate: 'ABC', on: true },
    ]);
    const message = JSON.parse((await listener.next(`flespi/message/gw/devices/${id}`)).text) as object;
    assert.equal((message as { plate: string }).plate, 'ABC');
    const telemetry = `flespi/state/gw/devices/${id}/telemetry`;
    const values: [name: string, text: string][] = [
      ['position.latitude', '1'],
      ['position', '{"latitude":1,"longitude":2}'],
      ['plate', 'ABC'],
      ['on', 'true'],
    ];
    for (const [name, text] of values) {
      const heard = await listener.next(`${telemetry}/${name}`);
      assert.equal(heard.text, text);
      assert.equal(userProperty(heard.packet, 'timestamp'), '1700000000.5');
    }
    // A new device is not connected, and says so first.
    while ((await listener.next(`flespi/state/gw/devices/${id}/connected`)).text !== 'true');
    await listener.next(`flespi/log/gw/devices/${id}/connected`);

    bench.sandbox.gateway.report(id, [{ timestamp: 1_600_000_000, plate: 'OLD' }]);
    await listener.next(`flespi/message/gw/devices/${id}`);
    bench.sandbox.gateway.report(id, [{ timestamp: 1_700_000_001, plate: 'ABC', on: false }]);
    assert.equal((await listener.next(`${telemetry}/on`)).text, 'false');
    assert.ok(!listener.heard.some(({ topic }) => topic === `${telemetry}/plate`), 'neither old nor unchanged values');
  });

  it('links and records of containers', async () => {
    const group = await bench.call('POST', 'gw/groups', { body: [{ name: 'g' }] });
    const id = String(group.result[0]?.['id']);
    const [device] = await bench.ids('gw/devices', 'all');
    await bench.call('POST', `gw/groups/${id}/devices/${device}`);
    assert.deepEqual(JSON.parse((await listener.next(`flespi/state/gw/groups/${id}/devices/${device}`)).text), {
      group_id: Number(id),
      device_id: device,
    });
    await listener.next(`flespi/log/gw/groups/${id}/devices/${device}/created`);
    await bench.call('POST', 'storage/containers/name=notes/messages', { body: [{ key: 1, a: 2 }] });
    assert.equal((await listener.next('flespi/message/storage/containers/8001')).text, '{"key":1,"a":2}');
  });

  describe('mqtt/sessions', () => {
    it('shows who is there', async () => {
      const { result } = await bench.get('mqtt/sessions/client_id=listener?fields=client_id,connected,clean');
      assert.deepEqual(result, [{ client_id: 'listener', connected: true, clean: true }]);
      const subscriptions = await bench.get('mqtt/sessions/all/subscriptions/all?fields=topic,qos');
      assert.ok(subscriptions.result.some(({ topic }) => topic === 'flespi/state/gw/#'));
      const topic = encodeURIComponent('flespi/log/gw/#');
      const one = await bench.get(`mqtt/sessions/all/subscriptions/${topic}?fields=topic`);
      assert.deepEqual(one.result, [{ topic: 'flespi/log/gw/#' }]);
    });

    it('makes persistent sessions without a connection', async () => {
      const made = await bench.call('POST', 'mqtt/sessions', { body: [{ client_id: 'later' }] });
      const id = String(made.result[0]?.['id']);
      const subscribed = await bench.call('POST', `mqtt/sessions/${id}/subscriptions`, {
        body: [{ topic: 'my/#', qos: 1 }],
      });
      assert.equal(subscribed.result[0]?.['topic'], 'my/#', subscribed.text);
      await bench.call('POST', 'mqtt/messages', { body: { topic: 'my/topic', payload: 'kept for later' } });
      const { mqtt, token } = bench.sandbox;
      const resumed = connect(mqtt, { protocolVersion: 5, username: token, clientId: 'later', clean: false });
      const [topic, payload] = (await once(resumed as unknown as EventEmitter, 'message')) as [string, Buffer];
      assert.deepEqual([topic, payload.toString()], ['my/topic', 'kept for later']);
      await resumed.endAsync();
      await bench.call('DELETE', `mqtt/sessions/${id}`);
      assert.equal((await bench.get(`mqtt/sessions/${id}`)).status, 404);
    });

    const refusals: [path: string, body: unknown, reason: RegExp][] = [
      ['mqtt/sessions', [{}], /"client_id" must be text/],
      ['mqtt/sessions', [{ client_id: 'listener' }], /there is a session/],
      ['mqtt/sessions', [{ client_id: 'x', clean: true }], /unknown field "clean"/],
      ['mqtt/sessions/all/subscriptions', [{ qos: 1 }], /"topic" must be text/],
      ['mqtt/sessions/all/subscriptions', [{ topic: 'a/#/b' }], /refused/],
      ['mqtt/messages', { payload: 'x' }, /must be a topic/],
      ['mqtt/messages', { topic: 'a/+' }, /must be a topic/],
      ['mqtt/messages', { topic: 'a', qos: 1 }, /unknown field "qos"/],
      ['mqtt/messages', { topic: 'flespi/x' }, /not permitted/],
    ];
    for (const [path, body, reason] of refusals) {
      it(`refuses ${path} ${JSON.stringify(body)}`, async () => {
        const { status, errors } = await bench.call('POST', path, { body });
        assert.ok(status === 400 || status === 403, String(status));
        assert.match(errors[0]?.reason ?? '', reason);
      });
    }

    it('ends a connection', async () => {
      const { mqtt, token } = bench.sandbox;
      const victim = await connectAsync(mqtt, {
        protocolVersion: 5,
        username: token,
        clientId: 'victim',
        reconnectPeriod: 0,
      });
      const closed = once(victim as unknown as EventEmitter, 'close');
      await bench.call('DELETE', 'mqtt/sessions/client_id=victim');
      await closed;
    });
  });

  describe('mqtt/messages', () => {
    const under = (filter: string): string => `mqtt/messages/${encodeURIComponent(filter)}`;
    before(async () => {
      const [sub] = [...bench.sandbox.platform.items('platform/subaccounts').values()];
      await bench.call('POST', 'mqtt/messages', { body: [{ topic: 'r/1', payload: { a: 1 }, retain: true }] });
      await bench.call('POST', 'mqtt/messages', {
        body: { topic: 'r/2', payload: 'two', retain: true },
        headers: { 'x-flespi-cid': String(sub?.id) },
      });
    });

    const reads: [filter: string, data: object | undefined, topics: string[]][] = [
      ['r/+', undefined, ['r/1', 'r/2']],
      ['r/+', { recursive: false }, ['r/1']],
      ['r/1', undefined, ['r/1']],
      ['r/1,2', undefined, ['r/1', 'r/2']],
      ['nothing/#', undefined, []],
    ];
    for (const [filter, data, topics] of reads) {
      it(`${filter} ${JSON.stringify(data) ?? ''}`, async () => {
        const { result } = await bench.get(`${under(filter)}?fields=topic,payload`, { data });
        assert.deepEqual(
          result.map(({ topic }) => topic),
          topics,
        );
      });
    }

    it('refuses what is no filter', async () => {
      assert.equal((await bench.get(under('a/#/b'))).status, 400);
    });

    it('forgets them, but not the state of the platform', async () => {
      await bench.call('DELETE', under('r/#'));
      assert.deepEqual((await bench.get(under('r/#'))).result, []);
      assert.equal((await bench.call('DELETE', under('flespi/#'))).status, 403);
      await bench.call('DELETE', under('#'));
      assert.ok((await bench.get(under('flespi/state/gw/channels/+/name'))).result.length > 0);
    });
  });
});

describe('rest: the same over MQTT', () => {
  let bench: RestBench;
  let client: MqttClient;
  let listener: Listener;
  let calls = 0;

  before(async () => {
    bench = await startRest({ devices: 3, now: () => 1_800_000_000 });
    const { mqtt, token } = bench.sandbox;
    client = await connectAsync(mqtt, { protocolVersion: 5, username: token });
    listener = new Listener(client);
    await client.subscribeAsync('rpc/#', { qos: 1 });
  });
  after(async () => {
    await client.endAsync();
    await bench.close();
  });

  const rpc = async (
    method: string,
    uri: string,
    payload = '',
    cid?: number,
  ): Promise<{ code: unknown; text: string }> => {
    const responseTopic = `rpc/${(calls += 1)}`;
    await client.publishAsync(`flespi/rest/${method}/${uri}`, payload, {
      properties: { responseTopic, ...(cid !== undefined && { userProperties: { cid: String(cid) } }) },
    });
    const { text, packet } = await listener.next(responseTopic);
    return { code: userProperty(packet, 'http_code'), text };
  };

  const reads = [
    'gw/devices/all',
    'gw/devices/all?fields=id,configuration.ident&limit=2&offset=1',
    'gw/devices/all/telemetry/position',
    'gw/devices/5000001,999',
    'gw/devices/999',
    'gw/devices/%7Bname%3D%3D%22Van*%22%7D?fields=name',
    'gw/devices/all?fields=nope',
    'gw/groups/all/devices/all/',
    'gw/channel-protocols/all',
    'platform/customer?fields=id,name',
    'auth/info',
  ];
  for (const uri of reads) {
    it(`GET ${uri}`, async () => {
      const http = await bench.get(uri);
      assert.deepEqual(await rpc('get', uri), { code: String(http.status), text: http.text });
    });
  }

  it('GET takes data as payload', async () => {
    const data = { count: 2, reverse: true };
    const http = await bench.get('gw/devices/5000001/messages', { data });
    assert.ok(http.result.length > 0);
    assert.equal((await rpc('get', 'gw/devices/5000001/messages', JSON.stringify(data))).text, http.text);
  });

  it('writes as HTTP does', async () => {
    const made = await rpc('post', 'gw/groups?fields=name', '[{"name":"by rpc"}]');
    assert.deepEqual(made, { code: '200', text: '{"result":[{"name":"by rpc"}]}' });
    await rpc('delete', 'gw/groups/name=by rpc');
    assert.deepEqual((await bench.get('gw/groups/name=by%20rpc')).result, []);
    assert.equal((await rpc('put', 'gw/groups/all', '{')).code, '400');
  });

  it('runs in a subaccount', async () => {
    const [sub] = [...bench.sandbox.platform.items('platform/subaccounts').values()];
    const { text } = await rpc('get', 'platform/customer?fields=id', '', sub?.id);
    assert.deepEqual(JSON.parse(text), { result: [{ id: sub?.id }] });
    assert.equal((await rpc('get', 'platform/customer', '', 1)).code, '403');
  });

  it('an unknown path is a 404 in the envelope', async () => {
    const { code, text } = await rpc('get', 'gw/nothing');
    assert.equal(code, '404');
    assert.ok(Array.isArray((JSON.parse(text) as { errors: unknown }).errors));
  });
});
