import { deviceTypeById, pluginTypeById, protocolById, streamProtocolById } from './dictionaries';
import type { Item } from './item';
import type { Platform } from './platform';
import { lastPart, relations } from './relations';

/** A field whose value is found when it is asked for. `undefined`: this item has none. */
export type Derive = (item: Item, platform: Platform) => unknown;

const protocolName: Derive = (item) => protocolById.get(item['protocol_id'] as number)?.name;

/** Fields that nobody stores, by kind of item; sent only when `fields` names them, and usable in selectors. */
const own: Readonly<Record<string, Readonly<Record<string, Derive>>>> = {
  'gw/channels': {
    protocol_name: protocolName,
    blocked: () => false,
    messages_size: (item, platform) => (platform.channelMessages.of(item.id)?.size ?? 0) * averageMessage,
    connections_count: (item, platform) => connectionsOf(platform, item.id),
    commands_size: () => 0,
  },
  'gw/devices': {
    device_type_name: (item) => deviceTypeById.get(item['device_type_id'] as number)?.name,
    protocol_name: protocolName,
    connected: (item, platform) => platform.devices.get(item.id)?.connection !== undefined,
    last_active: (item, platform) => platform.devices.get(item.id)?.lastActive ?? 0,
    messages_size: (item, platform) => platform.devices.get(item.id)?.messagesSize ?? 0,
    media_size: () => 0,
    media_traffic: () => 0,
    media_blocked: () => false,
    telemetry: (item, platform) => platform.devices.get(item.id)?.telemetry ?? null,
    settings: (item, platform) => [...platform.settings.of(item).values()],
    commands: (item) => deviceTypeById.get(item['device_type_id'] as number)?.commands ?? [],
    commands_queue: (item, platform) => [...(platform.devices.get(item.id)?.queue?.values() ?? [])],
    plugins_count: (item, platform) => platform.links('gw/plugins/devices').parentCount(item.id),
  },
  'gw/streams': {
    protocol_name: (item) => streamProtocolById.get(item['protocol_id'] as number)?.name,
    connected: (item) => item['enabled'] === true,
    queue_size: () => 0,
    blocked: () => false,
  },
  'gw/plugins': {
    type_name: (item) => pluginTypeById.get(item['type_id'] as number)?.name,
    blocked: () => false,
  },
  'storage/containers': {
    size: (item, platform) => (platform.containerMessages.of(item.id)?.size ?? 0) * averageMessage,
    blocked: () => false,
  },
};

/** Bytes; sizes are reported, not measured, where nobody counts. */
const averageMessage = 512;

function connectionsOf(platform: Platform, channelId: number): number {
  let count = 0;
  for (const { id } of platform.items('gw/devices').values()) {
    if (platform.devices.get(id)?.connection?.channel_id === channelId) count += 1;
  }
  return count;
}

/**
 * All derived fields of a kind of item. Beside its own: from the child's side of each relation the parents, e.g. `groups` of a
 * device as `[{"id":..,"name":..}]`, for selectors such as `groups.id=1234`; from the parent's side a count, e.g. `devices_count`.
 */
function derivedFieldsOf(path: string): Readonly<Record<string, Derive>> {
  const fields: Record<string, Derive> = {};
  for (const relation of relations) {
    const plural = lastPart(relation.child.path);
    if (relation.parent.path === path) {
      fields[`${plural.replaceAll('-', '_')}_count`] = (item, platform) =>
        platform.links(relation.path).childCount(item.id);
    }
    if (relation.child.path === path) {
      fields[lastPart(relation.parent.path)] = (item, platform) => {
        const parents = platform.items(relation.parent.path);
        return [...platform.links(relation.path).parents(item.id)].map((id) => ({
          id,
          name: parents.get(id)?.['name'] ?? '',
          ...platform.links(relation.path).get(id, item.id),
        }));
      };
    }
  }
  return { ...fields, ...own[path] };
}

const cache = new Map<string, Readonly<Record<string, Derive>>>();

/** The derived fields of a kind of item, by name. */
export function derivedFields(path: string): Readonly<Record<string, Derive>> {
  let fields = cache.get(path);
  if (!fields) cache.set(path, (fields = derivedFieldsOf(path)));
  return fields;
}
