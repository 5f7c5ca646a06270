import type { DeviceMessage } from '../fleet/gateway';
import { isObject } from '../platform/check-fields';
import type { Item } from '../platform/item';
import type { Platform } from '../platform/platform';
import { badRequest } from '../platform/rejection';
import type { Call, Outcome } from './call';
import { selectRows } from './select-rows';
import { familyOf } from './series-families';
import { parseWindow } from './time-window';

/** `POST .../messages`: records that the caller makes up (flespi Skill). Each needs its time; the rest is free. */
export function postRecords(call: Call): Outcome {
  const { resource, platform } = call;
  const { time } = familyOf(resource.path);
  const records = recordsOf(call, time);
  const accepted: unknown[] = [];
  for (const { row } of selectRows(call).picked) {
    const item = row as Item;
    accepted.push(...keep(platform, resource.path, item, records));
  }
  return { result: platform.assumptions.messagePostResult ? accepted : [] };
}

function keep(platform: Platform, path: string, item: Item, records: readonly DeviceMessage[]): unknown[] {
  if (path === 'gw/devices/{}/messages') {
    const arrived = platform.now();
    return platform.gateway.store(
      item,
      records.map((record) => ({ ...record, 'rest.timestamp': arrived })),
    );
  }
  if (path === 'gw/assets/{}/intervals') {
    for (const record of records) platform.assetIntervals.add(item.id, record);
    return [...records];
  }
  for (const record of records) {
    platform.containerMessages.add(item.id, record);
    platform.topics.message(`storage/containers/${item.id}`, item.cid, JSON.stringify(record));
  }
  return [...records];
}

function recordsOf({ body, platform: { assumptions } }: Call, time: string): DeviceMessage[] {
  if (!Array.isArray(body)) throw badRequest('expected an array of objects');
  if (body.length > assumptions.recordsPerItem)
    throw badRequest(`more than ${assumptions.recordsPerItem} records in one call`);
  return body.map((record: unknown) => {
    if (!isObject(record)) throw badRequest('expected an array of objects');
    const at = record[time];
    if (typeof at !== 'number' || !Number.isFinite(at)) throw badRequest(`each record needs "${time}", a number`);
    return record as DeviceMessage;
  });
}

/** `DELETE .../messages`: what is in the range, or everything. */
export function deleteRecords(call: Call): Outcome {
  const { resource, platform, query } = call;
  const { names } = familyOf(resource.path);
  const { from, to } = parseWindow(query.data, names, platform.assumptions.recordsPerAnswer);
  const buffers = resource.path.startsWith('gw/channels') ? platform.channelMessages : platform.containerMessages;
  return {
    result: selectRows(call).picked.map(({ row }) => {
      const { id } = row as Item;
      return { id, count: buffers.of(id)?.remove(from, to) ?? 0 };
    }),
  };
}
