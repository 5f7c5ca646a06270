import assert from 'node:assert/strict';
import { startRest, type RestBench } from './rest-setup';

type Item = Record<string, unknown>;

/** What programs send that others wrote for flespi, call by call, with what they read of the answers. */
describe('other clients: programs', () => {
  let bench: RestBench;
  let device: number;

  before(async () => {
    bench = await startRest({ devices: 12, seed: 5 });
    device = bench.sandbox.gateway.deviceIds[0] ?? 0;
  });
  after(() => bench.close());

  const items: RestBench['items'] = (...call) => bench.items(...call);

  describe("flespi's Node-RED package", () => {
    it('makes a device of an ident, and hears of both ends', async () => {
      const item = { name: 'device 77', device_type_id: 42, messages_ttl: 86_400, configuration: { ident: '77' } };
      const [made] = await items('POST', 'gw/devices', { body: [item] });
      assert.equal(typeof made?.['id'], 'number');
      const { status, errors } = await bench.call('POST', 'gw/devices', { body: [{ ...item, device_type_id: 0 }] });
      assert.equal(status, 400);
      assert.equal(errors[0]?.reason, 'device configuration cannot be stored without device type');
    });

    it('links a device to a stream with no body', async () => {
      const [link] = await items('POST', `gw/streams/501/devices/${device}`);
      assert.equal(link?.['device_id'], device);
      assert.deepEqual(await items('POST', `gw/streams/501/devices/${device}`, { body: 'null' }), [link]);
      const { status, errors } = await bench.call('POST', 'gw/streams/501/devices/99');
      assert.deepEqual([status, errors[0]?.id], [404, 99]);
    });
  });

  describe('the Home Assistant component', () => {
    it('searches devices on the server', async () => {
      const expression = encodeURIComponent('{name~"*an*" || configuration.ident~"*an*"}');
      const { result, pagination } = await bench.get(
        `gw/devices/${expression}?fields=id%2Cname%2Cconfiguration.ident&limit=50`,
      );
      assert.ok(result.length > 0);
      assert.equal(pagination?.count, result.length);
      for (const { name, configuration } of result) {
        assert.match(`${String(name)} ${(configuration as { ident: string }).ident}`, /an/);
      }
    });

    it('reads telemetry as values with their times', async () => {
      const [{ telemetry } = { telemetry: {} }] = await items('GET', `gw/devices/${device}/telemetry/all`);
      for (const [name, entry] of Object.entries(telemetry as Record<string, { ts: number; value: unknown }>)) {
        assert.equal(typeof entry.ts, 'number', name);
        assert.ok('value' in entry, name);
      }
      const { status, text } = await bench.get(`gw/devices/${device}/telemetry`);
      assert.deepEqual([status, text], [404, 'Not found']);
    });

    it('is told which names message parameters have, when it asks for others', async () => {
      const { status, errors } = await bench.get('gw/message-parameters/all?fields=name,description,units,type');
      assert.equal(status, 400);
      assert.deepEqual(errors[0]?.schema_hint?.fields, ['name', 'type', 'unit', 'info']);
    });
  });

  describe("flespi's data source for Grafana", () => {
    it('lists devices, subaccounts and the account', async () => {
      for (const path of [
        'gw/devices/all',
        'platform/subaccounts/all',
        'platform/customer',
        `gw/devices/calcs.id=1600001`,
      ]) {
        const list = await items('GET', `${path}?fields=id%2Cname`);
        assert.ok(list.length > 0, path);
        for (const one of list) assert.deepEqual(Object.keys(one), ['id', 'name'], path);
      }
    });

    it('draws messages, statistics and intervals', async () => {
      const to = Math.ceil(Date.now() / 1000);
      const range = { from: to - 86_400, to };
      const points = await items('GET', `gw/devices/${device}/messages`, {
        data: { ...range, generalize: 3600, method: 'maximum' },
      });
      assert.ok(points.length > 0 && points.length <= 25);
      for (const point of points) assert.equal(Number(point['timestamp']) % 3600, 0);
      const [sub] = await items('GET', 'platform/subaccounts/all');
      const headers = { 'x-flespi-cid': String(sub?.['id']) };
      const [statistics] = await items('GET', 'platform/customer/statistics', {
        data: { count: 1, reverse: true },
        headers,
      });
      assert.equal(typeof statistics?.['api_calls'], 'number');
      const intervals = await items('GET', `gw/calcs/1600001/devices/${device}/intervals/all`, {
        data: { begin: range.from, end: range.to },
      });
      for (const interval of intervals)
        for (const name of ['begin', 'end', 'duration']) assert.equal(typeof interval[name], 'number');
    });
  });

  describe("flespi's example scripts", () => {
    it('restore deleted devices from the logs of the bin', async () => {
      const [made] = await items('POST', 'gw/devices', {
        body: [{ name: 'lost', device_type_id: 42, configuration: { ident: 'lost' } }],
      });
      await items('DELETE', `gw/devices/${String(made?.['id'])}`);
      const data = { count: 3000, reverse: true, filter: 'origin_type=11', fields: 'old' };
      const logs = await items('GET', 'platform/deleted/all/logs', { data });
      const old = logs.map((log) => log['old'] as Item | undefined).filter((item) => item?.['id'] === made?.['id']);
      assert.ok(old[0], JSON.stringify(logs).slice(0, 300));
      const { protocol_id: _protocol, cid: _cid, id: _id, ...item } = old[0];
      const [again] = await items('POST', 'gw/devices', { body: [item] });
      assert.deepEqual(again?.['configuration'], { ident: 'lost' });
    });

    it('register messages of a device again, in batches', async () => {
      const all = await items('GET', `gw/devices/${device}/messages`, {
        body: { from: 0, to: Math.floor(Date.now() / 1000) },
      });
      assert.ok(all.length > 100);
      const [copy] = await items('POST', 'gw/devices', {
        body: [{ name: 'copy', device_type_id: 42, configuration: { ident: 'copy' } }],
      });
      const path = `gw/devices/${String(copy?.['id'])}/messages`;
      await items('POST', path, { body: all.slice(0, 100) });
      await items('POST', path, { body: all.slice(100, 150) });
      const stored = await items('GET', path, { data: { fields: 'timestamp' } });
      assert.deepEqual(
        stored.map((message) => message['timestamp']),
        all.slice(0, 150).map((message) => message['timestamp']),
      );
    });
  });

  describe('pages of flespi', () => {
    it('the selectors that its own front ends send', async () => {
      for (const selector of [
        'gw/devices/{exists("configuration.tacho")&&plugins_count>0}',
        'gw/channel-protocols/all/device-types/{features.assistance==true}?fields=id,name,title,features',
        'platform/deleted/{data.configuration.ident=="lost"}',
        'platform/deleted/item_id==1',
        `platform/deleted/origin=${encodeURIComponent('gw/devices/1')}`,
        'platform/deleted/type=11',
        'gw/plugins/all/devices/fields.driver.name=An*',
      ]) {
        const path = selector
          .replaceAll('"', '%22')
          .replaceAll('{', '%7B')
          .replaceAll('}', '%7D')
          .replaceAll('>', '%3E');
        assert.equal((await bench.get(path)).status, 200, selector);
      }
    });

    it('the expression tool', async () => {
      const functions = await items('GET', 'storage/expressions/functions');
      for (const one of functions)
        assert.deepEqual(Object.keys(one).sort(), ['arguments', 'description', 'name', 'usage']);
      const body = { expression: 'speed * 2', timezone: 'UTC', input: [{ speed: 3 }, {}] };
      for (const [first, second] of [
        await items('POST', 'storage/expressions/test', { body }),
        await items('GET', 'storage/expressions/test', { data: body }),
      ]) {
        assert.deepEqual(first, { code: 0, index: 0, result: 6 });
        assert.equal(second?.['code'], 1);
        assert.deepEqual(Object.keys(second?.['error'] as Item), ['column', 'reason']);
      }
    });
  });
});
