import type { AclEntry, Token } from './token';

/** Which items of a collection an entry opens. */
export type ItemScope = 'all' | 'in-groups' | ReadonlySet<number>;

/** Methods and submodule of a call, as access control lists name them. */
export interface Action {
  /** `gw/devices` */
  uri: string;
  method: string;
  /** `messages`, `telemetry`... for what is below an item. */
  submodule?: string | undefined;
}

/** The namespaces of which only a master token sees anything but the account itself (flespi KB "Tokens"). */
const masterOnly = /^platform\/(?!customer$)/;

/** Every ACL token may look these up (flespi forum, platform changelog). */
const dictionaries = new Set([
  'gw/channel-protocols',
  'gw/stream-protocols',
  'gw/plugin-types',
  'gw/message-parameters',
  'gw/device-types',
  'storage/expressions',
  'auth/info',
  'auth/regions',
]);

/**
 * Which items the token may do this to; `undefined` when none. Several entries for the same uri add up. What is right for an
 * item is not yet right for its submodules: each wants its own methods (flespi forum, platform changelog, February 2020).
 */
export function scopeOfAction({ access }: Token, action: Action): ItemScope | undefined {
  if (access.type === 1) return 'all';
  if (access.type === 0) return masterOnly.test(action.uri) ? undefined : 'all';
  if (dictionaries.has(action.uri)) return action.method === 'GET' ? 'all' : undefined;
  if (action.uri.startsWith('platform/')) return undefined;
  let scope: ItemScope | undefined;
  for (const entry of access.acl ?? []) {
    if (entry.uri === action.uri && allows(entry, action)) scope = widen(scope, entry.ids);
  }
  return scope;
}

function allows(entry: AclEntry, { method, submodule }: Action): boolean {
  if (submodule === undefined) return entry.methods?.includes(method) ?? false;
  return (
    entry.submodules?.some(({ name, methods }) => name === submodule && (methods?.includes(method) ?? false)) ?? false
  );
}

function widen(scope: ItemScope | undefined, ids: AclEntry['ids']): ItemScope {
  if (scope === 'all' || ids === undefined || ids === 'all') return 'all';
  if (ids === 'in-groups') return 'in-groups';
  return scope instanceof Set ? new Set([...scope, ...ids]) : (scope ?? new Set(ids));
}

/** The groups that a list opens; `in-groups` of other entries means the members of these. */
export function groupsOf({ access }: Token): ReadonlySet<number> | 'all' {
  const groups = new Set<number>();
  for (const entry of access.acl ?? []) {
    if (entry.uri !== 'gw/groups') continue;
    if (!Array.isArray(entry.ids)) return 'all';
    for (const id of entry.ids) groups.add(id);
  }
  return groups;
}
