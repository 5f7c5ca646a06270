import { deviceMessages } from '../platform/device-history';
import type { Item } from '../platform/item';
import type { RecordStore, TimedRecord } from '../platform/record-store';
import type { Call } from './call';
import type { Row } from './collection';
import {
  intervalWindow,
  keyWindow,
  logWindow,
  messageWindow,
  plainWindow,
  type TimeWindow,
  type WindowNames,
} from './time-window';

/** Records in order of time that can be read: messages, logs, results. */
export interface SeriesFamily {
  names: WindowNames;
  /** The parameter of a record that the range is about. */
  time: string;
  /** Records below a row within the window's range, in its order; filter and count are applied afterwards. */
  read: (call: Call, row: Row, window: TimeWindow) => Iterable<object>;
}

/** The families by resource; every `.../{}/logs` is one more. */
export const seriesFamilies: Readonly<Record<string, SeriesFamily>> = {
  'gw/devices/{}/messages': {
    names: messageWindow,
    time: 'timestamp',
    read: ({ platform }, row, { from, to, reverse }) => deviceMessages(platform, row as Item, from, to, reverse),
  },
  'gw/channels/{}/messages': {
    names: messageWindow,
    time: 'server.timestamp',
    read: ({ platform }, row, window) => ranged(platform.channelMessages.of((row as Item).id), window),
  },
  'gw/channels/{}/idents/{}/packets': { names: plainWindow, time: 'timestamp', read: nothing },
  'gw/devices/{}/commands-result': {
    names: plainWindow,
    time: 'timestamp',
    read: ({ platform }, row, window) => ranged(platform.devices.get((row as Item).id)?.results, window),
  },
  'gw/devices/{}/media': {
    names: { ...plainWindow, more: [...plainWindow.more, 'uuid'] },
    time: 'created',
    read: nothing,
  },
  'gw/devices/{}/packets': { names: plainWindow, time: 'timestamp', read: nothing },
  'gw/devices/{}/sms': {
    names: { ...plainWindow, more: [...plainWindow.more, 'name', 'properties'] },
    time: 'timestamp',
    read: nothing,
  },
  'gw/streams/{}/packets': { names: plainWindow, time: 'timestamp', read: nothing },
  'gw/plugins/{}/packets': { names: plainWindow, time: 'timestamp', read: nothing },
  'gw/assets/{}/intervals': {
    names: intervalWindow,
    time: 'begin',
    read: ({ platform }, row, window) => ranged(platform.assetIntervals.of((row as Item).id), window),
  },
  'storage/containers/{}/messages': {
    names: keyWindow,
    time: 'key',
    read: ({ platform }, row, window) => ranged(platform.containerMessages.of((row as Item).id), window),
  },
  'storage/cdns/{}/files': {
    names: { ...plainWindow, more: [...plainWindow.more, 'uuid', 'path'] },
    time: 'created',
    read: nothing,
  },
  'platform/webhooks/{}/packets': { names: plainWindow, time: 'timestamp', read: nothing },
  'platform/customer/logs': {
    names: logWindow,
    time: 'timestamp',
    read: ({ platform, cid }, _row, window) => ranged(platform.logs.of('platform/customer', cid), window),
  },
  'platform/customer/statistics': {
    names: messageWindow,
    time: 'timestamp',
    read: ({ platform, cid }, _row, window) => ranged(platform.usage.statistics(cid), window),
  },
  'platform/deleted/{}/logs': {
    names: logWindow,
    time: 'timestamp',
    read: ({ platform }, row, window) => {
      const { origin } = row as { origin: string };
      const slash = origin.lastIndexOf('/');
      return ranged(platform.logs.of(origin.slice(0, slash), Number(origin.slice(slash + 1))), window);
    },
  },
  'mqtt/logs': {
    names: logWindow,
    time: 'timestamp',
    read: ({ platform, cid }, _row, window) => ranged(platform.logs.of('mqtt', cid), window),
  },
};

function nothing(): Iterable<object> {
  return [];
}

function ranged<R extends TimedRecord>(
  store: RecordStore<R> | undefined,
  { from, to, reverse }: TimeWindow,
): Iterable<R> {
  if (!store) return [];
  return reverse ? store.reversed(from, to) : store.range(from, to);
}

/** The family of a resource that is a series. */
export function familyOf(path: string): SeriesFamily {
  const family = seriesFamilies[path];
  if (family) return family;
  const collection = path.slice(0, path.indexOf('/{}'));
  return {
    names: logWindow,
    time: 'timestamp',
    read: ({ platform }, row, window) => ranged(platform.logs.of(collection, (row as Item).id), window),
  };
}
