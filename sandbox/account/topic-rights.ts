import { groupsOf, scopeOfAction } from './access-list';
import type { ItemScope } from './access-list';
import type { AclEntry, Token } from './token';

/** Is the item in one of the groups? For `"ids":"in-groups"`. */
export type InGroups = (uri: string, id: number, groups: ReadonlySet<number> | 'all') => boolean;

/**
 * May the token publish to the topic? Topics under `flespi/` are the platform's own, but for `flespi/rest/`, whose rights the call
 * itself decides (flespi "MQTT API").
 */
export function mayPublish(token: Token, topic: string): boolean {
  if (topic.startsWith('flespi/')) return topic.startsWith('flespi/rest/');
  if (token.access.type !== 2) return true;
  return mqttEntries(token, 'publish').some((entry) => covers(entry.topic as string, topic));
}

/**
 * May the token subscribe to the filter? An ACL token may only ask for what its list opens: its own topics by an `mqtt` entry,
 * `flespi/...` by the entry for the REST call that would read the same (flespi KB "Tokens").
 */
export function maySubscribe(token: Token, filter: string, inGroups: InGroups): boolean {
  if (token.access.type === 1) return true;
  return spellOut(filter).every((plain) => {
    if (plain.startsWith('flespi/')) return maySubscribePlatform(token, plain, inGroups);
    if (token.access.type === 0) return true;
    return mqttEntries(token, 'subscribe').some((entry) => covers(entry.topic as string, plain));
  });
}

function mqttEntries({ access }: Token, action: 'publish' | 'subscribe'): AclEntry[] {
  return (access.acl ?? []).filter(
    (entry) => entry.uri === 'mqtt' && entry.topic !== undefined && (entry.actions?.includes(action) ?? false),
  );
}

/** Beyond this a comma list is refused rather than multiplied out. */
const mostCombinations = 10_000;

/** Multiplies comma lists out into plain filters; a filter with too many gives one that nothing covers. */
function spellOut(filter: string): string[] {
  let filters = [''];
  for (const [index, level] of filter.split('/').entries()) {
    const options = level.split(',');
    if (filters.length * options.length > mostCombinations) return ['flespi/'];
    filters = filters.flatMap((head) => options.map((option) => (index === 0 ? option : `${head}/${option}`)));
  }
  return filters;
}

/** Does every topic that the second filter matches match the first one too? */
export function covers(outer: string, inner: string): boolean {
  const wide = outer.split('/');
  const narrow = inner.split('/');
  for (const [index, level] of wide.entries()) {
    if (level === '#') return true;
    const other = narrow[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  // `a/#` matches `a` as well [MQTT-4.7.1-2], so `a` does not cover it.
  return wide.length === narrow.length;
}

/** The submodule that stands behind `flespi/{category}/gw/devices/{id}/{property}`. */
function submoduleOf(category: string, property: string | undefined): string | undefined {
  if (category === 'message') return 'messages';
  if (category === 'log') return 'logs';
  const submodules = ['telemetry', 'settings', 'connections', 'commands-queue', 'idents', 'devices', 'geofences'];
  return property !== undefined && submodules.includes(property) ? property : undefined;
}

function maySubscribePlatform(token: Token, filter: string, inGroups: InGroups): boolean {
  const [, category, namespace, collection, item, property] = filter.split('/');
  // Answers of calls that the token was allowed to make.
  if (category === 'rest') return true;
  if (token.access.type === 0) return namespace !== 'platform';
  if (category === undefined || namespace === undefined || collection === undefined || item === undefined) return false;
  const uri = `${namespace}/${collection}`;
  const submodules =
    category === 'interval'
      ? ['intervals', 'devices']
      : property === '#'
        ? allSubmodules
        : [submoduleOf(category, property)];
  const scopes = submodules.map((submodule) => scopeOfAction(token, { uri, method: 'GET', submodule }));
  const scope =
    category === 'interval' ? (scopes[0] ?? scopes[1]) : scopes.every(Boolean) ? narrowest(scopes) : undefined;
  if (scope === undefined) return false;
  if (scope === 'all') return true;
  const id = Number(item);
  if (!Number.isSafeInteger(id)) return false;
  return scope === 'in-groups' ? inGroups(uri, id, groupsOf(token)) : scope.has(id);
}

/** What `flespi/state/gw/devices/1/#` would show. */
const allSubmodules = [undefined, 'telemetry', 'settings', 'connections', 'commands-queue'];

function narrowest(scopes: readonly (ItemScope | undefined)[]): ItemScope | undefined {
  return scopes.find((scope) => scope instanceof Set) ?? scopes.find((scope) => scope === 'in-groups') ?? scopes[0];
}
