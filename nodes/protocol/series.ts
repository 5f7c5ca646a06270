import type { Parameters } from './catalogue';

/** How a family of records is read and ordered (flespi: time-series reads take JSON in `data`). */
export interface Series {
  /** Names in `data` of the bounds, both inclusive. */
  low: string;
  high: string;
  /** Name in `data` of the number of records that one answer may have. */
  size: string;
  /** Record fields to go by; the first one that a record has. */
  keys: readonly string[];
  /** Smallest step between two keys. */
  step: number;
  /** Record fields that name what `size` counts for; all records together when left out. */
  groups?: readonly string[];
  /** Records last: some that began before the lower bound may be sent too. */
  spans?: boolean;
}

const byTimestamp: Series = { low: 'from', high: 'to', size: 'count', keys: ['timestamp'], step: 1e-6 };

const families: Partial<Record<Parameters, Series>> = {
  messages: byTimestamp,
  logs: byTimestamp,
  packets: byTimestamp,
  'commands-result': byTimestamp,
  intervals: {
    low: 'begin',
    high: 'end',
    size: 'count',
    keys: ['begin'],
    step: 1e-6,
    groups: ['calc_id', 'asset_id', 'device_id', 'device.id'],
    spans: true,
  },
  container: { low: 'left_key', high: 'right_key', size: 'max_count', keys: ['key'], step: 1 },
};

/** The family of a resource, or nothing for what is no time series. */
export function seriesOf(parameters: Parameters, path: string): Series | undefined {
  // Channels order their messages by arrival: one brings those of many devices, and some of them late.
  if (parameters === 'messages' && path.startsWith('gw/channels/'))
    return { ...byTimestamp, keys: ['server.timestamp', 'timestamp'] };
  return families[parameters];
}
