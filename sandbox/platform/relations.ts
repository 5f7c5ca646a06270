import { entityOf } from './entities';
import type { Entity, Field } from './item';

/** Which items can be linked, and what a link may carry besides the two ids. */
export interface Relation {
  /** The collection of links in REST: `gw/calcs/devices`. */
  path: string;
  parent: Entity;
  child: Entity;
  /** `calc_id` */
  parentKey: string;
  /** `device_id` */
  childKey: string;
  originType: number | undefined;
  /** Fields of its own, e.g. `enabled` of a calculator's devices. */
  fields: Readonly<Record<string, Field>>;
}

const enabled: Readonly<Record<string, Field>> = { enabled: { type: 'boolean', default: true } };
const pluginFields: Readonly<Record<string, Field>> = { fields: { type: 'object', default: {} } };

/** The links of the catalogue (flespi-io-js, MQTT Board). */
export const relations: readonly Relation[] = [
  relate('gw/streams', 'gw/channels', {}, 21),
  relate('gw/streams', 'gw/devices', enabled, 20),
  relate('gw/streams', 'gw/groups'),
  relate('gw/streams', 'gw/geofences', enabled),
  relate('gw/calcs', 'gw/devices', enabled, 17),
  relate('gw/calcs', 'gw/assets', enabled),
  relate('gw/calcs', 'gw/groups', enabled),
  relate('gw/calcs', 'gw/geofences', enabled),
  relate('gw/plugins', 'gw/devices', pluginFields, 26),
  relate('gw/plugins', 'gw/groups', pluginFields),
  relate('gw/plugins', 'gw/geofences', enabled),
  relate('gw/groups', 'gw/devices'),
  relate('gw/groups', 'gw/assets'),
  relate('gw/groups', 'gw/geofences'),
  relate('gw/devices', 'gw/geofences'),
  relate('platform/grants', 'platform/subaccounts'),
  relate('platform/realms', 'platform/identity-providers', enabled),
];

function relate(
  parent: string,
  child: string,
  fields: Readonly<Record<string, Field>> = {},
  originType?: number,
): Relation {
  const from = entityOf(parent);
  const to = entityOf(child);
  return {
    path: `${parent}/${lastPart(child)}`,
    parent: from,
    child: to,
    parentKey: `${from.noun}_id`,
    childKey: `${to.noun}_id`,
    originType,
    fields,
  };
}

const byPath = new Map(relations.map((relation) => [relation.path, relation]));

export function relationOf(path: string): Relation | undefined {
  return byPath.get(path);
}

/** `devices` of `gw/devices`. */
export function lastPart(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}
