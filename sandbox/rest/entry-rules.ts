import type { SessionItem, SubscriptionItem } from '../broker/session-report';
import type { QueuedCommand } from '../platform/device-commands';
import type { DeviceSetting } from '../platform/device-settings';
import type { Connection } from '../platform/device-state';
import type { Item } from '../platform/item';
import { badRequest } from '../platform/rejection';
import { eachPicked } from './answer-parts';
import type { Call, Outcome } from './call';
import type { Row } from './collection';
import { collectionOf } from './collections';
import { bodyOf, readRows } from './item-rules';
import { projection } from './projection';

type Act = (call: Call, row: Row, above: readonly Row[]) => unknown;

const closeConnection: Act = ({ platform }, row) => {
  const { id, device_id: deviceId } = row as Connection;
  platform.gateway.connection(deviceId, false);
  return { id };
};

/** What DELETE does to an entry, by the path of its collection. */
const removals: Readonly<Record<string, Act>> = {
  'gw/channels/connections': closeConnection,
  'gw/devices/connections': closeConnection,
  'gw/devices/commands-queue': ({ platform }, row, [device]) => {
    platform.commands.cancel(device as Item, row as QueuedCommand);
    return { id: (row as QueuedCommand).id };
  },
  'gw/devices/settings': ({ platform, query }, row, [device]) =>
    query.data['pending'] === true
      ? platform.settings.cancel(device as Item, row as DeviceSetting)
      : platform.settings.read(device as Item, row as DeviceSetting),
  'mqtt/sessions': ({ broker }, row) => {
    const { id } = row as SessionItem;
    broker.closeSession(id);
    return { id };
  },
  'mqtt/sessions/subscriptions': ({ broker }, row, [session]) => {
    const { topic } = row as SubscriptionItem;
    broker.unsubscribe((session as SessionItem).id, topic);
    return { topic };
  },
};

/** How the methods work on entries: `gw/devices/{}/settings/{}`, dictionaries, MQTT sessions and all like them. */
export const entryRules = {
  GET: readRows,

  /** Only settings can be written. */
  PUT(call: Call): Outcome {
    const body = bodyOf(call);
    const show = projection(call, collectionOf(collectionPath(call)));
    return {
      result: eachPicked(call, (row, [device]) =>
        show(call.platform.settings.change(device as Item, row as DeviceSetting, body)),
      ),
    };
  },

  DELETE(call: Call): Outcome {
    const act = removals[collectionPath(call)];
    if (!act) throw badRequest('this cannot be deleted');
    return { result: eachPicked(call, (row, above) => act(call, row, above)) };
  },
};

function collectionPath({ resource }: Call): string {
  return resource.path.replaceAll('/{}', '');
}
