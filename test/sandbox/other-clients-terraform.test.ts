import assert from 'node:assert/strict';
import { startRest, type RestBench } from './rest-setup';

type Item = Record<string, unknown>;

/** What the Go client sends under a Terraform provider: each kind of item made, listed, read, changed, deleted, with its own names of fields. */
describe('other clients: the Go client and Terraform', () => {
  let bench: RestBench;

  before(async () => {
    bench = await startRest();
  });
  after(() => bench.close());

  const items: RestBench['items'] = (...call) => bench.items(...call);

  const lives: [path: string, made: Item, changed: Item, fields: string][] = [
    [
      'gw/devices',
      {
        name: 'go',
        enabled: true,
        configuration: { ident: 'go' },
        device_type_id: 42,
        messages_ttl: 86_400,
        metadata: { a: 'b' },
      },
      { name: 'went', enabled: true, configuration: { ident: 'go' }, device_type_id: 42, metadata: { a: 'c' } },
      'id,name,enabled,device_type_id,messages_ttl,messages_rotate,media_ttl,media_rotate,configuration,metadata,cid',
    ],
    [
      'gw/channels',
      { name: 'go', protocol_name: 'teltonika', enabled: false },
      { name: 'went', protocol_id: 14, enabled: true, messages_ttl: 60, configuration: {}, metadata: { a: 'b' } },
      'id,name,protocol_id,protocol_name,messages_ttl,enabled,configuration,metadata,cid',
    ],
    [
      'gw/streams',
      { name: 'go', protocol_id: 1, enabled: true, queue_ttl: 86_400, configuration: { uri: 'https://example.org' } },
      { name: 'went', protocol_id: 1, enabled: false, validate_message: 'position.speed > 3', configuration: {} },
      'id,name,protocol_id,enabled,queue_ttl,validate_message,configuration,metadata,cid',
    ],
    [
      'gw/calcs',
      {
        name: 'go',
        messages_source: { source: 'device' },
        selectors: [{ name: 's', type: 'expression', expression: 'speed>3', invert: false, max_inactive: 9 }],
        counters: [
          { name: 'd', type: 'expression', expression: 'mileage()', method: 'summary' },
          { name: 'v', type: 'specified', value: 'x' },
        ],
      },
      {
        name: 'went',
        update_onchange: true,
        selectors: [{ name: 'day', type: 'datetime', split: 'day' }],
        counters: [
          { name: 'r', type: 'route' },
          { name: 'm', type: 'message', fields: ['position.speed'], method: 'maximum' },
        ],
      },
      'id,name,messages_source,update_period,update_delay,update_onchange,intervals_ttl,intervals_rotate,selectors,counters,validate_interval,validate_message,timezone,metadata,cid',
    ],
    [
      'gw/geofences',
      {
        name: 'go',
        enabled: true,
        priority: 2,
        geometry: { type: 'circle', center: { lat: 54.7, lon: 25.2 }, radius: 1.5 },
      },
      {
        name: 'went',
        enabled: false,
        priority: 0,
        geometry: {
          type: 'corridor',
          path: [
            { lat: 54, lon: 25 },
            { lat: 55, lon: 26 },
          ],
          width: 0.1,
        },
      },
      'id,name,enabled,priority,geometry,cid',
    ],
    [
      'platform/subaccounts',
      { name: 'go', limit_id: 0 },
      { name: 'went', limit_id: 12, metadata: { a: 'b' } },
      'id,name,limit_id,metadata,cid',
    ],
    [
      'platform/limits',
      { name: 'go', api_calls: 5 },
      { name: 'went', description: 'x', blocking_duration: 1, devices_count: 3 },
      'id,name,description,blocking_duration,cid',
    ],
    [
      'platform/tokens',
      {
        info: 'go',
        enabled: true,
        expire: 0,
        ttl: 1000,
        access: {
          type: 2,
          acl: [
            { uri: 'gw/devices', methods: ['GET'], ids: 'all', submodules: [{ name: 'messages', methods: ['GET'] }] },
          ],
        },
      },
      { info: 'went', enabled: true, expire: 0, ttl: 2000, access: { type: 0 } },
      'id,key,info,enabled,expire,ttl,cid,metadata,access',
    ],
    ['storage/cdns', { name: 'go' }, { name: 'went' }, 'id,name,blocked,size'],
    [
      'platform/webhooks',
      {
        name: 'go',
        triggers: [{ topic: 'a/b', filter: { cid: 123, payload: 'ident != null' } }],
        configuration: {
          type: 'custom-server',
          uri: 'https://example.org',
          method: 'POST',
          body: '{}',
          headers: [{ name: 'X-A', value: 'b' }],
        },
      },
      {
        name: 'went',
        triggers: [{ topic: 'a/b' }],
        configuration: [
          {
            type: 'custom-server',
            uri: 'https://example.org',
            method: 'POST',
            body: '',
            headers: [],
            validate: { expression: '$http_code==200', action: 'retry' },
          },
          { type: 'flespi', uri: '/gw/devices/all', method: 'GET', body: '' },
        ],
      },
      'id,name,triggers,configuration',
    ],
  ];
  for (const [path, made, changed, fields] of lives) {
    it(`${path}: made, listed, read, changed, deleted`, async () => {
      const headers = { 'x-flespi-cid': String(bench.sandbox.cid) };
      const [item] = await items('POST', path, { body: [made], headers });
      const id = item?.['id'] as number;
      assert.ok((await items('GET', `${path}/all`)).some((one) => one['id'] === id));
      const [read] = await items('GET', `${path}/${id}?fields=${fields}`);
      assert.deepEqual(Object.keys(read ?? {}), fields.split(','));
      for (const [name, value] of Object.entries(made)) {
        // A protocol may be named on creation.
        if (name in (read ?? {})) assert.deepEqual(read?.[name], value, name);
      }
      const [written] = await items('PUT', `${path}/${id}?fields=${Object.keys(changed).join()}`, { body: changed });
      assert.deepEqual(written, changed);
      await items('DELETE', `${path}/${id}`);
      const gone = await bench.get(`${path}/${id}`);
      assert.equal(gone.status, 404);
      assert.equal(typeof gone.errors[0]?.reason, 'string');
    });
  }

  it('reads the key of a token that it made', async () => {
    const [token] = await items('POST', 'platform/tokens', { body: [{ info: 'go', ttl: 1000 }] });
    assert.match(String(token?.['key']), /^[0-9a-zA-Z]{64}$/);
    const [again] = await items('GET', `platform/tokens/${String(token?.['id'])}`);
    assert.equal(again?.['key'], token?.['key']);
    assert.equal((await items('GET', 'auth/info', { token: String(token?.['key']) })).length, 1);
  });

  it('makes a device in a subaccount by the header, and is told by 401 when its token is wrong', async () => {
    const [sub] = await items('GET', 'platform/subaccounts/all');
    const body = [{ name: 'in sub', device_type_id: 42, configuration: { ident: 'in sub' } }];
    const [made] = await items('POST', 'gw/devices', { body, headers: { 'x-flespi-cid': String(sub?.['id']) } });
    assert.equal(made?.['cid'], sub?.['id']);
    assert.equal((await bench.get('gw/devices/all', { token: 'x'.repeat(64) })).status, 401);
  });
});
