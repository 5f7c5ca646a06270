import assert from 'node:assert/strict';
import { startRest, type RestBench } from './rest-setup';

/** A small fleet in which every row of the use-case table finds somebody and misses somebody. */
async function build(bench: RestBench): Promise<Record<string, number>> {
  const { sandbox } = bench;
  const ids: Record<string, number> = {};
  const make = async (name: string, path: string, item: object, cid?: number): Promise<number> => {
    const headers: Record<string, string> = cid === undefined ? {} : { 'x-flespi-cid': String(cid) };
    const { result, text } = await bench.call('POST', path, { body: [{ name, ...item }], headers });
    assert.ok(result[0], text);
    return (ids[name] = result[0]['id'] as number);
  };
  const [a = 0, b = 0] = [...sandbox.platform.items('platform/subaccounts').values()].map(({ id }) => id);
  const device = (type: string, ident: string, metadata = {}): object => ({
    device_type_name: type,
    configuration: { ident },
    metadata,
  });
  ids['accountA'] = a;
  ids['accountB'] = b;
  await make('fmc', 'gw/devices', device('fmc640', '864350000000001', { fleet_id: 10, project: 'an important one' }));
  await make('fmb', 'gw/devices', device('fmb640', '864350000000002', { fleet_id: 11 }), a);
  await make('concox', 'gw/devices', device('gt06n', '358089000000003'), b);
  await make('concox 2', 'gw/devices', device('x3', '358089000000004'));
  await make('gv500', 'gw/devices', device('gv500', '864586000000005', { fleet_id: '10' }));
  await make('gv500 off', 'gw/devices', device('gv500', '864586000000006'));
  await make('empty', 'gw/devices', { enabled: false });
  await make('group', 'gw/groups', {});
  await make('other group', 'gw/groups', {});
  await make('driver', 'gw/plugins', { type_id: 1 });
  await make('calc', 'gw/calcs', {});
  for (const name of ['concox', 'gv500']) await bench.call('POST', `gw/groups/${ids['group']}/devices/${ids[name]}`);
  await bench.call('POST', `gw/groups/${ids['other group']}/devices/${ids['gv500']}`);
  await bench.call('POST', `gw/calcs/${ids['calc']}/devices/${ids['fmc']},${ids['concox']}`);
  const link = (name: string, driver: string): Promise<unknown> =>
    bench.call('POST', `gw/plugins/${ids['driver']}/devices/${ids[name]}`, {
      body: { fields: { 'driver.name': driver } },
    });
  await link('fmc', 'Andrew B.');
  await link('fmb', 'Andrea C.');

  const now = sandbox.platform.now();
  const report = (name: string, parameters: object, age = 0): void =>
    sandbox.gateway.report(ids[name] ?? 0, [{ timestamp: now - age, ...parameters }]);
  report('fmc', { 'can.vehicle.mileage': 1000, 'position.latitude': 54.7, 'position.longitude': 25.3 });
  report('fmb', { 'position.latitude': 52.2, 'position.longitude': 21, 'ble.beacons': [{ id: 'x' }] });
  report('gv500', { 'engine.ignition.status': true, 'position.latitude': 55.5, 'position.longitude': 25.6 });
  report('gv500 off', { 'engine.ignition.status': false });
  report('concox', { 'battery.level': 20 });
  const state = sandbox.platform.devices.of(ids['concox'] ?? 0);
  state.lastActive = now - 90_000;
  return ids;
}

/** Selector, and the names of the devices that it picks. `@name` stands for an id. Sources: "flespi API basics" unless said. */
const cases: [title: string, selector: string, names: string[]][] = [
  ['everything', 'all', ['fmc', 'fmb', 'concox', 'concox 2', 'gv500', 'gv500 off', 'empty']],
  ['an id', '@fmb', ['fmb']],
  ['ids, in ascending order', '@concox,@fmc', ['fmc', 'concox']],
  ['an id twice', '@fmc,@fmc', ['fmc']],
  ['two subaccounts', '{cid=@accountA || cid=@accountB}', ['fmb', 'concox']],
  ['telemetry exists', '{exists("telemetry.can.vehicle.mileage")}', ['fmc']],
  ['telemetry exists, the other way', '{not(isnull($telemetry.can.vehicle.mileage))}', ['fmc']],
  ['plugin field, by list', '{plugins.fields.driver.name=="Andrew*"}', ['fmc']],
  ['plugin field, short', '{plugins.driver.name~"Andre*"}', ['fmc', 'fmb']],
  ['plugin field, bare', '{driver.name=="Andrew*"}', ['fmc']],
  ['plugin field, no braces', 'plugins.fields.driver.name=Andrew*', ['fmc']],
  ['metadata', 'metadata.fleet_id=10', ['fmc', 'gv500']],
  ['metadata in an expression', '{metadata.fleet_id==10}', ['fmc', 'gv500']],
  ['metadata contains', 'metadata.project=*important*', ['fmc']],
  ['group', 'groups.id=@group', ['concox', 'gv500']],
  ['group by name', 'groups.name=other group', ['gv500']],
  ['calculator (Grafana data source)', 'calcs.id=@calc', ['fmc', 'concox']],
  ['protocol', 'protocol_name=teltonika', ['fmc', 'fmb']],
  ['device type', 'device_type_name=fmc640', ['fmc']],
  ['device type with ?', 'device_type_name=fm?640', ['fmc', 'fmb']],
  ['? is exactly one', 'device_type_name=fm?0', []],
  ['ident with *', 'configuration.ident=86435*', ['fmc', 'fmb']],
  ['double equals (flespi Skill)', 'configuration.ident==864350000000001', ['fmc']],
  ['boolean', 'enabled=false', ['empty']],
  ['boolean in an expression', '{enabled==false}', ['empty']],
  ['number', 'device_type_id=60', ['gv500', 'gv500 off']],
  ['value with a space', 'name=gv500 off', ['gv500 off']],
  ['case counts', 'name=FMC', []],
  ['two conditions', 'protocol_name=concox,groups.id=@group', ['concox']],
  ['ids and a condition', '@fmc,@fmb,@concox,protocol_name=teltonika', ['fmc', 'fmb']],
  ['protocol in a group', '{protocol_name=="concox" && groups.id==@group}', ['concox']],
  ['any group of several', '{groups.id==@group}', ['concox', 'gv500']],
  ['type and ignition', '{device_type_name=="gv500" && telemetry.engine.ignition.status==true}', ['gv500']],
  ['telemetry without braces', 'telemetry.engine.ignition.status=true', ['gv500']],
  ['a path into telemetry that is JSON', '{telemetry.ble.beacons.id=="x"}', ['fmb']],
  ['silent for a day', '{last_active < (now() - 86400) && last_active > 0}', ['concox']],
  [
    'within 100 km',
    '{distance(telemetry.position.latitude, telemetry.position.longitude, 54.72, 25.26) < 100}',
    ['fmc', 'gv500'],
  ],
  ['name with wildcards (Home Assistant)', '{name~"*v500*" || configuration.ident~"*v500*"}', ['gv500', 'gv500 off']],
  ['has an ident (flespi Toolbox)', '{exists("configuration.ident")&&plugins_count>0}', ['fmc', 'fmb']],
  ['nothing fits', '{name=="nobody"}', []],
  ['missing parameter is false', '{no.such.thing>0}', []],
  ['missing parameter, safe', '{isnull($no.such.thing) && enabled==false}', ['empty']],
];

describe('rest: selectors of devices', () => {
  let bench: RestBench;
  let ids: Record<string, number>;
  const fill = (text: string): string => text.replaceAll(/@(\w+)/g, (_text, name: string) => String(ids[name]));

  before(async () => {
    bench = await startRest();
    ids = await build(bench);
  });
  after(() => bench.close());

  for (const [title, selector, names] of cases) {
    it(`${title}: ${selector}`, async () => {
      const picked = await bench.ids('gw/devices', fill(selector));
      assert.deepEqual(
        picked.map((id) => Object.keys(ids).find((name) => ids[name] === id)),
        names,
      );
    });
  }

  it('takes selectors raw, as browsers send them', async () => {
    const { http, token } = bench.sandbox;
    // Node.js's own client sends a path as it is.
    const { request } = await import('node:http');
    const body = await new Promise<string>((resolve, reject) => {
      const path = `/gw/devices/{exists("configuration.ident")&&plugins_count>0}?fields=id`;
      const { hostname, port } = new URL(http);
      request({ hostname, port, path, headers: { authorization: token } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
    assert.deepEqual(JSON.parse(body), { result: [{ id: ids['fmc'] }, { id: ids['fmb'] }] });
  });

  describe('at every level of a path', () => {
    const paths: [path: string, expected: object[]][] = [
      ['gw/plugins/all/devices/fields.driver.name=Andrew*?fields=device_id', [{ device_id: '@fmc' }]],
      ['gw/plugins/name=driver/devices/all?fields=device_id', [{ device_id: '@fmc' }, { device_id: '@fmb' }]],
      ['gw/groups/all/devices/@gv500?fields=group_id', [{ group_id: '@group' }, { group_id: '@other group' }]],
      ['gw/groups/name=other*/devices/all?fields=device_id', [{ device_id: '@gv500' }]],
      ['gw/calcs/@calc/devices/name=con*?fields=device_id,name', [{ device_id: '@concox', name: 'concox' }]],
      ['gw/devices/@fmc/settings/over*?fields=name', [{ name: 'overspeed' }]],
      ['gw/devices/@fmc/settings/tracking,overspeed?fields=name', [{ name: 'tracking' }, { name: 'overspeed' }]],
      [
        'gw/channel-protocols/name=queclink/device-types/{features.assistance==true}?fields=name',
        [{ name: 'gv500' }, { name: 'gv75' }],
      ],
      ['gw/message-parameters/position.latitude?fields=unit', [{ unit: 'degrees' }]],
    ];
    for (const [path, expected] of paths) {
      it(path, async () => {
        const { result, text } = await bench.get(fill(path.replaceAll(' ', '%20')));
        const wanted = JSON.parse(JSON.stringify(expected), (_key, value: unknown) =>
          typeof value === 'string' && value.startsWith('@') ? ids[value.slice(1)] : value,
        ) as unknown;
        assert.deepEqual(result, wanted, text);
      });
    }
  });

  describe('refusals', () => {
    const refusals: [selector: string, status: number, reason: RegExp, extra?: object][] = [
      ['999', 404, /999 not found/, { id: 999 }],
      ['nonsense', 400, /invalid selector "nonsense"/],
      ['', 404, /^$/],
      ['{', 400, /closing brace/],
      ['{}', 400, /empty/],
      ['{a ==}', 400, /expression/, { column: 5 }],
      ['{nofunction()}', 400, /no function/, { column: 1 }],
      ['nope=1', 400, /unknown field "nope"/],
      ['1,,2', 400, /invalid selector/],
      ['-1', 400, /invalid selector/],
      ['a/b', 400, /invalid selector/],
      [`{${'('.repeat(10_000)}1${')'.repeat(10_000)}}`, 400, /levels deep/],
      ['name=' + '*a'.repeat(3000), 200, /^$/],
    ];
    for (const [selector, status, reason, extra = {}] of refusals) {
      it(`${selector.slice(0, 40)} is ${status}`, async () => {
        const answer = await bench.get(`gw/devices/${encodeURIComponent(selector)}`);
        assert.equal(answer.status, status, answer.text.slice(0, 200));
        assert.match(answer.errors[0]?.reason ?? '', reason);
        for (const [name, value] of Object.entries(extra)) {
          assert.equal(answer.errors[0]?.[name as 'id' | 'column'], value);
        }
      });
    }

    it('names the fields that there are', async () => {
      const { errors } = await bench.get('gw/devices/nope=1');
      assert.ok(errors[0]?.schema_hint?.fields.includes('configuration'));
    });

    it('gives what exists beside what does not', async () => {
      const { status, result, errors } = await bench.get(`gw/devices/${ids['fmc']},999,998?fields=id`);
      assert.equal(status, 200);
      assert.deepEqual(result, [{ id: ids['fmc'] }]);
      assert.deepEqual(
        errors.map(({ id }) => id),
        [998, 999],
      );
    });
  });
});
