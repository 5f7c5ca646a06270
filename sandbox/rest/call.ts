import type { ItemScope } from '../account/access-list';
import { groupsOf } from '../account/access-list';
import type { Token } from '../account/token';
import type { Item } from '../platform/item';
import type { Platform } from '../platform/platform';
import type { Broker } from '../broker/broker';
import type { Query } from './query';
import type { Resource } from './catalogue';
import type { Slot } from './route';

/** One entry of `errors` in an answer. */
export interface ErrorEntry {
  code: number;
  reason: string;
  id?: number;
  column?: number;
  schema_hint?: { fields: readonly string[] };
}

/** A call, taken apart and allowed; what the rules of the resources work on. */
export interface Call {
  platform: Platform;
  broker: Broker;
  token: Token;
  /** The account it runs in. */
  cid: number;
  /** Accounts whose items it sees: its own and those below. */
  accounts: ReadonlySet<number>;
  /** Items of the resource's first collection that the token may do this to. */
  scope: ItemScope;
  method: string;
  resource: Resource;
  slots: readonly Slot[];
  query: Query;
  /** The parsed body; undefined without one. */
  body: unknown;
  /** What went wrong with single items, beside what went well. */
  errors: ErrorEntry[];
}

/** What a rule answers; the envelope is made of it. */
export interface Outcome {
  result: readonly unknown[];
  pagination?: { limit: number; offset: number; count: number };
}

/** May the call see the item? By account, and by the ids of an access control list. */
export function maySee(call: Call, path: string, item: Item): boolean {
  if (!call.accounts.has(item.cid)) return false;
  const { scope } = call;
  if (scope === 'all' || !call.resource.path.startsWith(path)) return true;
  if (scope === 'in-groups') return call.platform.inGroups(path, item.id, groupsOf(call.token));
  return scope.has(item.id);
}
