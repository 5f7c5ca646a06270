import { field, identity } from './item';
import type { Entity, Field } from './item';

const ttl = field.seconds;
const { metadata } = field;
/** Written by the platform, sent on request. */
const state = (type: Field['type'], value?: unknown): Field => field.onRequest(field.readOnly(type, value));

/**
 * The kinds of items, with the fields that flespi's samples show (KB articles, MQTT Board, Terraform provider). What a
 * field's value is when nobody stored it, e.g. `connected`, is in derived-fields.ts.
 */
export const entities: readonly Entity[] = [
  {
    path: 'gw/channels',
    noun: 'channel',
    originType: 9,
    firstId: 1_400_001,
    restorable: true,
    fields: {
      ...identity,
      enabled: field.enabled,
      protocol_id: field.required('number', 'gw/channel-protocols'),
      configuration: field.object,
      messages_ttl: ttl(86_400),
      uri: field.readOnly('string', ''),
      secondary_uri: field.readOnly('string', ''),
      metadata,
    },
  },
  {
    path: 'gw/devices',
    noun: 'device',
    originType: 11,
    firstId: 5_000_001,
    restorable: true,
    fields: {
      ...identity,
      enabled: field.enabled,
      device_type_id: field.refers('gw/device-types'),
      protocol_id: { type: 'number', readOnly: true },
      configuration: field.object,
      messages_ttl: ttl(31_536_000),
      messages_rotate: field.number,
      media_ttl: ttl(31_536_000),
      media_rotate: field.number,
      metadata,
      blocked: state('boolean', false),
    },
  },
  {
    path: 'gw/streams',
    noun: 'stream',
    originType: 12,
    firstId: 501,
    restorable: true,
    fields: {
      ...identity,
      enabled: field.enabled,
      protocol_id: field.required('number', 'gw/stream-protocols'),
      configuration: field.object,
      queue_ttl: ttl(86_400),
      validate_message: field.string,
      metadata,
    },
  },
  {
    path: 'gw/calcs',
    noun: 'calc',
    originType: 13,
    firstId: 1_600_001,
    restorable: true,
    fields: {
      ...identity,
      messages_source: { type: 'object', default: { source: 'device' } },
      update_period: ttl(31_536_000),
      update_delay: field.number,
      update_onchange: field.boolean,
      intervals_ttl: ttl(31_536_000),
      intervals_rotate: field.number,
      selectors: field.array,
      counters: field.array,
      validate_interval: field.string,
      validate_message: field.string,
      timezone: { type: 'string', default: 'UTC' },
      metadata,
    },
  },
  {
    path: 'gw/plugins',
    noun: 'plugin',
    originType: 25,
    firstId: 4001,
    restorable: true,
    fields: {
      ...identity,
      item_type: { type: 'number', default: 11 },
      type_id: field.required('number', 'gw/plugin-types'),
      enabled: field.enabled,
      configuration: field.object,
      validate_message: field.string,
      metadata,
    },
  },
  {
    path: 'gw/geofences',
    noun: 'geofence',
    originType: 40,
    firstId: 9001,
    restorable: true,
    fields: {
      ...identity,
      enabled: field.enabled,
      priority: field.number,
      geometry: field.required('object'),
      metadata,
    },
  },
  {
    path: 'gw/groups',
    noun: 'group',
    originType: 31,
    firstId: 1201,
    restorable: true,
    fields: { ...identity, metadata },
  },
  {
    path: 'gw/assets',
    noun: 'asset',
    originType: 41,
    firstId: 7001,
    restorable: true,
    fields: { ...identity, metadata },
  },
  {
    path: 'gw/modems',
    noun: 'modem',
    originType: 10,
    firstId: 301,
    restorable: true,
    fields: { ...identity, enabled: field.enabled, priority: field.number, configuration: field.object, metadata },
  },
  {
    path: 'storage/containers',
    noun: 'container',
    originType: 6,
    firstId: 8001,
    restorable: true,
    fields: { ...identity, ttl: ttl(31_536_000), metadata },
  },
  {
    path: 'storage/cdns',
    noun: 'cdn',
    originType: 7,
    firstId: 8501,
    restorable: true,
    fields: { ...identity, blocked: field.readOnly('boolean', false), size: field.readOnly('number', 0), metadata },
  },
  {
    path: 'platform/tokens',
    noun: 'token',
    originType: 33,
    firstId: 310,
    fields: {
      id: field.id,
      info: field.string,
      key: { type: 'string', readOnly: true, secret: true },
      cid: field.id,
      enabled: field.enabled,
      created: field.readOnly('number', 0),
      accessed: field.readOnly('number', 0),
      ttl: field.number,
      expire: field.number,
      ips: field.string,
      access: { type: 'object', default: { type: 0 } },
      metadata,
    },
  },
  {
    path: 'platform/subaccounts',
    noun: 'subaccount',
    originType: 5,
    // Ids of accounts: the account's `cid`.
    firstId: 2_520_600,
    fields: { ...identity, limit_id: field.refers('platform/limits'), metadata },
  },
  {
    path: 'platform/limits',
    noun: 'limit',
    originType: 4,
    firstId: 12,
    fields: {
      ...identity,
      description: field.string,
      blocking_duration: ttl(60),
      ...limitFields(),
      metadata,
    },
  },
  {
    path: 'platform/grants',
    noun: 'grant',
    originType: 37,
    firstId: 601,
    fields: { ...identity, access: { type: 'object', default: { type: 0 } }, metadata },
  },
  {
    path: 'platform/realms',
    noun: 'realm',
    originType: 29,
    firstId: 701,
    restorable: true,
    fields: { ...identity, public_id: field.readOnly('string', ''), configuration: field.object, metadata },
  },
  {
    path: 'platform/webhooks',
    noun: 'webhook',
    originType: 36,
    firstId: 88,
    restorable: true,
    fields: {
      ...identity,
      enabled: field.enabled,
      triggers: field.required('array'),
      configuration: field.required('any'),
      metadata,
    },
  },
  {
    path: 'platform/identity-providers',
    noun: 'identity_provider',
    originType: 38,
    firstId: 801,
    fields: { ...identity, enabled: field.enabled, configuration: field.object, metadata },
  },
];

/** Keys of a limit; 0 blocks, a missing one is unlimited (Terraform provider of a third party). */
function limitFields(): Record<string, Field> {
  const names = (
    'api_calls api_traffic channels_count channel_messages channel_storage channel_traffic channel_connections ' +
    'containers_count container_storage cdns_count cdn_storage cdn_traffic devices_count device_storage ' +
    'device_media_traffic device_media_storage streams_count stream_storage stream_traffic modems_count mqtt_sessions ' +
    'mqtt_messages mqtt_session_storage mqtt_retained_storage mqtt_subscriptions sms_count tokens_count ' +
    'subaccounts_count limits_count realms_count calcs_count calcs_storage plugins_count plugin_traffic ' +
    'plugin_buffered_messages groups_count webhooks_count webhook_storage webhook_traffic grants_count ' +
    'identity_providers_count'
  ).split(' ');
  return Object.fromEntries(names.map((name) => [name, { type: 'number' } satisfies Field]));
}

const byPath = new Map(entities.map((entity) => [entity.path, entity]));

/** The entity of a collection; the path is always one of the table's. */
export function entityOf(path: string): Entity {
  const entity = byPath.get(path);
  if (!entity) throw new RangeError(`There is no collection ${path}`);
  return entity;
}
