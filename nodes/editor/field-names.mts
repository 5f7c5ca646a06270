/** Names to suggest; any other can be typed. From flespi's item descriptions ("REST API") and its message parameters. */
const item = ['id', 'name', 'cid', 'metadata'];

const ofItems: Readonly<Record<string, readonly string[]>> = {
  devices: [
    ...item,
    'configuration.ident',
    'configuration.phone',
    'device_type_id',
    'device_type_name',
    'protocol_id',
    'protocol_name',
    'enabled',
    'connected',
    'last_active',
    'telemetry',
    'groups',
    'calcs',
    'plugins',
    'streams',
    'commands',
    'settings',
    'messages_ttl',
    'messages_size',
    'media_ttl',
    'blocked',
  ],
  channels: [
    ...item,
    'enabled',
    'protocol_id',
    'protocol_name',
    'configuration',
    'uri',
    'messages_ttl',
    'messages_size',
    'connections_count',
    'blocked',
  ],
  streams: [
    ...item,
    'enabled',
    'protocol_id',
    'protocol_name',
    'configuration',
    'queue_ttl',
    'queue_size',
    'connected',
  ],
  calcs: [...item, 'selectors', 'counters', 'intervals_ttl', 'messages_source', 'timezone', 'update_period'],
  plugins: [...item, 'enabled', 'type_id', 'type_name', 'item_type', 'configuration', 'validate_message'],
  geofences: [...item, 'enabled', 'priority', 'geometry'],
  groups: item,
  assets: item,
  modems: [...item, 'enabled', 'priority', 'configuration'],
  tokens: ['id', 'info', 'enabled', 'created', 'accessed', 'expire', 'ttl', 'ips', 'access'],
  subaccounts: [...item, 'limit_id'],
  sessions: ['id', 'client_id', 'ip', 'connected', 'clean', 'expires', 'size'],
  subscriptions: ['topic', 'qos', 'no_local', 'rap', 'retain_handling', 'subscription_id'],
  connections: ['id', 'ident', 'source', 'transport', 'established', 'device_id', 'channel_id'],
  intervals: ['id', 'begin', 'end', 'duration', 'timestamp', 'device_id', 'active'],
  settings: ['name', 'current', 'pending', 'mode', 'status', 'schema'],
  commands: ['id', 'name', 'properties', 'timestamp', 'executed', 'response'],
};

/** Parameters of device messages and of telemetry. */
export const messageParameters: readonly string[] = [
  'timestamp',
  'server.timestamp',
  'ident',
  'device.id',
  'device.name',
  'position.latitude',
  'position.longitude',
  'position.speed',
  'position.direction',
  'position.altitude',
  'position.satellites',
  'position.valid',
  'position',
  'engine.ignition.status',
  'movement.status',
  'battery.level',
  'battery.voltage',
  'external.powersource.voltage',
  'fuel.level',
  'vehicle.mileage',
  'can.vehicle.mileage',
  'gsm.signal.level',
  'din',
  'event.enum',
];

const logFields = [
  'timestamp',
  'event_code',
  'origin_type',
  'origin_id',
  'item_type',
  'cid',
  'source',
  'app',
  'ident',
  'method',
  'uri',
  'http_code',
];

/** What a resource's answer can be cut down to. */
export function fieldsFor(template: string): readonly string[] {
  const segments = template.split('/');
  const last = segments.filter((segment) => !segment.startsWith(':')).pop() ?? '';
  if (last === 'messages' || last === 'packets') return messageParameters;
  if (last === 'logs') return logFields;
  if (last === 'commands-result' || last === 'commands-queue') return ofItems['commands'] ?? [];
  return ofItems[last] ?? item;
}

/** Names that a selector of this slot may ask for in `field = value`, or list. */
export function fieldsOfSlot(slot: string): readonly string[] {
  return slot === 'parameters' ? messageParameters : (ofItems[slot] ?? item);
}

/** Completes the last entry of a comma list. */
export function suggestFields(typed: string, names: readonly string[]): { value: string; label: string }[] {
  const entries = typed.split(',');
  const last = (entries.pop() ?? '').trim().toLowerCase();
  const before = entries.map((entry) => entry.trim()).filter(Boolean);
  return names
    .filter((name) => !before.includes(name) && name.toLowerCase().includes(last))
    .slice(0, 20)
    .map((name) => ({ value: [...before, name].join(', '), label: name }));
}
