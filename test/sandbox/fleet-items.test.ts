import assert from 'node:assert/strict';

import { deviceTypeById, protocolById } from '../../sandbox/platform/dictionaries';
import { channelItems, fleetGroups, luhnDigit, vehicleItems } from '../../sandbox/fleet/vehicle-items';

describe('fleet: items', () => {
  const items = vehicleItems({ seed: 7, devices: 3000 });

  it('are the same for the same seed, and the first ones for any number', () => {
    assert.deepEqual(vehicleItems({ seed: 7, devices: 40 }), items.slice(0, 40));
  });

  it('differ with the seed', () => {
    const others = vehicleItems({ seed: 8, devices: 40 });
    const idents = new Set(items.map((item) => item.metadata.driver + item.metadata.plate));
    assert.ok(others.filter((item) => idents.has(item.metadata.driver + item.metadata.plate)).length < 3);
  });

  it('have ascending ids and idents that are unique and pass the Luhn check', () => {
    for (const [index, item] of items.entries()) {
      const { ident } = item.configuration;
      assert.match(ident, /^\d{15}$/);
      assert.equal(luhnDigit(ident.slice(0, 14)), ident.slice(14), ident);
      if (index > 0) assert.ok(item.id > (items[index - 1]?.id ?? Infinity));
    }
    assert.equal(new Set(items.map((item) => item.configuration.ident)).size, items.length);
    assert.equal(new Set(items.map((item) => item.configuration.phone)).size, items.length);
  });

  // 490154203237518 is the example of the Luhn check in 3GPP TS 23.003, annex B.
  it('compute the check digit as the standard does', () => assert.equal(luhnDigit('49015420323751'), '8'));

  it('name only types, protocols, channels and groups that exist', () => {
    const channels = new Map(channelItems().map((channel) => [channel.id, channel]));
    for (const item of items) {
      assert.equal(deviceTypeById.get(item.device_type_id)?.name, item.device_type_name);
      assert.equal(deviceTypeById.get(item.device_type_id)?.protocol_id, item.protocol_id);
      assert.equal(protocolById.get(item.protocol_id)?.name, item.protocol_name);
      assert.equal(channels.get(item.channel_id)?.protocol_id, item.protocol_id);
      for (const group of item.groups) assert.ok(fleetGroups.includes(group));
    }
  });

  for (const [what, matches] of [
    ['a Teltonika FMC640', (item) => item.device_type_name === 'fmc640'],
    ['a Queclink GV500', (item) => item.device_type_name === 'gv500'],
    ['a Concox', (item) => item.protocol_name === 'concox'],
    ['a wialon-ips', (item) => item.protocol_name === 'wialon-ips'],
    ['a driver called Andrew', (item) => item.fields['driver.name'].startsWith('Andrew')],
    ['a vehicle with fleet_id 10', (item) => item.metadata.fleet_id === 10],
    ['a vehicle of the first subaccount', (item) => item.subaccount === 1],
    ['a vehicle of the second subaccount', (item) => item.subaccount === 2],
  ] as [string, (item: (typeof items)[number]) => boolean][]) {
    it(`hold ${what} among the first forty`, () => assert.ok(items.slice(0, 40).some(matches)));
  }
});
