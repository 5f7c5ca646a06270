import assert from 'node:assert/strict';
import { startRest, type RestBench } from './rest-setup';

/**
 * Every read of flespi's catalogue (flespi-io-js, and the additions of its bundle of 2026), written down a second time: the sandbox's own
 * table is what is held against it. `f`, `p`, `d`: the call takes `fields`, `limit` and `offset`, `data`.
 */
const reads: [path: string, takes: string][] = [
  ['gw/channels/all', 'fp'],
  ['gw/channels/all/connections/all', 'fp'],
  ['gw/channels/all/idents/all', 'p'],
  ['gw/channels/all/idents/all/packets', 'd'],
  ['gw/channels/all/messages', 'd'],
  ['gw/channels/all/logs', 'd'],
  ['gw/devices/all', 'fp'],
  ['gw/devices/all/messages', 'd'],
  ['gw/devices/all/telemetry/all', ''],
  ['gw/devices/all/settings/all', 'fp'],
  ['gw/devices/all/commands-queue/all', 'fp'],
  ['gw/devices/all/commands-result', 'd'],
  ['gw/devices/all/commands-result/all', ''],
  ['gw/devices/all/connections/all', 'fp'],
  ['gw/devices/all/geofences/all', 'fp'],
  ['gw/devices/all/media', 'd'],
  ['gw/devices/all/packets', 'd'],
  ['gw/devices/all/sms', 'd'],
  ['gw/devices/all/logs', 'd'],
  ['gw/streams/all', 'fp'],
  ['gw/streams/all/channels/all', 'fp'],
  ['gw/streams/all/devices/all', 'fp'],
  ['gw/streams/all/groups/all', 'fp'],
  ['gw/streams/all/geofences/all', 'fp'],
  ['gw/streams/all/packets', 'd'],
  ['gw/streams/all/logs', 'd'],
  ['gw/calcs/all', 'fp'],
  ['gw/calcs/all/devices/all', 'fp'],
  ['gw/calcs/all/devices/all/intervals/all', 'd'],
  ['gw/calcs/all/assets/all', 'fp'],
  ['gw/calcs/all/groups/all', 'fp'],
  ['gw/calcs/all/geofences/all', 'fp'],
  ['gw/calcs/all/logs', 'd'],
  ['gw/plugins/all', 'fp'],
  ['gw/plugins/all/devices/all', 'fp'],
  ['gw/plugins/all/groups/all', 'fp'],
  ['gw/plugins/all/geofences/all', 'fp'],
  ['gw/plugins/all/packets', 'd'],
  ['gw/plugins/all/logs', 'd'],
  ['gw/geofences/all', 'fp'],
  ['gw/geofences/all/logs', 'd'],
  ['gw/groups/all', 'fp'],
  ['gw/groups/all/devices/all', 'fp'],
  ['gw/groups/all/assets/all', 'fp'],
  ['gw/groups/all/geofences/all', 'fp'],
  ['gw/groups/all/logs', 'd'],
  ['gw/assets/all', 'fp'],
  ['gw/assets/all/intervals', 'd'],
  ['gw/assets/all/logs', 'd'],
  ['gw/modems/all', 'fp'],
  ['gw/modems/all/logs', 'd'],
  ['gw/channel-protocols/all', 'fp'],
  ['gw/channel-protocols/all/device-types/all', 'fp'],
  ['gw/stream-protocols/all', 'fp'],
  ['gw/plugin-types/all', 'fp'],
  ['gw/message-parameters/all', 'fp'],
  ['storage/containers/all', 'fp'],
  ['storage/containers/all/messages', 'd'],
  ['storage/containers/all/logs', 'd'],
  ['storage/cdns/all', 'fp'],
  ['storage/cdns/all/files', 'd'],
  ['storage/cdns/all/logs', 'd'],
  ['storage/expressions/functions', ''],
  ['mqtt/sessions/all', 'fp'],
  ['mqtt/sessions/all/subscriptions/all', 'fp'],
  ['mqtt/messages/all', 'f'],
  ['mqtt/logs', 'd'],
  ['platform/customer', 'f'],
  ['platform/customer/logs', 'd'],
  ['platform/customer/statistics', 'd'],
  ['platform/tokens/all', 'fp'],
  ['platform/tokens/all/logs', 'd'],
  ['platform/subaccounts/all', 'fp'],
  ['platform/subaccounts/all/logs', 'd'],
  ['platform/limits/all', 'fp'],
  ['platform/limits/all/logs', 'd'],
  ['platform/grants/all', 'fp'],
  ['platform/grants/all/subaccounts/all', 'fp'],
  ['platform/grants/all/logs', 'd'],
  ['platform/grantors/all', 'p'],
  ['platform/realms/all', 'fp'],
  ['platform/realms/all/identity-providers/all', 'fp'],
  ['platform/realms/all/logs', 'd'],
  ['platform/webhooks/all', 'fp'],
  ['platform/webhooks/all/packets', 'd'],
  ['platform/webhooks/all/logs', 'd'],
  ['platform/identity-providers/all', 'fp'],
  ['platform/identity-providers/all/logs', 'd'],
  ['platform/oauth/all', 'p'],
  ['platform/deleted/all', 'fp'],
  ['platform/deleted/all/logs', 'd'],
  ['auth/info', ''],
  ['auth/regions', ''],
];

/** Paths of the catalogue that README.md declares absent, and paths that nobody has. */
const absent = [
  '',
  'gw',
  'gw/devices',
  'gw/devices/all/telemetry',
  'gw/devices/all/commands',
  'gw/devices/all/snapshots',
  'gw/devices//messages',
  'gw/devices/all/messages/all',
  'GW/devices/all',
  'platform/billing',
  'platform/customer/chat',
  'platform/realms/all/users/all',
  'auth/login/credentials',
  'auth/oauth/providers',
  'realm/abc/info',
  'ai/logs',
  'const/values',
  'gw/api.json',
];

/** Names of the plain item as flespi's samples and live answers have them, and of what is sent when asked for. */
const items: [path: string, plain: string, onRequest: string][] = [
  [
    'gw/channels',
    'id name cid enabled protocol_id configuration messages_ttl uri secondary_uri',
    'protocol_name metadata blocked messages_size connections_count commands_size',
  ],
  [
    'gw/devices',
    'id name cid enabled device_type_id protocol_id configuration messages_ttl messages_rotate media_ttl media_rotate',
    'device_type_name protocol_name metadata connected last_active blocked messages_size media_size media_traffic media_blocked telemetry settings commands commands_queue groups plugins streams calcs plugins_count',
  ],
  [
    'gw/streams',
    'id name cid enabled protocol_id configuration queue_ttl validate_message',
    'protocol_name metadata queue_size connected blocked',
  ],
  [
    'gw/calcs',
    'id name cid messages_source update_period update_delay update_onchange intervals_ttl intervals_rotate selectors counters validate_interval validate_message timezone',
    'metadata',
  ],
  ['gw/plugins', 'id name cid item_type type_id enabled configuration validate_message', 'metadata type_name'],
  ['gw/geofences', 'id name cid enabled priority geometry', 'metadata'],
  ['gw/groups', 'id name cid', 'metadata devices_count assets_count geofences_count'],
  ['gw/assets', 'id name cid', 'metadata groups'],
  ['storage/containers', 'id name cid ttl', 'metadata'],
  ['platform/tokens', 'id info key cid enabled created accessed ttl expire ips access', 'metadata'],
  ['platform/subaccounts', 'id name cid limit_id', 'metadata'],
  ['platform/customer', 'id cid name configuration', 'metadata limits counters'],
  ['gw/channel-protocols', 'id name title', 'message_parameters'],
  [
    'gw/channel-protocols/all/device-types',
    'id name title protocol_id protocol_name device_type_name',
    'commands features',
  ],
  ['gw/message-parameters', 'name type unit info', ''],
  ['gw/devices/all/settings', 'name mode status current pending schema', ''],
  ['gw/devices/all/connections', 'id channel_id device_id ident source transport established secondary meta', ''],
];

describe('platform: the catalogue', () => {
  let bench: RestBench;
  before(async () => {
    bench = await startRest({ devices: 3 });
    for (const id of bench.sandbox.gateway.deviceIds) bench.sandbox.gateway.connection(id, true);
  });
  after(() => bench.close());

  for (const [path, takes] of reads) {
    it(`GET ${path}`, async () => {
      const all = await bench.get(path);
      assert.equal(all.status, 200, all.text);
      assert.match(String(all.headers['content-type']), /^application\/json/);
      assert.ok(Array.isArray((JSON.parse(all.text) as { result: unknown }).result), 'result is always an array');
      assert.equal(all.pagination, undefined);

      const page = await bench.get(`${path}?limit=1`);
      assert.equal(page.status, 200, page.text);
      if (takes.includes('p')) {
        assert.deepEqual(page.pagination, { limit: 1, offset: 0, count: all.result.length });
        assert.deepEqual(page.result, all.result.slice(0, 1));
      } else assert.equal(page.pagination, undefined);

      if (takes.includes('f')) {
        const refused = await bench.get(`${path}?fields=no_such_field`);
        assert.equal(refused.status, 400, refused.text);
        const names = refused.errors[0]?.schema_hint?.fields ?? [];
        assert.ok(names.length > 0);
        for (const name of names) assert.equal((await bench.get(`${path}?fields=${name}`)).status, 200, name);
      }
      if (takes.includes('d')) {
        const refused = await bench.get(path, { data: { no_such_parameter: 1 } });
        assert.equal(refused.status, 400, refused.text);
        assert.ok((refused.errors[0]?.schema_hint?.fields ?? []).includes('fields'));
        assert.equal((await bench.get(`${path}?data=%7B`)).status, 400);
        assert.equal((await bench.get(`${path}?from=1&count=1&filter=(`)).status, 200, 'variables that are no data');
      }
    });
  }

  for (const path of absent) {
    it(`/${path} is an unknown path`, async () => {
      const { status, headers, text } = await bench.get(path);
      assert.equal(status, 404);
      assert.match(String(headers['content-type']), /^text\/plain/);
      assert.throws(() => JSON.parse(text) as unknown, SyntaxError);
    });
  }

  it('a method that a path does not have is an unknown path', async () => {
    for (const [method, path] of [
      ['GET', 'gw/devices/1/commands'],
      ['POST', 'gw/devices/1'],
      ['DELETE', 'gw/devices'],
      ['PUT', 'gw/devices/1/messages'],
      ['PATCH', 'gw/devices/1/settings/tracking'],
      ['POST', 'auth/info'],
    ] as const) {
      const { status, text } = await bench.call(method, path, { body: {} });
      assert.deepEqual([status, text], [404, 'Not found'], `${method} ${path}`);
    }
  });

  for (const [path, plain, onRequest] of items) {
    it(`${path} has its fields`, async () => {
      const all = path === 'platform/customer' ? path : `${path}/all`;
      const { result } = await bench.get(all);
      assert.ok(result[0], 'there is one at the start');
      assert.deepEqual(Object.keys(result[0]).sort(), plain.split(' ').sort());
      if (onRequest === '') return;
      const asked = await bench.get(`${all}?fields=${onRequest.replaceAll(' ', ',')}`);
      assert.deepEqual(Object.keys(asked.result[0] ?? {}).sort(), onRequest.split(' ').sort());
    });
  }
});
