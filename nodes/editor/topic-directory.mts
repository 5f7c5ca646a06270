export type TopicCategory = 'message' | 'state' | 'interval' | 'log' | 'other';

export interface TopicEntry {
  /** Name of its text in the catalogue of flespi-subscribe, under `entry`. */
  key: string;
  category: TopicCategory;
  /** `:name` is a level to fill in; left empty it is `+`, any. */
  levels: readonly string[];
}

const entry = (key: string, category: TopicCategory, path: string): TopicEntry => ({
  key,
  category,
  levels: path.split('/'),
});

/**
 * What flespi publishes (flespi: "MQTT topics", the topic directory), in the order of the form. Where two fit a topic, the one
 * with fewer open levels is meant.
 */
export const topicDirectory: readonly TopicEntry[] = [
  entry('deviceMessages', 'message', 'flespi/message/gw/devices/:devices'),
  entry('channelMessages', 'message', 'flespi/message/gw/channels/:channels/:idents'),
  entry('containerMessages', 'message', 'flespi/message/storage/containers/:containers'),
  entry('modemMessages', 'message', 'flespi/message/gw/modems/:modems/:phones'),
  entry('telemetry', 'state', 'flespi/state/gw/devices/:devices/telemetry/:parameters'),
  entry('deviceState', 'state', 'flespi/state/gw/devices/:devices/:deviceProperties'),
  entry('deviceItem', 'state', 'flespi/state/gw/devices/:devices'),
  entry('settings', 'state', 'flespi/state/gw/devices/:devices/settings/:settings'),
  entry('commandsQueue', 'state', 'flespi/state/gw/devices/:devices/commands-queue/:commands'),
  entry('deviceConnections', 'state', 'flespi/state/gw/devices/:devices/connections/:connections'),
  entry('channelState', 'state', 'flespi/state/gw/channels/:channels/:channelProperties'),
  entry('streamState', 'state', 'flespi/state/gw/streams/:streams/:streamProperties'),
  entry('calcState', 'state', 'flespi/state/gw/calcs/:calcs/devices/:devices/:calcProperties'),
  entry('pluginFields', 'state', 'flespi/state/gw/plugins/:plugins/devices/:devices'),
  entry('counters', 'state', 'flespi/state/platform/customer/counters/#'),
  entry('intervals', 'interval', 'flespi/interval/gw/calcs/:calcs/devices/:devices/:intervalEvents'),
  entry('deviceLog', 'log', 'flespi/log/gw/devices/:devices/:deviceEvents'),
  entry('commandLog', 'log', 'flespi/log/gw/devices/:devices/commands-queue/:commands/:commandEvents'),
  entry('channelLog', 'log', 'flespi/log/gw/channels/:channels/:channelEvents'),
  entry('customerLog', 'log', 'flespi/log/platform/customer/#'),
];

/** Words that flespi uses at a level; others can be typed. */
export const levelWords: Readonly<Record<string, readonly string[]>> = {
  deviceProperties: [
    'connected',
    'name',
    'configuration',
    'blocked',
    'messages_size',
    'messages_ttl',
    'device_type_id',
    'cid',
  ],
  channelProperties: ['connections_count', 'messages_size', 'commands_size', 'blocked', 'uri'],
  streamProperties: ['connected', 'enabled', 'queue_size'],
  calcProperties: ['synced', 'last', 'active'],
  intervalEvents: ['created', 'updated', 'deleted', 'activated', 'deactivated', 'finished'],
  deviceEvents: [
    'created',
    'updated',
    'deleted',
    'blocked',
    'unblocked',
    'connected',
    'disconnected',
    'media_file_uploaded',
    'media_file_updated',
  ],
  commandEvents: ['queued', 'sent', 'processed', 'canceled', 'expired'],
  channelEvents: ['created', 'updated', 'deleted', 'connected', 'disconnected', 'blocked', 'unblocked'],
};

export const isOpen = (level: string): boolean => level.startsWith(':');

/** The entry that a topic's levels belong to, with what fills its open levels; nothing for other topics. */
export function recognise(levels: readonly string[]): { entry: TopicEntry; values: string[] } | undefined {
  const openLevels = ({ levels: pattern }: TopicEntry): number => pattern.filter((level) => isOpen(level)).length;
  const [best] = topicDirectory
    .filter((candidate) => fits(candidate.levels, levels))
    .sort((left, right) => openLevels(left) - openLevels(right));
  if (!best) return undefined;
  return { entry: best, values: levels.filter((_, index) => isOpen(best.levels[index] ?? '')) };
}

function fits(pattern: readonly string[], levels: readonly string[]): boolean {
  return (
    pattern.length === levels.length &&
    pattern.every((level, index) => (isOpen(level) ? levels[index] !== '#' : level === levels[index]))
  );
}

/** The topic's levels, with the open ones filled in; empty means any. */
export function fill({ levels }: TopicEntry, values: readonly string[]): string[] {
  let next = 0;
  return levels.map((level) => {
    if (!isOpen(level)) return level;
    const list = (values[next] ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
    next += 1;
    return list.length === 0 ? '+' : list.join(',');
  });
}
