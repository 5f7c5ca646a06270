import assert from 'node:assert/strict';
import { entities } from '../../sandbox/platform/entities';
import { startRest, type Answer, type RestBench } from './rest-setup';

/** What an item of each kind needs to be made. */
const samples: Readonly<Record<string, object>> = {
  'gw/channels': { name: 'x', protocol_id: 14 },
  'gw/streams': { name: 'x', protocol_id: 4, configuration: { uri: 'https://example.org' } },
  'gw/plugins': { name: 'x', type_id: 1 },
  'gw/geofences': { name: 'x', geometry: { type: 'circle', center: { lat: 54.7, lon: 25.2 }, radius: 1.5 } },
  'platform/tokens': { info: 'x', ttl: 3600 },
  'platform/webhooks': {
    name: 'x',
    triggers: [{ topic: 'flespi/log/gw/devices/+/connected' }],
    configuration: { type: 'custom-server', uri: 'https://example.org', method: 'POST', body: '' },
  },
};

const unknown = (answer: Answer): string[] => answer.errors[0]?.schema_hint?.fields ?? [];

describe('rest: items', () => {
  let bench: RestBench;
  before(async () => (bench = await startRest({ seed: 7 })));
  after(() => bench.close());

  const device = (ident: string, more = {}): object => ({ device_type_id: 42, configuration: { ident }, ...more });
  const make = async (path: string, item: object): Promise<number> => {
    const { result, text } = await bench.call('POST', path, { body: [item] });
    assert.ok(result[0], text);
    return result[0]['id'] as number;
  };

  describe('of every kind can be made, read, changed and deleted', () => {
    for (const { path } of entities) {
      it(path, async () => {
        const label = path === 'platform/tokens' ? 'info' : 'name';
        const made = await bench.call('POST', path, { body: [samples[path] ?? { name: 'x' }] });
        assert.equal(made.status, 200, made.text);
        const item = made.result[0] ?? {};
        assert.equal(item[label], 'x');
        assert.equal(item['cid'], bench.sandbox.cid);
        assert.ok(!('metadata' in item), 'metadata is sent on request only');
        const one = `${path}/${String(item['id'])}`;

        assert.deepEqual((await bench.get(one)).result, [item]);
        const put = await bench.call('PUT', `${one}?fields=id,${label}`, { body: { [label]: 'y' } });
        assert.deepEqual(put.result, [{ id: item['id'], [label]: 'y' }]);
        const patch = await bench.call('PATCH', `${one}?fields=metadata`, { body: { metadata: { a: 1 } } });
        assert.deepEqual(patch.result, [{ metadata: { a: 1 } }]);
        const again = await bench.call('PATCH', `${one}?fields=metadata`, { body: { metadata: { b: [2] } } });
        assert.deepEqual(again.result, [{ metadata: { a: 1, b: [2] } }]);

        const { result: logs } = await bench.get(`${one}/logs`);
        assert.deepEqual(
          logs.map(({ event_code: code }) => code),
          // Metadata is no part of the public item, but its changes are writes too.
          [1, 2, 2, 2],
        );
        assert.deepEqual((await bench.call('DELETE', one)).result, [{ id: item['id'] }]);
        assert.equal((await bench.get(one)).status, 404);
      });
    }
  });

  describe('refuses', () => {
    const refusals: [title: string, method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown, reason: RegExp][] = [
      ['an object where a list belongs', 'POST', 'gw/devices', { name: 'x' }, /expected an array/],
      ['an empty list', 'POST', 'gw/devices', [], /nothing to create/],
      ['no body', 'POST', 'gw/devices', undefined, /expected an array/],
      ['a list of anything', 'POST', 'gw/devices', [1], /expected a JSON object, got a number/],
      ['an unknown field', 'POST', 'gw/devices', [{ nam: 'x' }], /unknown field "nam"/],
      ['__proto__', 'POST', 'gw/devices', '[{"__proto__":{"polluted":true}}]', /unknown field "__proto__"/],
      ['constructor', 'POST', 'gw/devices', '[{"constructor":{}}]', /unknown field "constructor"/],
      ['a wrong type', 'POST', 'gw/devices', [{ name: 1 }], /"name" must be a string, got a number/],
      [
        'null for a value',
        'POST',
        'gw/devices',
        [{ configuration: null }],
        /"configuration" must be an object, got null/,
      ],
      ['a field of the platform', 'POST', 'gw/devices', [{ id: 5 }], /"id" is read-only/],
      ['another account in the body', 'POST', 'gw/devices', [{ cid: 5 }], /"cid" is read-only/],
      ['a missing field', 'POST', 'gw/channels', [{ name: 'x' }], /"protocol_id" is required/],
      ['a protocol that nobody speaks', 'POST', 'gw/channels', [{ protocol_id: 99_999 }], /no protocol_id 99999/],
      ['a protocol name that nobody has', 'POST', 'gw/channels', [{ protocol_name: 'x' }], /no protocol_name "x"/],
      [
        'configuration without a type',
        'POST',
        'gw/devices',
        [{ configuration: { ident: '1' } }],
        /without device type/,
      ],
      ['an ident with a slash', 'POST', 'gw/devices', [device('1/2')], /"ident" must be text/],
      ['an ident with a line break', 'POST', 'gw/devices', [device('1\n2')], /"ident" must be text/],
      ['a token that never ends', 'POST', 'platform/tokens', [{ info: 'x' }], /"ttl" or "expire"/],
      ['an unknown kind of token', 'POST', 'platform/tokens', [{ ttl: 1, access: { type: 3 } }], /must be 0, 1 or 2/],
      ['an ACL without entries', 'POST', 'platform/tokens', [{ ttl: 1, access: { type: 2 } }], /must be an array/],
      [
        'an ACL for the platform',
        'POST',
        'platform/tokens',
        [{ ttl: 1, access: { type: 2, acl: [{ uri: 'platform/tokens' }] } }],
        /cannot open platform/,
      ],
      [
        'an ACL for topics of the platform',
        'POST',
        'platform/tokens',
        [{ ttl: 1, access: { type: 2, acl: [{ uri: 'mqtt', topic: 'flespi/#' }] } }],
        /must not start with flespi/,
      ],
      ['a circle without a radius', 'POST', 'gw/geofences', [{ geometry: { type: 'circle' } }], /"geometry" must be/],
      [
        'a polygon of two points',
        'POST',
        'gw/geofences',
        [
          {
            geometry: {
              type: 'polygon',
              path: [
                { lat: 1, lon: 1 },
                { lat: 2, lon: 2 },
              ],
            },
          },
        ],
        /"geometry" must be/,
      ],
      [
        'four triggers',
        'POST',
        'platform/webhooks',
        [{ configuration: {}, triggers: Array.from({ length: 4 }, () => ({ topic: 'a' })) }],
        /one to three/,
      ],
      ['an expression that is none', 'POST', 'gw/calcs', [{ validate_message: 'a >' }], /validate_message/],
      ['a counter without a name', 'POST', 'gw/calcs', [{ counters: [{ type: 'active' }] }], /needs a "name"/],
      [
        'metadata with too many keys',
        'PUT',
        'gw/groups/all',
        { metadata: Object.fromEntries(Array.from({ length: 257 }, (_, n) => [n, 1])) },
        /256 keys/,
      ],
      ['metadata that is too large', 'PUT', 'gw/groups/all', { metadata: { a: 'x'.repeat(66_000) } }, /64 KB/],
      ['an array in PUT', 'PUT', 'gw/groups/all', [{ name: 'x' }], /got an array/],
      ['an array in PATCH', 'PATCH', 'gw/groups/all', [{ name: 'x' }], /got an array/],
      ['text', 'PUT', 'gw/groups/all', '"x"', /expected a JSON object/],
    ];
    for (const [title, method, path, body, reason] of refusals) {
      it(title, async () => {
        const answer = await bench.call(method, path, body === undefined ? {} : { body });
        assert.equal(answer.status, 400, answer.text.slice(0, 300));
        assert.equal(answer.errors[0]?.code, 2);
        assert.match(answer.errors[0]?.reason ?? '', reason);
        assert.deepEqual(answer.result, []);
        assert.equal(({} as { polluted?: boolean }).polluted, undefined);
      });
    }

    it('and names the fields that would be right', async () => {
      assert.ok(unknown(await bench.call('POST', 'gw/devices', { body: [{ nam: 'x' }] })).includes('name'));
      assert.ok(unknown(await bench.get('gw/devices/all?fields=id,nam')).includes('telemetry'));
    });

    it('and may name them beside the errors, by assumption', async () => {
      const { assumptions } = bench.sandbox.platform;
      assumptions.schemaHint = 'top-level';
      const { text } = await bench.get('gw/groups/all?fields=nam');
      assumptions.schemaHint = 'in-error';
      const body = JSON.parse(text) as { errors: object[]; schema_hint: { fields: string[] } };
      assert.deepEqual(body.errors, [{ code: 2, reason: 'unknown field "nam"' }]);
      assert.ok(body.schema_hint.fields.includes('name'));
    });

    it('a whole call for one wrong object, so that nothing is half made', async () => {
      const before = (await bench.get('gw/groups/all')).result.length;
      await bench.call('POST', 'gw/groups', { body: [{ name: 'a' }, { nam: 'b' }] });
      assert.equal((await bench.get('gw/groups/all')).result.length, before);
    });
  });

  it('serves what it can of a call that partly fails', async () => {
    const body = [device('900'), { configuration: { ident: '901' } }, device('902')];
    const { status, result, errors } = await bench.call('POST', 'gw/devices?fields=configuration.ident', { body });
    assert.equal(status, 200);
    assert.deepEqual(result, [{ configuration: { ident: '900' } }, { configuration: { ident: '902' } }]);
    assert.equal(errors.length, 1);
  });

  it('takes names in place of ids', async () => {
    const { result } = await bench.call('POST', 'gw/channels?fields=protocol_id,protocol_name', {
      body: [{ name: 'x', protocol_name: 'teltonika' }],
    });
    assert.deepEqual(result, [{ protocol_id: 14, protocol_name: 'teltonika' }]);
  });

  it('blocks the second device with an ident of a protocol', async () => {
    const [first, second] = [await make('gw/devices', device('777')), await make('gw/devices', device('777'))];
    const { result } = await bench.get(`gw/devices/${first},${second}?fields=blocked`);
    assert.deepEqual(result, [{ blocked: false }, { blocked: true }]);
    await bench.call('DELETE', `gw/devices/${first}`);
    await bench.call('PUT', `gw/devices/${second}`, { body: { name: 'again' } });
    assert.deepEqual((await bench.get(`gw/devices/${second}?fields=blocked`)).result, [{ blocked: false }]);
  });

  it('moves a device only while it is disabled', async () => {
    const id = await make('gw/devices', device('555'));
    const target = bench.sandbox.platform.items('platform/subaccounts').values().next().value?.id;
    const body = { cid: target };
    assert.equal((await bench.call('PUT', `gw/devices/${id}/cid`, { body })).status, 400);
    await bench.call('PUT', `gw/devices/${id}`, { body: { enabled: false } });
    const moved = await bench.call('PUT', `gw/devices/${id}/cid?fields=id,cid`, { body });
    assert.deepEqual(moved.result, [{ id, cid: target }]);
    assert.equal((await bench.call('PUT', `gw/devices/${id}/cid`, { body: { cid: 1 } })).status, 403);
  });

  it('keeps deleted items in a bin and puts them back', async () => {
    const id = await make('gw/devices', device('333', { name: 'comes back' }));
    const group = await make('gw/groups', { name: 'g' });
    await bench.call('POST', `gw/groups/${group}/devices/${id}`);
    await bench.call('DELETE', `gw/devices/${id}`);
    assert.deepEqual((await bench.get(`gw/groups/${group}/devices/all`)).result, []);

    for (const selector of [`item_id==${id}`, '{data.configuration.ident=="333"}', `origin=gw/devices/${id}`]) {
      const { result } = await bench.get(`platform/deleted/${encodeURIComponent(selector)}?fields=item_id,name,type`);
      assert.deepEqual(result, [{ item_id: id, name: 'comes back', type: 11 }], selector);
    }
    const restored = await bench.call('POST', `platform/deleted/item_id==${id}/restore`, { body: {} });
    assert.equal(restored.result[0]?.['item_id'], id, restored.text);
    assert.deepEqual((await bench.get(`gw/devices/${id}?fields=name,configuration.ident`)).result, [
      { name: 'comes back', configuration: { ident: '333' } },
    ]);
    assert.deepEqual((await bench.get(`platform/deleted/item_id==${id}`)).result, []);
  });

  it('does not put back a device whose ident was taken meanwhile', async () => {
    const id = await make('gw/devices', device('222'));
    await bench.call('DELETE', `gw/devices/${id}`);
    await make('gw/devices', device('222'));
    const { status, errors } = await bench.call('POST', `platform/deleted/item_id==${id}/restore`);
    assert.equal(status, 400);
    assert.match(errors[0]?.reason ?? '', /ident is in use/);
  });

  it('shows the key of a token to master tokens only', async () => {
    const made = await bench.call('POST', 'platform/tokens?fields=id,key', { body: [{ info: 'x', ttl: 60 }] });
    assert.match(String(made.result[0]?.['key']), /^[0-9a-z]{64}$/);
    const logs = await bench.get(`platform/tokens/${String(made.result[0]?.['id'])}/logs`);
    assert.ok(!logs.text.includes(String(made.result[0]?.['key'])));
  });

  it('keeps a subaccount that still owns something', async () => {
    const cid = await make('platform/subaccounts', { name: 's' });
    await bench.call('POST', 'gw/groups', { body: [{ name: 'g' }], headers: { 'x-flespi-cid': String(cid) } });
    const { status, errors } = await bench.call('DELETE', `platform/subaccounts/${cid}`);
    assert.equal(status, 400);
    assert.equal(errors[0]?.id, cid);
  });
});

describe('rest: fields and pages', () => {
  let bench: RestBench;
  before(async () => {
    bench = await startRest();
    const body = Array.from({ length: 20 }, (_, n) => ({
      name: `d${n}`,
      device_type_id: n % 2 ? 42 : 60,
      configuration: { ident: `10${n}`, phone: '+370' },
      metadata: { n, list: [{ a: 1, b: 2 }, { a: 3 }] },
    }));
    await bench.call('POST', 'gw/devices', { body });
  });
  after(() => bench.close());

  const first = 5_000_001;
  const shapes: [fields: string, expected: object][] = [
    ['id', { id: first }],
    ['name,id', { name: 'd0', id: first }],
    ['configuration.ident', { configuration: { ident: '100' } }],
    ['id,configuration.ident,configuration.phone', { id: first, configuration: { ident: '100', phone: '+370' } }],
    ['configuration', { configuration: { ident: '100', phone: '+370' } }],
    ['metadata.n,id', { metadata: { n: 0 }, id: first }],
    ['metadata.list.a', { metadata: { list: [{ a: 1 }, { a: 3 }] } }],
    ['configuration.nothing', {}],
    ['device_type_name,protocol_name', { device_type_name: 'gv500', protocol_name: 'queclink' }],
    ['connected,last_active,messages_size', { connected: false, last_active: 0, messages_size: 0 }],
    ['telemetry', { telemetry: null }],
    ['groups,plugins,streams,calcs', { groups: [], plugins: [], streams: [], calcs: [] }],
    [
      '',
      {
        id: first,
        name: 'd0',
        cid: 2_520_539,
        enabled: true,
        device_type_id: 60,
        protocol_id: 22,
        configuration: { ident: '100', phone: '+370' },
        messages_ttl: 31_536_000,
        messages_rotate: 0,
        media_ttl: 31_536_000,
        media_rotate: 0,
      },
    ],
  ];
  for (const [fields, expected] of shapes) {
    it(`fields=${fields}`, async () => {
      const { result, text } = await bench.get(`gw/devices/${first}?fields=${fields}`);
      assert.deepEqual(result, [expected], text);
    });
  }

  it('fields with a flat key under a dotted name', async () => {
    bench.sandbox.gateway.report(first, [{ timestamp: 1_700_000_000, 'position.speed': 12 }]);
    const { result } = await bench.get(`gw/devices/${first}?fields=telemetry.position.speed`);
    assert.deepEqual(result, [{ telemetry: { 'position.speed': { ts: 1_700_000_000, value: 12 } } }]);
  });

  it('dotted fields may stay flat, by assumption', async () => {
    const flat = await startRest({ assumptions: { nestedFields: false } });
    await flat.call('POST', 'gw/devices', { body: [{ device_type_id: 42, configuration: { ident: '1' } }] });
    const { result } = await flat.get('gw/devices/all?fields=configuration.ident');
    assert.deepEqual(result, [{ 'configuration.ident': '1' }]);
    await flat.close();
  });

  const pages: [query: string, ids: number[], pagination: object | undefined][] = [
    ['limit=3', [0, 1, 2], { limit: 3, offset: 0, count: 20 }],
    ['limit=3&offset=18', [18, 19], { limit: 3, offset: 18, count: 20 }],
    ['limit=3&offset=20', [], { limit: 3, offset: 20, count: 20 }],
    ['limit=3&offset=999', [], { limit: 3, offset: 999, count: 20 }],
    ['offset=18', [18, 19], { limit: 20, offset: 18, count: 20 }],
    ['limit=1000', Array.from({ length: 20 }, (_, n) => n), { limit: 1000, offset: 0, count: 20 }],
    ['', Array.from({ length: 20 }, (_, n) => n), undefined],
    ['from=1&count=2', Array.from({ length: 20 }, (_, n) => n), undefined],
  ];
  for (const [query, numbers, pagination] of pages) {
    it(`a page: ${query || 'no variables'}`, async () => {
      const answer = await bench.get(`gw/devices/all?fields=id&${query}`);
      assert.deepEqual(
        answer.result.map(({ id }) => Number(id) - first),
        numbers,
      );
      assert.deepEqual(answer.pagination, pagination);
    });
  }

  it('counts what the selector picks, not what there is', async () => {
    const { pagination } = await bench.get('gw/devices/device_type_id=42?limit=2&offset=4');
    assert.deepEqual(pagination, { limit: 2, offset: 4, count: 10 });
  });

  for (const query of ['limit=0', 'limit=-1', 'limit=ten', 'offset=-1', 'offset=1.5', 'limit=1e3', 'limit=']) {
    it(`refuses ${query}`, async () => {
      const { status, errors } = await bench.get(`gw/devices/all?${query}`);
      assert.equal(status, 400);
      assert.match(errors[0]?.reason ?? '', /must be a whole number/);
    });
  }

  it('ignores limit where there are no pages', async () => {
    const { result, pagination } = await bench.get('gw/devices/all/telemetry/all?limit=2');
    assert.equal(result.length, 20);
    assert.equal(pagination, undefined);
  });

  it('shapes the answers of writes too', async () => {
    const { result } = await bench.call('PUT', `gw/devices/${first},${first + 1}?fields=name`, { body: { name: 'n' } });
    assert.deepEqual(result, [{ name: 'n' }, { name: 'n' }]);
  });
});
