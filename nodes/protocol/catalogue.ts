import type { Method } from './call';

/** How a resource is read piece by piece. */
export type Parameters =
  /** `limit` and `offset`, answered with `pagination`. */
  | 'collection'
  /** `data` with `from`, `to`, `count`, `reverse`, `filter`, `fields`, by `timestamp`. */
  | 'messages'
  | 'logs'
  | 'packets'
  | 'commands-result'
  /** `data` with `begin`, `end`, `count` (for each calculator and device), `reverse`, `filter`, `fields`, by `begin`. */
  | 'intervals'
  /** `data` with `left_key`, `right_key`, `max_count`, `reverse`, `filter`, `fields`, by `key`. */
  | 'container'
  /** JSON in `data`, all in one answer. */
  | 'data'
  /** Nothing but perhaps `fields`. */
  | 'none';

/** One resource of flespi's REST API. Pure data: the dialogs offer it, error texts look for near misses in it. */
export interface Resource {
  /** `:name` marks a selector slot. */
  template: string;
  methods: readonly Method[];
  /** How GET reads it. */
  parameters: Parameters;
  /** Example of the body that its writing method takes. */
  bodyHint?: string;
  /** Item field that people know an item by; `name` when left out. */
  labelKey?: string;
  /** Item fields that together tell items of a collection apart; `['id']` when left out. */
  key?: readonly string[];
}

const read: readonly Method[] = ['GET'];
const create: readonly Method[] = ['POST'];
const item: readonly Method[] = ['GET', 'PUT', 'PATCH', 'DELETE'];
const link: readonly Method[] = ['GET', 'POST', 'DELETE'];
const linkWithData: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE'];

/** Creation, items and logs: what nearly every entity has. */
function entity(path: string, slot: string, bodyHint: string, labelKey?: string): Resource[] {
  const label = labelKey === undefined ? {} : { labelKey };
  return [
    { template: path, methods: create, parameters: 'none', bodyHint },
    { template: `${path}/:${slot}`, methods: item, parameters: 'collection', bodyHint: '{"name":"..."}', ...label },
    { template: `${path}/:${slot}/logs`, methods: read, parameters: 'logs' },
    { template: `${path}/:${slot}/logs/calculate`, methods: ['GET', 'POST'], parameters: 'data' },
  ];
}

/** Items of one collection attached to items of another; the answer names both. */
function links(owner: string, slot: string, linked: string, methods: readonly Method[], bodyHint?: string): Resource {
  return {
    template: `gw/${owner}/:${owner}/${linked}/:${linked}`,
    methods,
    parameters: 'collection',
    key: [`${slot}_id`, `${linked.slice(0, -1)}_id`],
    ...(bodyHint === undefined ? {} : { bodyHint }),
  };
}

/** flespi's REST resources (flespi: "REST API", and the catalogue of its own JavaScript library). */
export const catalogue: readonly Resource[] = [
  ...entity('gw/devices', 'devices', '[{"name":"...","device_type_id":0,"configuration":{"ident":"..."}}]'),
  { template: 'gw/devices/:devices/cid', methods: ['PUT'], parameters: 'none', bodyHint: '{"cid":0}' },
  {
    template: 'gw/devices/:devices/messages',
    methods: ['GET', 'POST'],
    parameters: 'messages',
    bodyHint: '[{"timestamp":0,"position.latitude":0,"position.longitude":0}]',
  },
  { template: 'gw/devices/:devices/messages/calculate', methods: read, parameters: 'data' },
  {
    template: 'gw/devices/:devices/calculate',
    methods: create,
    parameters: 'none',
    bodyHint: '{"selectors":[],"counters":[]}',
  },
  { template: 'gw/devices/:devices/telemetry/:parameters', methods: ['GET', 'DELETE'], parameters: 'none' },
  {
    template: 'gw/devices/:devices/settings/:settings',
    methods: ['GET', 'PUT', 'DELETE'],
    parameters: 'collection',
    bodyHint: '{"address":"connection","properties":{}}',
    key: ['device_id', 'name'],
  },
  {
    template: 'gw/devices/:devices/commands',
    methods: create,
    parameters: 'none',
    bodyHint: '[{"name":"...","properties":{},"timeout":30}]',
  },
  {
    template: 'gw/devices/:devices/commands-queue',
    methods: create,
    parameters: 'none',
    bodyHint: '[{"name":"...","properties":{},"ttl":86400,"max_attempts":3}]',
  },
  { template: 'gw/devices/:devices/commands-queue/:commands', methods: ['GET', 'DELETE'], parameters: 'collection' },
  { template: 'gw/devices/:devices/commands-result', methods: read, parameters: 'commands-result' },
  { template: 'gw/devices/:devices/commands-result/:commands', methods: read, parameters: 'none' },
  {
    template: 'gw/devices/:devices/connections/:connections',
    methods: ['GET', 'DELETE'],
    parameters: 'collection',
    labelKey: 'ident',
  },
  {
    template: 'gw/devices/:devices/geofences/:geofences',
    methods: link,
    parameters: 'collection',
    key: ['device_id', 'geofence_id'],
  },
  {
    template: 'gw/devices/:devices/media',
    methods: ['GET', 'PUT', 'DELETE'],
    parameters: 'data',
    bodyHint: '{"uuid":"..."}',
  },
  { template: 'gw/devices/:devices/packets', methods: read, parameters: 'packets' },
  { template: 'gw/devices/:devices/sms', methods: ['GET', 'POST'], parameters: 'data', bodyHint: '{"text":"..."}' },

  ...entity('gw/channels', 'channels', '[{"name":"...","protocol_name":"..."}]'),
  { template: 'gw/channels/:channels/cid', methods: ['PUT'], parameters: 'none', bodyHint: '{"cid":0}' },
  {
    template: 'gw/channels/:channels/connections/:connections',
    methods: ['GET', 'DELETE'],
    parameters: 'collection',
    labelKey: 'ident',
  },
  {
    template: 'gw/channels/:channels/idents/:idents',
    methods: read,
    parameters: 'collection',
    labelKey: 'ident',
    key: ['channel_id', 'ident'],
  },
  { template: 'gw/channels/:channels/idents/:idents/packets', methods: read, parameters: 'packets' },
  { template: 'gw/channels/:channels/messages', methods: ['GET', 'DELETE'], parameters: 'messages' },

  ...entity('gw/groups', 'groups', '[{"name":"..."}]'),
  links('groups', 'group', 'devices', link),
  links('groups', 'group', 'assets', link),
  links('groups', 'group', 'geofences', link),

  ...entity('gw/calcs', 'calcs', '[{"name":"...","selectors":[],"counters":[]}]'),
  links('calcs', 'calc', 'devices', linkWithData, '{"enabled":true}'),
  links('calcs', 'calc', 'assets', linkWithData),
  links('calcs', 'calc', 'groups', linkWithData),
  links('calcs', 'calc', 'geofences', linkWithData),
  {
    template: 'gw/calcs/:calcs/devices/:devices/intervals/:intervals',
    methods: ['GET', 'PUT'],
    parameters: 'intervals',
  },
  { template: 'gw/calcs/:calcs/devices/:devices/intervals/calculate', methods: read, parameters: 'data' },
  {
    template: 'gw/calcs/:calcs/devices/:devices/calculate',
    methods: create,
    parameters: 'none',
    bodyHint: '{"counters":[]}',
  },
  {
    template: 'gw/calcs/:calcs/devices/:devices/recalculate',
    methods: create,
    parameters: 'none',
    bodyHint: '{"begin":0,"end":0}',
  },

  ...entity('gw/streams', 'streams', '[{"name":"...","protocol_name":"http","configuration":{}}]'),
  links('streams', 'stream', 'channels', link),
  links('streams', 'stream', 'devices', linkWithData),
  links('streams', 'stream', 'groups', link),
  links('streams', 'stream', 'geofences', linkWithData),
  { template: 'gw/streams/:streams/messages', methods: ['POST', 'DELETE'], parameters: 'none' },
  { template: 'gw/streams/:streams/packets', methods: read, parameters: 'packets' },

  ...entity('gw/plugins', 'plugins', '[{"name":"...","type_name":"item-fields","configuration":{}}]'),
  links('plugins', 'plugin', 'devices', ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], '{"fields":{}}'),
  links('plugins', 'plugin', 'groups', linkWithData, '{"fields":{}}'),
  links('plugins', 'plugin', 'geofences', linkWithData),
  { template: 'gw/plugins/:plugins/packets', methods: read, parameters: 'packets' },

  ...entity(
    'gw/geofences',
    'geofences',
    '[{"name":"...","geometry":{"type":"circle","center":{"lat":0,"lon":0},"radius":1}}]',
  ),
  { template: 'gw/geofences/:geofences/hittest', methods: read, parameters: 'data' },
  ...entity('gw/assets', 'assets', '[{"name":"..."}]'),
  { template: 'gw/assets/:assets/intervals', methods: ['GET', 'POST'], parameters: 'intervals' },
  ...entity('gw/modems', 'modems', '[{"name":"...","configuration":{}}]'),

  { template: 'gw/channel-protocols/:protocols', methods: read, parameters: 'collection' },
  { template: 'gw/channel-protocols/:protocols/device-types/:types', methods: read, parameters: 'collection' },
  { template: 'gw/stream-protocols/:protocols', methods: read, parameters: 'collection' },
  { template: 'gw/plugin-types/:types', methods: read, parameters: 'collection' },
  { template: 'gw/message-parameters/:parameters', methods: read, parameters: 'collection', key: ['name'] },
  { template: 'gw/changelog-posts', methods: read, parameters: 'none' },
  { template: 'gw/protocols', methods: read, parameters: 'none' },

  ...entity('storage/containers', 'containers', '[{"name":"..."}]'),
  { template: 'storage/containers/:containers/cid', methods: ['PUT'], parameters: 'none', bodyHint: '{"cid":0}' },
  {
    template: 'storage/containers/:containers/messages',
    methods: ['GET', 'POST', 'DELETE'],
    parameters: 'container',
    bodyHint: '[{"key":0}]',
  },
  { template: 'storage/containers/:containers/messages/calculate', methods: read, parameters: 'data' },
  ...entity('storage/cdns', 'cdns', '[{"name":"..."}]'),
  { template: 'storage/cdns/:cdns/cid', methods: ['PUT'], parameters: 'none', bodyHint: '{"cid":0}' },
  { template: 'storage/cdns/:cdns/files', methods: ['GET', 'DELETE'], parameters: 'data' },
  { template: 'storage/expressions/functions', methods: read, parameters: 'none' },
  {
    template: 'storage/expressions/test',
    methods: ['GET', 'POST'],
    parameters: 'data',
    bodyHint: '{"expression":"...","input":[{}]}',
  },

  { template: 'mqtt/sessions', methods: create, parameters: 'none', bodyHint: '[{"client_id":"..."}]' },
  { template: 'mqtt/sessions/:sessions', methods: ['GET', 'DELETE'], parameters: 'collection', labelKey: 'client_id' },
  {
    template: 'mqtt/sessions/:sessions/subscriptions',
    methods: create,
    parameters: 'none',
    bodyHint: '[{"topic":"...","qos":1}]',
  },
  {
    template: 'mqtt/sessions/:sessions/subscriptions/:subscriptions',
    methods: ['GET', 'DELETE'],
    parameters: 'collection',
    labelKey: 'topic',
    key: ['session_id', 'topic'],
  },
  {
    template: 'mqtt/messages',
    methods: create,
    parameters: 'none',
    bodyHint: '{"topic":"...","payload":"...","retain":true}',
  },
  { template: 'mqtt/messages/:topics', methods: ['GET', 'DELETE'], parameters: 'data', labelKey: 'topic' },
  { template: 'mqtt/logs', methods: read, parameters: 'logs' },
  { template: 'mqtt/logs/calculate', methods: ['GET', 'POST'], parameters: 'data' },

  { template: 'platform/customer', methods: ['GET', 'PUT', 'PATCH'], parameters: 'none', bodyHint: '{"metadata":{}}' },
  { template: 'platform/customer/logs', methods: read, parameters: 'logs' },
  { template: 'platform/customer/statistics', methods: read, parameters: 'logs' },
  { template: 'platform/customer/chat', methods: ['GET', 'POST', 'PUT'], parameters: 'data' },
  ...entity('platform/tokens', 'tokens', '[{"info":"...","ttl":31536000,"access":{"type":2,"acl":[]}}]', 'info'),
  ...entity('platform/subaccounts', 'subaccounts', '[{"name":"...","limit_id":0}]'),
  ...entity('platform/limits', 'limits', '[{"name":"..."}]'),
  ...entity('platform/grants', 'grants', '[{"name":"...","access":{}}]'),
  ...entity('platform/realms', 'realms', '[{"name":"..."}]'),
  ...entity('platform/webhooks', 'webhooks', '[{"name":"...","triggers":[],"configuration":{}}]'),
  ...entity('platform/identity-providers', 'identity-providers', '[{"name":"..."}]'),
  { template: 'platform/webhooks/:webhooks/packets', methods: read, parameters: 'packets' },
  {
    template: 'platform/grants/:grants/subaccounts/:subaccounts',
    methods: link,
    parameters: 'collection',
    key: ['grant_id', 'subaccount_id'],
  },
  { template: 'platform/grantors/:grantors', methods: ['GET', 'DELETE'], parameters: 'collection' },
  { template: 'platform/realms/:realms/users', methods: create, parameters: 'none', bodyHint: '[{"name":"..."}]' },
  { template: 'platform/realms/:realms/users/:users', methods: item, parameters: 'collection' },
  { template: 'platform/realms/:realms/users/:users/login', methods: create, parameters: 'none' },
  { template: 'platform/realms/:realms/users/:users/logout', methods: create, parameters: 'none' },
  { template: 'platform/realms/:realms/users/:users/password', methods: ['DELETE'], parameters: 'none' },
  { template: 'platform/realms/:realms/roles', methods: create, parameters: 'none', bodyHint: '[{"name":"..."}]' },
  { template: 'platform/realms/:realms/roles/:roles', methods: item, parameters: 'collection' },
  {
    template: 'platform/realms/:realms/identity-providers/:providers',
    methods: linkWithData,
    parameters: 'collection',
  },
  { template: 'platform/oauth/:oauth', methods: ['GET', 'DELETE'], parameters: 'collection', labelKey: 'provider' },
  { template: 'platform/deleted/:deleted', methods: read, parameters: 'collection' },
  { template: 'platform/deleted/:deleted/logs', methods: read, parameters: 'logs' },
  { template: 'platform/deleted/:deleted/restore', methods: create, parameters: 'none', bodyHint: '{}' },
  { template: 'platform/billing', methods: ['GET', 'PUT'], parameters: 'none' },
  { template: 'platform/billing/invoices/:invoices', methods: read, parameters: 'none' },

  { template: 'auth/info', methods: read, parameters: 'none' },
  { template: 'auth/regions', methods: read, parameters: 'none' },
  { template: 'ai/logs', methods: read, parameters: 'logs' },
];
