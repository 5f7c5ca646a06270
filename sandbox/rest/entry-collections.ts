import type { SessionItem, SubscriptionItem } from '../broker/session-report';
import {
  deviceTypes,
  messageParameters,
  pluginTypes,
  protocols,
  streamProtocols,
  type DeviceType,
} from '../platform/dictionaries';
import type { DeletedItem } from '../platform/bin';
import type { Connection } from '../platform/device-state';
import type { Item } from '../platform/item';
import type { Call } from './call';
import { plainCollection, type Collection } from './collection';

const connectionFields = [
  'id',
  'channel_id',
  'device_id',
  'ident',
  'source',
  'transport',
  'established',
  'secondary',
  'meta',
];
// prettier-ignore
const commandFields = [
  'id', 'device_id', 'name', 'properties', 'ttl', 'expires', 'priority', 'max_attempts', 'attempts', 'condition', 'meta', 'timestamp',
];

/** What is kept below items, or beside them, and is no item of its own: by the path of its selector. */
export const entryCollections: Readonly<Record<string, Collection>> = {
  'gw/devices/settings': plainCollection({
    keyField: 'name',
    words: true,
    fields: ['name', 'mode', 'status', 'current', 'pending', 'schema'],
    rows: ({ platform }, parent) => platform.settings.of(parent as Item).values(),
    find: ({ platform }, parent, key) => platform.settings.of(parent as Item).get(key),
  }),
  'gw/devices/commands-queue': plainCollection({
    keyField: 'id',
    fields: commandFields,
    rows: ({ platform }, parent) => platform.devices.get((parent as Item).id)?.queue?.values() ?? [],
  }),
  'gw/devices/commands-result': plainCollection({
    keyField: 'id',
    fields: ['id', 'device_id', 'name', 'properties', 'timestamp', 'executed', 'response'],
    rows: ({ platform }, parent) =>
      platform.devices.get((parent as Item).id)?.results?.range(0, Number.MAX_VALUE) ?? [],
  }),
  'gw/devices/connections': plainCollection({
    keyField: 'id',
    fields: connectionFields,
    rows: ({ platform }, parent) => present(platform.devices.get((parent as Item).id)?.connection),
  }),
  'gw/channels/connections': plainCollection({
    keyField: 'id',
    fields: connectionFields,
    rows: (call, parent) => channelConnections(call, parent as Item),
  }),
  'gw/channels/idents': plainCollection({
    keyField: 'ident',
    words: true,
    fields: ['ident', 'device_id', 'connected', 'last_active'],
    rows: (call, parent) => channelIdents(call, parent as Item),
  }),
  'gw/channel-protocols': plainCollection({
    keyField: 'id',
    fields: ['id', 'name', 'title', 'message_parameters', 'features'],
    onRequest: ['message_parameters', 'features'],
    rows: () => protocolRows,
  }),
  'gw/channel-protocols/device-types': plainCollection({
    keyField: 'id',
    fields: [
      'id',
      'name',
      'title',
      'protocol_id',
      'protocol_name',
      'device_type_name',
      'commands',
      'settings',
      'features',
    ],
    onRequest: ['commands', 'settings', 'features'],
    rows: (_call, parent) => typeRows.filter((type) => type.protocol_id === (parent as { id: number }).id),
  }),
  'gw/stream-protocols': plainCollection({
    keyField: 'id',
    fields: ['id', 'name', 'title'],
    rows: () => streamProtocols,
  }),
  'gw/plugin-types': plainCollection({ keyField: 'id', fields: ['id', 'name', 'title'], rows: () => pluginTypes }),
  'gw/message-parameters': plainCollection({
    keyField: 'name',
    words: true,
    fields: ['name', 'type', 'unit', 'info'],
    rows: () => messageParameters,
  }),
  'mqtt/sessions': plainCollection<SessionItem>({
    keyField: 'id',
    fields: ['id', 'cid', 'client_id', 'ip', 'connected', 'clean', 'expires', 'size'],
    rows: ({ broker, accounts }) => [...accounts].flatMap((cid) => broker.sessions(cid)).sort((a, b) => a.id - b.id),
  }),
  'mqtt/sessions/subscriptions': {
    ...plainCollection<SubscriptionItem>({
      keyField: 'topic',
      words: true,
      fields: ['topic', 'qos', 'no_local', 'rap', 'retain_handling', 'subscription_id'],
      rows: ({ broker }, parent) => broker.subscriptions((parent as SessionItem).id),
    }),
    verbatim: true,
  },
  'platform/deleted': plainCollection<DeletedItem>({
    keyField: 'id',
    fields: ['id', 'cid', 'type', 'item_type', 'item_id', 'name', 'origin', 'deleted', 'data'],
    onRequest: ['data'],
    rows: ({ platform, accounts }) => [...platform.bin.values()].filter(({ cid }) => accounts.has(cid)),
  }),
  // Grants from other owners and links to their logins: the sandbox has one owner only.
  'platform/grantors': plainCollection({ keyField: 'id', rows: () => [] }),
  'platform/oauth': plainCollection({ keyField: 'id', rows: () => [] }),
};

const protocolRows = protocols.map((protocol) => ({
  ...protocol,
  features: { assistance: deviceTypes.some((type) => type.protocol_id === protocol.id && type.features['assistance']) },
  message_parameters: messageParameters,
}));

const typeRows = deviceTypes.map((type: DeviceType) => ({
  ...type,
  device_type_name: type.name,
  protocol_name: protocols.find(({ id }) => id === type.protocol_id)?.name,
}));

function present<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

function* channelConnections({ platform }: Call, channel: Item): Generator<Connection> {
  for (const { id } of platform.items('gw/devices').values()) {
    const connection = platform.devices.get(id)?.connection;
    if (connection?.channel_id === channel.id) yield connection;
  }
}

/** Idents that the channel's connections and messages have shown. */
function channelIdents({ platform }: Call, channel: Item): object[] {
  const idents = new Map<string, object>();
  for (const device of platform.items('gw/devices').values()) {
    const { ident } = device['configuration'] as { ident?: unknown };
    if (device['protocol_id'] !== channel['protocol_id'] || typeof ident !== 'string') continue;
    const state = platform.devices.get(device.id);
    if (!state || (state.lastActive === undefined && !state.connection)) continue;
    const connected = state.connection !== undefined;
    idents.set(ident, { ident, device_id: device.id, connected, last_active: state.lastActive ?? 0 });
  }
  return [...idents.values()];
}
