import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { Ear } from './ear';
import { startRest, type RestBench } from './rest-setup';

type Json = Record<string, unknown>;

const json = (text: string): Json => JSON.parse(text) as Json;
const isItem = (text: string): void => assert.equal(typeof json(text)['id'], 'number');
const isRecord = (text: string): void => {
  for (const name of ['event_code', 'origin_type', 'origin_id', 'cid', 'timestamp'])
    assert.ok(name in json(text), name);
};
const is =
  (expected: string) =>
  (text: string): void =>
    assert.equal(text, expected);

/** flespi's topic directory, with everything that a test can make happen; messages that are retained are marked. */
describe('platform: the topic directory', function () {
  this.timeout(20_000);
  let bench: RestBench;
  let client: MqttClient;
  let ear: Ear;
  let made: { device: number; group: number; calc: number; plugin: number; stream: number; container: number };

  const make = async (path: string, item: object, headers = {}): Promise<number> => {
    const { result, text } = await bench.call('POST', path, { body: [item], headers });
    assert.ok(result[0], text);
    return result[0]['id'] as number;
  };
  const retained = async (filter: string, cid = bench.sandbox.cid): Promise<Map<string, string>> => {
    const headers = { 'x-flespi-cid': String(cid) };
    const { result } = await bench.get(`mqtt/messages/${encodeURIComponent(filter)}`, { headers });
    return new Map(result.map(({ topic, payload }) => [topic as string, payload as string]));
  };
  /** A topic with the ids of what was made in place of their names. */
  const spelt = (topic: string): string =>
    topic.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof made) => String(made[name]));

  before(async () => {
    bench = await startRest();
    const { mqtt, token, platform, gateway } = bench.sandbox;
    platform.deviceLink = {
      command: async (_id, name) => `${name} done`,
      setting: async (_id, _name, properties = {}) => properties,
    };
    client = await connectAsync(mqtt, { protocolVersion: 5, username: token, clientId: 'ear' });
    ear = new Ear(client);
    await client.subscribeAsync('flespi/#', { qos: 1, rh: 2 });

    const device = await make('gw/devices', { name: 'n', device_type_id: 42, configuration: { ident: 'T1' } });
    const group = await make('gw/groups', { name: 'g' });
    const plugin = await make('gw/plugins', { name: 'p', type_id: 1 });
    const stream = await make('gw/streams', { name: 's', protocol_id: 4, configuration: { uri: 'http://127.0.0.1' } });
    const container = await make('storage/containers', { name: 'c' });
    const calc = await make('gw/calcs', {
      name: 'trips',
      selectors: [{ type: 'expression', expression: '$position.speed > 3', method: 'boolean' }],
      counters: [{ type: 'active', name: 'active' }],
    });
    made = { device, group, calc, plugin, stream, container };
    const call = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<void> => {
      const { status, text } = await bench.call(method, spelt(path), body === undefined ? {} : { body });
      assert.equal(status, 200, `${method} ${path}: ${text}`);
    };
    await call('POST', 'gw/groups/{group}/devices/{device}');
    await call('POST', 'gw/plugins/{plugin}/devices/{device}', { fields: { 'driver.name': 'Andrew B.' } });
    await call('POST', 'gw/calcs/{calc}/devices/{device}');
    await call('POST', 'gw/streams/{stream}/devices/{device}');
    await call('PUT', 'gw/groups/{group}', { name: 'renamed' });
    await call('POST', 'gw/devices/{device}/commands-queue', [{ name: 'position.request' }]);
    await call('PUT', 'gw/devices/{device}/settings/tracking', { properties: { moving: 10 } });
    await call('POST', 'storage/containers/{container}/messages', [{ key: 1, note: 'x' }]);
    await make('platform/tokens', { info: 't', ttl: 60 });
    await make('platform/webhooks', { name: 'w', triggers: [{ topic: 'a' }], configuration: {} });
    gateway.connection(device, true);
    await ear.first(spelt('flespi/log/gw/devices/{device}/commands-queue/+/processed'));
    const now = Math.floor(platform.now());
    // One at a time: a calculator must see the trip begin before it sees it end.
    const drive = (seconds: number, speed: number): void =>
      gateway.report(device, [
        {
          timestamp: now - seconds,
          'position.latitude': 54.7,
          'position.longitude': 25.2,
          'position.speed': speed,
          note: 'x',
          on: true,
        },
      ]);
    drive(40, 0);
    await ear.first(spelt('flespi/state/gw/calcs/{calc}/devices/{device}/synced'));
    drive(30, 20);
    drive(20, 30);
    await ear.first(spelt('flespi/interval/gw/calcs/{calc}/devices/{device}/activated'));
    drive(10, 0);
    await ear.first(spelt('flespi/interval/gw/calcs/{calc}/devices/{device}/finished'));
    gateway.connection(device, false);
    const queued = await bench.call('POST', spelt('gw/devices/{device}/commands-queue'), {
      body: [{ name: 'custom', properties: { text: 'x' } }],
    });
    await call('DELETE', `gw/devices/{device}/commands-queue/${String(queued.result[0]?.['id'])}`);
    await ear.first(spelt('flespi/log/gw/devices/{device}/commands-queue/custom/canceled'));
  });
  after(async () => {
    await client.endAsync();
    await bench.close();
  });

  const live: [topic: string, check: (text: string) => void][] = [
    ['flespi/message/gw/devices/{device}', (text) => assert.equal(json(text)['driver.name'], 'Andrew B.')],
    ['flespi/message/gw/channels/+/T1', (text) => assert.equal(json(text)['device.id'], made.device)],
    ['flespi/message/storage/containers/{container}', is('{"key":1,"note":"x"}')],
    ['flespi/log/gw/devices/{device}/created', (text) => isItem(JSON.stringify(json(text)['new']))],
    ['flespi/log/gw/groups/{group}/updated', (text) => assert.equal((json(text)['old'] as Json)['name'], 'g')],
    ['flespi/log/gw/groups/{group}/devices/{device}/created', isRecord],
    ['flespi/log/gw/devices/{device}/connected', isRecord],
    ['flespi/log/gw/devices/{device}/disconnected', (text) => assert.equal(typeof json(text)['duration'], 'number')],
    ['flespi/log/gw/channels/+/connections/+/identified', isRecord],
    ['flespi/log/gw/channels/+/connections/+/closed', isRecord],
    ['flespi/log/gw/devices/{device}/commands-queue/position.request/queued', isItem],
    ['flespi/log/gw/devices/{device}/commands-queue/position.request/sent', isItem],
    [
      'flespi/log/gw/devices/{device}/commands-queue/position.request/processed',
      (text) => assert.equal(json(text)['response'], 'position.request done'),
    ],
    ['flespi/log/gw/devices/{device}/commands-queue/custom/canceled', isItem],
    ['flespi/log/platform/customer/+/api', (text) => assert.equal(json(text)['http_code'], 200)],
    ['flespi/log/platform/tokens/+/created', (text) => assert.ok(!('key' in (json(text)['new'] as Json)))],
    ['flespi/interval/gw/calcs/{calc}/devices/{device}/created', isItem],
    ['flespi/interval/gw/calcs/{calc}/devices/{device}/activated', (text) => assert.equal(json(text)['active'], true)],
    ['flespi/interval/gw/calcs/{calc}/devices/{device}/deactivated', isItem],
    ['flespi/interval/gw/calcs/{calc}/devices/{device}/finished', isItem],
  ];
  for (const [topic, check] of live) {
    it(`${topic}: told, not retained`, async () => {
      check((await ear.first(spelt(topic))).text);
      assert.equal((await retained(spelt(topic))).size, 0);
    });
  }

  const states: [topic: string, check: (text: string) => void][] = [
    ['gw/devices/{device}', isItem],
    ['gw/devices/{device}/id', (text) => assert.equal(text, String(made.device))],
    ['gw/devices/{device}/name', is('n')],
    ['gw/devices/{device}/device_type_id', is('42')],
    ['gw/devices/{device}/configuration', is('{"ident":"T1"}')],
    ['gw/devices/{device}/messages_ttl', is('31536000')],
    ['gw/devices/{device}/messages_rotate', is('0')],
    ['gw/devices/{device}/messages_size', (text) => assert.ok(Number(text) >= 0)],
    ['gw/devices/{device}/blocked', is('false')],
    ['gw/devices/{device}/connected', is('false')],
    ['gw/devices/{device}/cid', (text) => assert.equal(text, String(bench.sandbox.cid))],
    ['gw/devices/{device}/telemetry/position.speed', is('0')],
    ['gw/devices/{device}/telemetry/note', is('x')],
    ['gw/devices/{device}/telemetry/on', is('true')],
    ['gw/devices/{device}/telemetry/position', is('{"latitude":54.7,"longitude":25.2,"speed":0}')],
    ['gw/devices/{device}/settings/tracking', (text) => assert.deepEqual(json(text)['current'], { moving: 10 })],
    ['gw/devices/{device}/settings/overspeed', (text) => assert.equal(json(text)['pending'], null)],
    ['gw/groups/{group}/name', is('renamed')],
    ['gw/groups/{group}/devices/{device}', (text) => assert.equal(json(text)['device_id'], made.device)],
    [
      'gw/plugins/{plugin}/devices/{device}',
      (text) => assert.deepEqual(json(text)['fields'], { 'driver.name': 'Andrew B.' }),
    ],
    ['gw/streams/{stream}/queue_size', is('0')],
    ['gw/streams/{stream}/connected', is('true')],
    ['gw/calcs/{calc}/devices/{device}/synced', is('true')],
    ['gw/calcs/{calc}/devices/{device}/last', isItem],
    ['gw/calcs/{calc}/devices/{device}/active', is('null')],
    ['storage/containers/{container}', isItem],
    ['mqtt/sessions/+', (text) => assert.equal(json(text)['client_id'], 'ear')],
  ];
  for (const [topic, check] of states) {
    it(`flespi/state/${topic}: retained`, async () => {
      const found = await retained(`flespi/state/${spelt(topic)}`);
      assert.equal(found.size, 1);
      check([...found.values()][0] as string);
    });
  }

  it('states that there are several of', async () => {
    for (const topic of [
      'gw/channels/+/connections_count',
      'gw/channels/+/messages_size',
      'gw/channels/+/commands_size',
      'gw/channels/+/blocked',
      'gw/channels/+/uri',
      'platform/customer/counters/devices/count',
      'platform/customer/counters/api/calls',
      'platform/customer/counters/mqtt/sessions',
      'platform/customer',
      'platform/subaccounts/+',
      'platform/tokens/+',
      'platform/webhooks/+',
    ]) {
      assert.ok((await retained(`flespi/state/${topic}`)).size > 0, topic);
    }
    const ident = await retained('flespi/state/gw/channels/+/idents/T1');
    assert.equal(json([...ident.values()][0] as string)['connected'], false);
  });

  it('every payload is a number, a boolean, JSON or plain text, and no key of a token is anywhere', () => {
    const { token } = bench.sandbox;
    for (const { topic, text } of ear.heard) {
      assert.ok(!text.includes(token), topic);
      if (topic.startsWith('flespi/state/')) continue;
      assert.equal(typeof json(text), 'object', topic);
    }
  });

  it('what ended has an empty payload: connection, queued commands', () => {
    for (const kind of [
      'devices/{device}/connections',
      'devices/{device}/commands-queue',
      'channels/\\d+/connections',
    ]) {
      const fits = new RegExp(`^flespi/state/gw/${spelt(kind)}/\\d+$`);
      const texts = ear.heard.filter(({ topic }) => fits.test(topic)).map(({ text }) => text);
      assert.ok(texts.length >= 2, kind);
      assert.equal(texts.at(-1), '', kind);
    }
  });

  it('an item that moves to another account leaves nothing behind', async () => {
    const [one, other] = [...bench.sandbox.platform.items('platform/subaccounts').values()].map(({ id }) => id);
    const device = await make('gw/devices', {
      name: 'mover',
      enabled: false,
      device_type_id: 42,
      configuration: { ident: 'T2' },
    });
    const filter = `flespi/state/gw/devices/${device}/#`;
    const before = await retained(filter);
    assert.ok(before.size > 10);
    assert.equal((await bench.call('PUT', `gw/devices/${device}/cid`, { body: { cid: one } })).status, 200);
    assert.deepEqual([...(await retained(filter, one)).keys()].sort(), [...before.keys()].sort());
    assert.equal((await retained(filter, other)).size, 0);
    const { result } = await bench.get(`mqtt/messages/${encodeURIComponent(filter)}`, { data: { recursive: false } });
    assert.deepEqual(result, [], 'none of the parent’s own');
    assert.equal((await retained(filter)).get(`flespi/state/gw/devices/${device}/cid`), String(one));
  });

  it('an item that is deleted clears all that was retained of it', async () => {
    const filter = spelt('flespi/state/gw/devices/{device}/#');
    const topics = [...(await retained(filter)).keys()];
    ear.forget();
    assert.equal((await bench.call('DELETE', spelt('gw/devices/{device}'))).status, 200);
    await ear.first(spelt('flespi/log/gw/devices/{device}/deleted'));
    assert.deepEqual((await retained(filter)).size, 0);
    const cleared = new Set(ear.heard.filter(({ text }) => text === '').map(({ topic }) => topic));
    assert.deepEqual(
      topics.filter((topic) => !cleared.has(topic)),
      [],
    );
    for (const link of ['gw/groups/{group}', 'gw/plugins/{plugin}', 'gw/streams/{stream}', 'gw/calcs/{calc}']) {
      assert.ok(cleared.has(`flespi/state/${spelt(link)}/devices/${made.device}`), link);
      await ear.first(`flespi/log/${spelt(link)}/devices/${made.device}/deleted`);
    }
    for (const name of ['synced', 'last', 'active']) {
      assert.ok(cleared.has(spelt(`flespi/state/gw/calcs/{calc}/devices/{device}/${name}`)), name);
    }
  });

  it('sessions come, change and go', async () => {
    const { mqtt, token } = bench.sandbox;
    ear.forget();
    const options = { protocolVersion: 5, username: token, clientId: 'guest', clean: false } as const;
    const guest = await connectAsync(mqtt, { ...options, properties: { sessionExpiryInterval: 60 } });
    const created = json((await ear.first('flespi/log/mqtt/sessions/+/created')).text);
    assert.equal((created['new'] as Json)['client_id'], 'guest');
    await guest.endAsync();
    const { topic, text } = await ear.first('flespi/log/mqtt/sessions/+/updated');
    assert.equal((json(text)['new'] as Json)['connected'], false);
    const id = topic.split('/')[4] as string;
    assert.equal((await retained(`flespi/state/mqtt/sessions/${id}`)).size, 1);
    await bench.call('DELETE', `mqtt/sessions/${id}`);
    await ear.first(`flespi/log/mqtt/sessions/${id}/deleted`);
    assert.equal((await retained(`flespi/state/mqtt/sessions/${id}`)).size, 0);
    const { result } = await bench.get('mqtt/logs', { data: { filter: `origin_id==${id}` } });
    assert.deepEqual(
      result.map(({ event_code: code }) => code),
      [1, 2, 3],
    );
  });
});
