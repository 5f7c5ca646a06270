import assert from 'node:assert/strict';
import { relations } from '../../sandbox/platform/relations';
import { startRest, type RestBench } from './rest-setup';

describe('rest: links', () => {
  let bench: RestBench;
  const ids: Record<string, number> = {};

  before(async () => {
    bench = await startRest();
    const items: [path: string, item: object][] = [
      ['gw/channels', { protocol_id: 14 }],
      ['gw/devices', { device_type_id: 42, configuration: { ident: '1' } }],
      ['gw/groups', {}],
      ['gw/assets', {}],
      ['gw/geofences', { geometry: { type: 'circle', center: { lat: 1, lon: 1 }, radius: 1 } }],
      ['gw/streams', { protocol_id: 4 }],
      ['gw/calcs', {}],
      ['gw/plugins', { type_id: 1 }],
      ['platform/grants', {}],
      ['platform/subaccounts', {}],
      ['platform/realms', {}],
      ['platform/identity-providers', {}],
    ];
    for (const [path, item] of items) {
      const { result, text } = await bench.call('POST', path, { body: [{ name: `the ${path}`, ...item }] });
      assert.ok(result[0], text);
      ids[path] = result[0]['id'] as number;
    }
  });
  after(() => bench.close());

  for (const { path, parent, child, parentKey, childKey, fields } of relations) {
    it(`${path}: made, read, changed and ended`, async () => {
      const collection = path.slice(path.lastIndexOf('/') + 1);
      const one = `${parent.path}/${ids[parent.path]}/${collection}/${ids[child.path]}`;
      const bare = { [parentKey]: ids[parent.path], [childKey]: ids[child.path], name: `the ${child.path}` };
      const defaults = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default]));

      // Node-RED nodes of flespi send `null`.
      const made = await bench.call('POST', one, { body: 'null' });
      assert.deepEqual(made.result, [{ ...bare, ...defaults }], made.text);
      assert.deepEqual((await bench.get(one)).result, made.result);
      assert.deepEqual((await bench.get(`${one}?fields=${parentKey},name`)).result, [
        { [parentKey]: ids[parent.path], name: `the ${child.path}` },
      ]);

      const plural = parent.path.slice(parent.path.indexOf('/') + 1);
      const { result } = await bench.get(`${child.path}/${ids[child.path]}?fields=${plural}`);
      const [listed] = (result[0]?.[plural] ?? []) as { id: number; name: string }[];
      assert.equal(listed?.id, ids[parent.path]);
      const counter = `${collection.replace('-', '_')}_count`;
      const counted = await bench.get(`${parent.path}/${ids[parent.path]}?fields=${counter}`);
      assert.deepEqual(counted.result, [{ [counter]: 1 }]);

      if ('enabled' in fields) {
        const put = await bench.call('PUT', one, { body: { enabled: false } });
        assert.deepEqual(put.result, [{ ...bare, enabled: false }]);
      }
      const ended = await bench.call('DELETE', one);
      assert.deepEqual(ended.result, [{ [parentKey]: ids[parent.path], [childKey]: ids[child.path] }]);
      assert.deepEqual((await bench.get(one.replace(/\d+$/, 'all'))).result, []);
    });
  }

  it('carry fields for plugins', async () => {
    const one = `gw/plugins/${ids['gw/plugins']}/devices/${ids['gw/devices']}`;
    await bench.call('POST', one, { body: { fields: { 'driver.name': 'Andrew', car: 1 } } });
    const patched = await bench.call('PATCH', `${one}?fields=fields`, { body: { fields: { car: 2 } } });
    assert.deepEqual(patched.result, [{ fields: { 'driver.name': 'Andrew', car: 2 } }]);
    const put = await bench.call('PUT', `${one}?fields=fields`, { body: { fields: { car: 3 } } });
    assert.deepEqual(put.result, [{ fields: { car: 3 } }]);
    bench.sandbox.gateway.report(ids['gw/devices'] ?? 0, [{ timestamp: 1 }]);
    const { result } = await bench.get(`gw/devices/${ids['gw/devices']}/messages`, { data: { fields: 'car' } });
    assert.deepEqual(result, [{ car: 3 }], 'an item-fields plugin puts its fields into every message');
  });

  it('make every pair of what is selected', async () => {
    await bench.call('POST', 'gw/groups', { body: [{ name: 'g1' }, { name: 'g2' }] });
    await bench.call('POST', 'gw/assets', { body: [{ name: 'a1' }, { name: 'a2' }] });
    const { result } = await bench.call('POST', 'gw/groups/name=g%3F/assets/name=a%3F');
    assert.equal(result.length, 4);
    const all = await bench.get('gw/groups/name=g%3F/assets/all?limit=3');
    assert.equal(all.result.length, 3);
    assert.equal(all.pagination?.count, 4);
  });

  it('end with what they link', async () => {
    const { result } = await bench.call('POST', 'gw/assets', { body: [{ name: 'brief' }] });
    const asset = String(result[0]?.['id']);
    await bench.call('POST', `gw/groups/${ids['gw/groups']}/assets/${asset}`);
    await bench.call('DELETE', `gw/assets/${asset}`);
    assert.deepEqual((await bench.get(`gw/groups/${ids['gw/groups']}/assets/name=brief`)).result, []);
  });

  const refusals: [method: 'POST' | 'PUT' | 'GET', path: string, body: unknown, status: number, reason: RegExp][] = [
    ['POST', 'gw/groups/all/devices/999', undefined, 404, /devices: 999/],
    ['POST', 'gw/groups/999/devices/all', undefined, 404, /groups: 999/],
    ['GET', 'gw/groups/all/devices/999', undefined, 404, /devices: 999/],
    ['POST', 'gw/groups/all/devices/all', { fields: {} }, 400, /unknown field "fields"/],
    ['POST', 'gw/plugins/all/devices/all', { fields: 1 }, 400, /"fields" must be an object/],
    ['PUT', 'gw/calcs/all/devices/all', { device_id: 1 }, 400, /unknown field "device_id"/],
    ['PUT', 'gw/groups/all/devices/all', {}, 404, /^$/],
  ];
  for (const [method, path, body, status, reason] of refusals) {
    it(`refuses ${method} ${path} ${JSON.stringify(body) ?? ''}`, async () => {
      const answer = await bench.call(method, path, body === undefined ? {} : { body });
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.errors[0]?.reason ?? '', reason);
    });
  }
});
