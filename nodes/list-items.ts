import type { Account } from './account';
import type { CallSpec } from './protocol/call';
import { runCall } from './protocol/run-call';
import type { Selector } from './protocol/selector';

/** Collections that dialogs may list. A list, so that a dialog cannot make the account read anything else. */
const listed: ReadonlySet<string> = new Set([
  'devices',
  'channels',
  'groups',
  'calcs',
  'streams',
  'geofences',
  'plugins',
  'assets',
]);

const most = 1000;
const milliseconds = 10_000;

export interface ItemList {
  items: { id: number; name: string }[];
  /** flespi has more of them. */
  more: boolean;
}

export const isListed = (kind: string): boolean => listed.has(kind);

/** Ids and names of a collection, at most 1,000, searched at flespi; nothing else of the items. */
export async function listItems(account: Account, kind: string, search: string): Promise<ItemList> {
  const { cid } = account.settings;
  const spec: CallSpec = {
    method: 'GET',
    template: `gw/${kind}/:${kind}`,
    selectors: [searchSelector(kind, search)],
    fields: ['id', 'name'],
    limit: most,
    results: 'page',
    timeout: milliseconds,
    deadline: milliseconds,
    ...(cid === undefined ? {} : { cid }),
  };
  const calls = runCall(spec, account.http, { signal: new AbortController().signal, pace: account.pace });
  const items: ItemList['items'] = [];
  let count = 0;
  for await (const { payload, pagination } of calls) {
    count = pagination?.count ?? 0;
    for (const entry of Array.isArray(payload) ? (payload as Record<string, unknown>[]) : []) {
      const { id, name } = entry;
      if (typeof id === 'number' && items.length < most) items.push({ id, name: typeof name === 'string' ? name : '' });
    }
  }
  return { items, more: count > items.length };
}

/** By a part of the name, and where it can be one, by the id. */
function searchSelector(kind: string, search: string): Selector {
  if (search === '') return { kind: 'all' };
  const byName = spellings(search).map((spelling) => `name~${wildcard(spelling)}`);
  const byId = /^\d{1,15}$/.test(search) ? [`id==${search}`] : [];
  const byIdent = kind === 'devices' ? [`$configuration.ident~${wildcard(search)}`] : [];
  return { kind: 'expression', expression: [...byName, ...byId, ...byIdent].join(' || ') };
}

/** flespi tells `van` from `Van`, and people who search do not. */
function spellings(search: string): string[] {
  const lower = search.toLowerCase();
  return [...new Set([search, lower, lower.charAt(0).toUpperCase() + lower.slice(1), search.toUpperCase()])];
}

const wildcard = (text: string): string => `"*${text.replaceAll(/[\\"]/g, '\\$&')}*"`;
