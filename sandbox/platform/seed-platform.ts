import { channelItems, fleetGroups, vehicleItems } from '../fleet/vehicle-items';
import type { Platform } from './platform';

export interface SeedOptions {
  seed: number;
  /** Vehicles. */
  devices: number;
  /** Key of the master token. */
  key: string;
}

const year = 31_536_000;

/**
 * Fills a platform with what a customer would have: two subaccounts, a fleet in groups with the channels it comes in by, drivers by a
 * plugin, a calculator of trips, geofences. Nothing is announced; `Platform.announce` does that.
 */
export function seedPlatform(platform: Platform, { seed, devices, key }: SeedOptions): void {
  const root = platform.accounts.rootCid;
  platform.seed('platform/limits', root, { name: 'small', api_calls: 200, devices_count: 10 });
  const subaccounts = ['Client A', 'Client B'].map((name) => platform.seed('platform/subaccounts', root, { name }).id);
  const accounts = [root, ...subaccounts];
  platform.seed('platform/tokens', root, {
    info: 'sandbox',
    key,
    ttl: year,
    access: { type: 1 },
    created: Math.floor(platform.now()),
  });

  for (const { id, name, protocol_id } of channelItems()) {
    platform.seed('gw/channels', root, { name, protocol_id }, id);
  }
  const groups = new Map(fleetGroups.map((name) => [name, platform.seed('gw/groups', root, { name }).id]));
  const drivers = platform.seed('gw/plugins', root, { name: 'driver', type_id: 1 }).id;
  const trips = platform.seed('gw/calcs', root, tripCalculator).id;
  const depot = platform.seed('gw/geofences', root, {
    name: 'Depot',
    geometry: { type: 'circle', center: { lat: 54.72, lon: 25.26 }, radius: 1 },
  }).id;
  platform.seed('gw/geofences', root, { name: 'Old town', priority: 1, geometry: oldTown });
  platform.seed('gw/assets', root, { name: 'Trailer 9' });
  platform.seed('gw/streams', root, {
    name: 'to http',
    protocol_id: 4,
    configuration: { uri: 'https://example.org/in' },
  });
  platform.seed('storage/containers', root, { name: 'notes' });

  const ids: number[] = [];
  for (const vehicle of vehicleItems({ seed, devices })) {
    const { id, name, device_type_id, configuration, metadata } = vehicle;
    const cid = accounts[vehicle.subaccount] ?? root;
    platform.seed('gw/devices', cid, { name, device_type_id, configuration, metadata }, id);
    ids.push(id);
    for (const group of vehicle.groups) connect('gw/groups/devices', groups.get(group) ?? 0, id);
    connect('gw/plugins/devices', drivers, id, { fields: vehicle.fields });
    // The first vehicles are enough to see what a calculator does.
    if (ids.length <= calculated) connect('gw/calcs/devices', trips, id, { enabled: true });
  }
  connect('gw/calcs/geofences', trips, depot, { enabled: true });
  platform.gateway.play(ids);

  function connect(path: string, parent: number, child: number, data = {}): void {
    platform.links(path).set(parent, child, data);
  }
}

const calculated = 10;

const tripCalculator = {
  name: 'Trips',
  update_onchange: true,
  selectors: [
    {
      name: 'trip',
      type: 'expression',
      expression: '$position.speed > 3',
      method: 'boolean',
      min_duration: 60,
      max_inactive: 300,
      max_messages_time_diff: 900,
    },
  ],
  counters: [
    { name: 'distance', type: 'expression', expression: 'mileage()', method: 'summary' },
    { name: 'max.speed', type: 'parameter', parameter: 'position.speed', method: 'maximum' },
    { name: 'points', type: 'message', method: 'count' },
    { name: 'active', type: 'active' },
  ],
  validate_interval: 'duration > 60',
};

const oldTown = {
  type: 'polygon',
  path: [
    { lat: 54.676, lon: 25.278 },
    { lat: 54.676, lon: 25.296 },
    { lat: 54.686, lon: 25.296 },
    { lat: 54.686, lon: 25.278 },
  ],
};
