import assert from 'node:assert/strict';
import { once as onceOf, type EventEmitter } from 'node:events';
import { connect, type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt';
import { Ear } from './ear';
import { startRest, type RestBench } from './rest-setup';

type Item = Record<string, unknown>;

/** The next event of a client, whose own types know no promises. */
const once = (client: MqttClient, event: string): Promise<unknown[]> =>
  onceOf(client as unknown as EventEmitter, event);

/** What programs that others wrote do over MQTT, with what they read; most of them come through a WebSocket. */
describe('other clients: MQTT', () => {
  let bench: RestBench;
  let device: number;
  const clients: MqttClient[] = [];

  before(async () => {
    bench = await startRest({ devices: 4, seed: 5 });
    device = bench.sandbox.gateway.deviceIds[0] ?? 0;
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
  });
  after(() => bench.close());

  interface Opened {
    client: MqttClient;
    ear: Ear;
    connack: IConnackPacket;
  }

  async function open(options: IClientOptions = {}, url = bench.sandbox.ws): Promise<Opened> {
    const { token } = bench.sandbox;
    const client = connect(url, {
      username: `FlespiToken ${token}`,
      protocolVersion: 5,
      reconnectPeriod: 0,
      ...options,
    });
    clients.push(client);
    const ear = new Ear(client);
    const [connack] = (await once(client, 'connect')) as [IConnackPacket];
    return { client, ear, connack };
  }
  const ownProperties = ({ connack }: Opened): Record<string, string> => ({
    ...(connack.properties?.userProperties as Record<string, string> | undefined),
  });
  const json = (text: string): Item => JSON.parse(text) as Item;

  describe('flespi-io-js', () => {
    const pools: [path: string, item: Item][] = [
      ['gw/devices', { name: 'io', device_type_id: 42, configuration: { ident: 'io' } }],
      ['gw/groups', { name: 'io' }],
      ['gw/streams', { name: 'io', protocol_id: 4, configuration: {} }],
      ['gw/channels', { name: 'io', protocol_id: 14 }],
      ['gw/modems', { name: 'io' }],
      ['storage/containers', { name: 'io' }],
      ['storage/cdns', { name: 'io' }],
      ['platform/tokens', { info: 'io', ttl: 60 }],
    ];
    for (const protocolVersion of [4, 5] as const) {
      for (const [path, item] of pools) {
        it(`keeps a list of ${path} up to date, MQTT ${protocolVersion}`, async () => {
          const { client, ear } = await open({ protocolVersion });
          const events = ['created', 'updated', 'deleted'];
          for (const event of events) await client.subscribeAsync(`flespi/log/${path}/+/${event}`, { qos: 0, rh: 2 });
          const [made] = await bench.items('POST', path, { body: [item] });
          const one = `${path}/${String(made?.['id'])}`;
          const label = path === 'platform/tokens' ? 'info' : 'name';
          await bench.items('PUT', one, { body: { [label]: 'renamed' } });
          await bench.items('DELETE', one);
          const read = [];
          for (const event of events) {
            const message = json((await ear.first(`flespi/log/${one}/${event}`)).text);
            // As the library does: the new item where there is one.
            const { id, [label]: name } = (
              typeof message['new'] === 'object' ? message['new'] : message['old']
            ) as Item;
            read.push([id, name]);
          }
          const id = made?.['id'];
          assert.deepEqual(read, [
            [id, 'io'],
            [id, 'renamed'],
            [id, 'renamed'],
          ]);
        });
      }
    }

    it('takes no message for one that it had, by time and topic', async () => {
      const { client, ear } = await open();
      await client.subscribeAsync(`flespi/message/gw/devices/${device}`, { qos: 0 });
      const timestamp = Math.floor(Date.now() / 1000);
      const burst = Array.from({ length: 100 }, (_, index) => ({ timestamp: timestamp + index, index }));
      bench.sandbox.gateway.report(device, burst);
      const times = (await ear.count(100)).map(({ properties }) => Number.parseFloat(properties['timestamp'] ?? ''));
      for (const [index, time] of times.entries())
        assert.ok(index === 0 || time > (times[index - 1] as number), String(time));
    });

    it('is told by the identifier of its subscription', async () => {
      const { client } = await open();
      const identifiers: unknown[] = [];
      client.on('message', (_topic, _payload, { properties }) => identifiers.push(properties?.subscriptionIdentifier));
      for (const [index, filter] of ['io/+', '$filter/payload=payload%3D%3D%22x%22/io/#', 'io/a,b'].entries()) {
        await client.subscribeAsync(filter, { qos: 1, properties: { subscriptionIdentifier: index + 1 } });
      }
      await client.publishAsync('io/a', 'x', { qos: 1 });
      await client.publishAsync('io/c', 'y', { qos: 1 });
      while (identifiers.flat().length < 4) await once(client, 'message');
      assert.deepEqual(
        identifiers
          .flat()
          .map(Number)
          .toSorted((a, b) => a - b),
        [1, 1, 2, 3],
      );
    });

    it('finds the broker by the region', async () => {
      const [region] = await bench.items('GET', 'auth/regions', { token: '' });
      assert.equal(region?.['default'], true);
      const { connack } = await open({}, `ws://${String(region['mqtt-ws'])}`);
      assert.equal(connack.reasonCode, 0);
    });

    it('compresses its WebSocket, and may ask for a path', async () => {
      await open({ wsOptions: { perMessageDeflate: true } });
      await open({}, `${bench.sandbox.ws}/mqtt`);
      await open({ protocolVersion: 3, protocolId: 'MQIsdp' });
    });
  });

  describe('MQTT Board, Tiles and TrackBox', () => {
    it('read the account and the kind of token in CONNACK, and the subscriptions of a session that waited', async () => {
      const options = { clientId: 'board', clean: false, properties: { sessionExpiryInterval: 60 } };
      const first = await open(options);
      const told = ownProperties(first);
      const token = json(told['token'] ?? '');
      assert.equal(token['cid'], bench.sandbox.cid);
      assert.deepEqual(token['access'], { type: 1 });
      assert.equal(told['subscriptions'], '[]');
      await first.client.subscribeAsync('board/#', {
        qos: 1,
        nl: true,
        rap: true,
        rh: 2,
        properties: { subscriptionIdentifier: 7 },
      });
      await first.client.endAsync(true);

      const second = await open(options);
      assert.equal(second.connack.sessionPresent, true);
      assert.deepEqual(JSON.parse(ownProperties(second)['subscriptions'] ?? ''), [
        { topic: 'board/#', qos: 1, no_local: true, rap: true, retain_handling: 2, subscription_id: 7 },
      ]);
    });

    it('hear that another one has their client id', async () => {
      const { client } = await open({ clientId: 'twice' });
      const closed = once(client, 'disconnect');
      await open({ clientId: 'twice' });
      const [{ reasonCode }] = (await closed) as [{ reasonCode: number }];
      assert.equal(reasonCode, 142);
    });

    it('know an invalid filter by DISCONNECT 143', async () => {
      const { client } = await open();
      const closed = once(client, 'disconnect');
      client.subscribe('$filter/payload=(/x', () => {});
      const [{ reasonCode }] = (await closed) as [{ reasonCode: number }];
      assert.equal(reasonCode, 143);
    });

    it('subscribe to keywords in lists', async () => {
      const { client, ear } = await open();
      await client.subscribeAsync(`flespi/state,message/gw/devices/${device},${device + 1}/telemetry/position,ident`, {
        qos: 0,
      });
      for (const name of ['position', 'ident'])
        await ear.first(`flespi/state/gw/devices/${device + 1}/telemetry/${name}`);
    });
  });

  describe('Home Assistant', () => {
    for (const [protocolVersion, protocolId] of [
      [3, 'MQIsdp'],
      [4, 'MQTT'],
      [5, 'MQTT'],
    ] as const) {
      it(`follows a device, MQTT ${protocolVersion}`, async () => {
        const { token, mqtt, gateway } = bench.sandbox;
        const login = { protocolVersion, protocolId, username: token, password: '', clean: true };
        const { client, ear } = await open(login, mqtt);
        const state = `flespi/state/gw/devices/${device}`;
        gateway.connection(device, false);
        for (const filter of [`${state}/connected`, `${state}/telemetry/#`])
          await client.subscribeAsync(filter, { qos: 0 });
        assert.equal((await ear.first(`${state}/connected`)).text, 'false');
        const position = json((await ear.first(`${state}/telemetry/position`)).text);
        for (const name of ['latitude', 'longitude']) assert.equal(typeof position[name], 'number');
        assert.equal((await ear.first(`${state}/telemetry/device.id`)).text, String(device));
        ear.forget();
        gateway.connection(device, true);
        assert.equal((await ear.first(`${state}/connected`)).text, 'true');
      });
    }

    it('counts, for one account', async () => {
      const { client, ear } = await open();
      const userProperties = { cid: String(bench.sandbox.cid) };
      await client.subscribeAsync('flespi/state/platform/customer/counters/#', {
        qos: 0,
        properties: { userProperties },
      });
      const { text } = await ear.first('flespi/state/platform/customer/counters/devices/count');
      assert.ok(Number(text) >= 0);
      for (const { topic, text: value, properties } of ear.heard) {
        assert.equal(typeof JSON.parse(value), 'number', topic);
        assert.equal(properties['cid'], String(bench.sandbox.cid));
      }
    });
  });

  it('what was and what comes, without a gap, as the lists of flespi do it', async () => {
    const { client, ear } = await open();
    const start = Math.floor(Date.now() / 1000) + 10;
    let sent = 0;
    const report = (): void => bench.sandbox.gateway.report(device, [{ timestamp: start + sent, number: (sent += 1) }]);
    for (let index = 0; index < 20; index += 1) report();
    // Listens first, keeps what comes, then reads what was.
    const subscribed = client.subscribeAsync(`flespi/message/gw/devices/${device}`, { qos: 1, rh: 2 });
    const timer = setInterval(report, 1);
    await subscribed;
    const history = await bench.items('GET', `gw/devices/${device}/messages`, {
      data: { from: start, fields: 'timestamp,number' },
    });
    const live = (await ear.count(20)).map(({ text }) => json(text));
    clearInterval(timer);
    const last = Number(live.at(-1)?.['number']);
    const numbers = new Set([...history, ...live].map((message) => message['number']));
    for (let number = 1; number <= last; number += 1) assert.ok(numbers.has(number), `${number} of ${last}`);
  });
});
