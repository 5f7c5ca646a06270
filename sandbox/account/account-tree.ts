import type { Item } from '../platform/item';
import type { ItemStore } from '../platform/item-store';
import type { Accounts } from './accounts';
import type { Token } from './token';
import { matchesAddress } from './address-mask';
import { mayPublish, maySubscribe, type InGroups } from './topic-rights';

export interface AccountTreeOptions {
  /** The master account. */
  rootCid: number;
  /** Token items, as REST edits them. */
  tokens: ItemStore;
  /** Subaccount items: `id` is the account's cid, `cid` its parent. */
  subaccounts: ItemStore;
  inGroups: InGroups;
  /** Removes a token that has lapsed. */
  removeToken: (token: Item) => void;
  /** Unix seconds. */
  now: () => number;
}

const scheme = /^FlespiToken +/i;
/** Bytes of the key that do with the token's id (flespi "MQTT API"). */
const shortestPrefix = 16;

/** The accounts and their tokens, over the same items that `platform/tokens` and `platform/subaccounts` show. */
export class AccountTree implements Accounts {
  readonly rootCid: number;
  readonly #options: AccountTreeOptions;
  /** Account and all below it, by account; emptied whenever the tree changes. */
  readonly #subtrees = new Map<number, ReadonlySet<number>>();

  constructor(options: AccountTreeOptions) {
    this.rootCid = options.rootCid;
    this.#options = options;
  }

  /** With `address`, the token's `ips` must allow it. */
  byHeader(header: string | undefined, address?: string): Token | undefined {
    if (header === undefined) return undefined;
    return this.#live(this.#byKey(header.trim().replace(scheme, '')), address);
  }

  byCredentials(username: string | undefined, password: string | undefined, address?: string): Token | undefined {
    const key = username?.replace(scheme, '') ?? '';
    const found = this.#byKey(key) ?? (password ? (this.#byKey(password) ?? this.#byPrefix(key, password)) : undefined);
    return this.#live(found, address);
  }

  lineage(cid: number): readonly number[] {
    const line: number[] = [];
    for (let at: number | undefined = cid; at !== undefined; at = this.#options.subaccounts.get(at)?.cid) line.push(at);
    return line;
  }

  exists(cid: number): boolean {
    return cid === this.rootCid || this.#options.subaccounts.get(cid) !== undefined;
  }

  /** The account and all below it. */
  subtree(cid: number): ReadonlySet<number> {
    let subtree = this.#subtrees.get(cid);
    if (!subtree) {
      const found = new Set([cid]);
      // A set grows while it is walked: children of children are met in the same loop.
      for (const parent of found) {
        for (const account of this.#options.subaccounts.values()) if (account.cid === parent) found.add(account.id);
      }
      this.#subtrees.set(cid, (subtree = found));
    }
    return subtree;
  }

  /** Call when a subaccount came, went or moved. */
  changed(): void {
    this.#subtrees.clear();
  }

  mayPublish(token: Token, topic: string): boolean {
    return mayPublish(token, topic);
  }

  maySubscribe(token: Token, filter: string): boolean {
    return maySubscribe(token, filter, this.#options.inGroups);
  }

  #byKey(key: string): Token | undefined {
    if (key === '') return undefined;
    for (const item of this.#options.tokens.values()) if (item['key'] === key) return item as unknown as Token;
    return undefined;
  }

  #byPrefix(id: string, prefix: string): Token | undefined {
    if (!/^\d{1,15}$/.test(id) || Buffer.byteLength(prefix) < shortestPrefix) return undefined;
    const token = this.#options.tokens.get(Number(id)) as unknown as Token | undefined;
    return token?.key.startsWith(prefix) ? token : undefined;
  }

  /** Refreshes `accessed` of a token that may be used; one that has lapsed is removed (flespi KB "Tokens"). */
  #live(token: Token | undefined, address: string | undefined): Token | undefined {
    if (!token) return undefined;
    const now = this.#options.now();
    if (hasLapsed(token, now)) {
      this.#options.removeToken(token as unknown as Item);
      return undefined;
    }
    if (!token.enabled || (address !== undefined && !matchesAddress(token.ips, address))) return undefined;
    token.accessed = Math.floor(now);
    return token;
  }
}

/** Valid while either of `ttl`, counted from the last use, and `expire` has not passed. */
function hasLapsed({ ttl, expire, accessed, created }: Token, now: number): boolean {
  const used = Math.max(accessed, created);
  return !((ttl > 0 && now <= used + ttl) || (expire > 0 && now <= expire));
}
