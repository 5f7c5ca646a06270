/** HTTP methods of the platform. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * What a resource is made of, which decides how its methods work: items of an entity, links of a relation, entries that the
 * platform keeps below an item, records in order of time, or an action with a rule of its own.
 */
export type ResourceKind = 'items' | 'links' | 'entries' | 'series' | 'action';

/**
 * The parameters that a method understands, in flespi's own legend: `f` query `fields`, `p` query `limit` and `offset`,
 * `d` query `data`, `B` a JSON body.
 */
export type Methods = Partial<Record<Method, string>>;

export interface Resource {
  /** `{}` stands for a selector; what it selects from is the path before it without the other selectors. */
  path: string;
  kind: ResourceKind;
  methods: Methods;
  /** It exists only where this is assumed. */
  assumed?: 'telemetryWithoutNames';
}

const full = { GET: 'fp', PUT: 'fB', PATCH: 'fB', DELETE: '' } as const;
const link = { GET: 'fp', POST: 'fB', DELETE: '' } as const;
const richLink = { GET: 'fp', POST: 'fB', PUT: 'fB', DELETE: '' } as const;
const read = { GET: 'd' } as const;
const list = { GET: 'fp' } as const;
const calculate = { GET: 'd', POST: 'B' } as const;

/**
 * The resources that the sandbox has, after the catalogue of flespi-io-js (2025) and the additions of 2026. What is not here
 * is an unknown path, as README.md says: `ai`, billing, chat, realm users, file uploads.
 */
export const catalogue: readonly Resource[] = [
  ...entity('gw/channels', { movable: true }),
  at('gw/channels/{}/connections/{}', 'entries', { GET: 'fp', DELETE: '' }),
  at('gw/channels/{}/idents/{}', 'entries', { GET: 'p' }),
  at('gw/channels/{}/idents/{}/packets', 'series', read),
  at('gw/channels/{}/messages', 'series', { GET: 'd', DELETE: 'd' }),

  ...entity('gw/devices', { movable: true }),
  at('gw/devices/{}/messages', 'series', { GET: 'd', POST: 'B' }),
  at('gw/devices/{}/messages/calculate', 'action', { GET: 'd' }),
  at('gw/devices/{}/calculate', 'action', { POST: 'B' }),
  { ...at('gw/devices/{}/telemetry', 'action', { GET: '' }), assumed: 'telemetryWithoutNames' },
  at('gw/devices/{}/telemetry/{}', 'action', { GET: '', DELETE: 'B' }),
  at('gw/devices/{}/settings/{}', 'entries', { GET: 'fp', PUT: 'fB', DELETE: 'd' }),
  at('gw/devices/{}/commands', 'action', { POST: 'fB' }),
  at('gw/devices/{}/commands-queue', 'action', { POST: 'fB' }),
  at('gw/devices/{}/commands-queue/{}', 'entries', { GET: 'fp', DELETE: 'f' }),
  at('gw/devices/{}/commands-result', 'series', read),
  at('gw/devices/{}/commands-result/{}', 'entries', { GET: 'f' }),
  at('gw/devices/{}/connections/{}', 'entries', { GET: 'fp', DELETE: '' }),
  at('gw/devices/{}/geofences/{}', 'links', link),
  at('gw/devices/{}/media', 'series', read),
  at('gw/devices/{}/packets', 'series', read),
  at('gw/devices/{}/sms', 'series', read),

  ...entity('gw/streams'),
  at('gw/streams/{}/channels/{}', 'links', link),
  at('gw/streams/{}/devices/{}', 'links', richLink),
  at('gw/streams/{}/groups/{}', 'links', link),
  at('gw/streams/{}/geofences/{}', 'links', richLink),
  at('gw/streams/{}/messages', 'action', { POST: 'd', DELETE: '' }),
  at('gw/streams/{}/packets', 'series', read),

  ...entity('gw/calcs'),
  at('gw/calcs/{}/devices/{}', 'links', richLink),
  at('gw/calcs/{}/devices/{}/intervals/{}', 'action', { GET: 'd', PUT: 'B' }),
  at('gw/calcs/{}/devices/{}/intervals/calculate', 'action', { GET: 'd' }),
  at('gw/calcs/{}/devices/{}/calculate', 'action', { POST: 'B' }),
  at('gw/calcs/{}/devices/{}/recalculate', 'action', { POST: 'B' }),
  at('gw/calcs/{}/assets/{}', 'links', richLink),
  at('gw/calcs/{}/groups/{}', 'links', richLink),
  at('gw/calcs/{}/geofences/{}', 'links', richLink),

  ...entity('gw/plugins'),
  at('gw/plugins/{}/devices/{}', 'links', { ...richLink, PATCH: 'fB' }),
  at('gw/plugins/{}/groups/{}', 'links', richLink),
  at('gw/plugins/{}/geofences/{}', 'links', richLink),
  at('gw/plugins/{}/packets', 'series', read),

  ...entity('gw/geofences'),
  at('gw/geofences/{}/hittest', 'action', { GET: 'fd' }),

  ...entity('gw/groups'),
  at('gw/groups/{}/devices/{}', 'links', link),
  at('gw/groups/{}/assets/{}', 'links', link),
  at('gw/groups/{}/geofences/{}', 'links', link),

  ...entity('gw/assets'),
  at('gw/assets/{}/intervals', 'series', { GET: 'd', POST: 'B' }),

  ...entity('gw/modems'),

  at('gw/channel-protocols/{}', 'entries', list),
  at('gw/channel-protocols/{}/device-types/{}', 'entries', list),
  at('gw/stream-protocols/{}', 'entries', list),
  at('gw/plugin-types/{}', 'entries', list),
  at('gw/message-parameters/{}', 'entries', list),

  ...entity('storage/containers', { movable: true }),
  at('storage/containers/{}/messages', 'series', { GET: 'd', POST: 'B', DELETE: 'd' }),
  at('storage/containers/{}/messages/calculate', 'action', { GET: 'd' }),
  at('storage/containers/{}/calculate', 'action', { POST: 'B' }),
  ...entity('storage/cdns', { movable: true }),
  at('storage/cdns/{}/files', 'series', read),
  at('storage/expressions/functions', 'action', { GET: '' }),
  at('storage/expressions/test', 'action', { GET: 'd', POST: 'B' }),

  at('mqtt/sessions', 'action', { POST: 'B' }),
  at('mqtt/sessions/{}', 'entries', { GET: 'fp', DELETE: '' }),
  at('mqtt/sessions/{}/subscriptions', 'action', { POST: 'fB' }),
  at('mqtt/sessions/{}/subscriptions/{}', 'entries', { GET: 'fp', DELETE: '' }),
  at('mqtt/messages', 'action', { POST: 'B' }),
  at('mqtt/messages/{}', 'action', { GET: 'fd', DELETE: 'B' }),
  at('mqtt/logs', 'series', read),
  at('mqtt/logs/calculate', 'action', calculate),

  at('platform/customer', 'action', { GET: 'f', PUT: 'fB', PATCH: 'fB' }),
  at('platform/customer/logs', 'series', read),
  at('platform/customer/logs/calculate', 'action', calculate),
  at('platform/customer/statistics', 'series', read),
  ...entity('platform/tokens'),
  ...entity('platform/subaccounts'),
  ...entity('platform/limits'),
  ...entity('platform/grants'),
  at('platform/grants/{}/subaccounts/{}', 'links', link),
  at('platform/grantors/{}', 'entries', { GET: 'fp', DELETE: '' }),
  ...entity('platform/realms'),
  at('platform/realms/{}/identity-providers/{}', 'links', richLink),
  ...entity('platform/webhooks'),
  at('platform/webhooks/{}/packets', 'series', read),
  ...entity('platform/identity-providers'),
  at('platform/oauth/{}', 'entries', { GET: 'fp', DELETE: '' }),
  at('platform/deleted/{}', 'entries', list),
  at('platform/deleted/{}/logs', 'series', read),
  at('platform/deleted/{}/restore', 'action', { POST: '' }),

  at('auth/info', 'action', { GET: '' }),
  at('auth/regions', 'action', { GET: '' }),
];

function at(path: string, kind: ResourceKind, methods: Methods): Resource {
  return { path, kind, methods };
}

/** The paths that every kind of item has. */
function entity(path: string, { movable = false } = {}): Resource[] {
  return [
    at(path, 'items', { POST: 'fB' }),
    at(`${path}/{}`, 'items', full),
    at(`${path}/{}/logs`, 'series', read),
    at(`${path}/{}/logs/calculate`, 'action', calculate),
    ...(movable ? [at(`${path}/{}/cid`, 'action', { PUT: 'fB' })] : []),
  ];
}
