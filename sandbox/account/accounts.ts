import type { Token } from './token';

/** Who is calling, and which accounts see each other. The one place that REST and broker ask. */
export interface Accounts {
  /**
   * The live token behind an `Authorization` header, with or without the `FlespiToken` word; refreshes `accessed`.
   * With the caller's address, the token's `ips` must allow it.
   */
  byHeader(header: string | undefined, address?: string): Token | undefined;
  /** The live token behind MQTT credentials: key as user name, key as password, or token id plus at least 16 first bytes of the key. */
  byCredentials(username: string | undefined, password: string | undefined, address?: string): Token | undefined;
  /** The account itself first, then its parents up to the root. A message of `cid` is visible in each of them. */
  lineage(cid: number): readonly number[];
  /** May this token publish to the topic? Covers `flespi/rest/...` too: rights of the call itself are checked by the REST handler. */
  mayPublish(token: Token, topic: string): boolean;
  /** May this token subscribe to the plain filter (prefixes such as `$share` and `$filter` already removed, lists still in it)? */
  maySubscribe(token: Token, filter: string): boolean;
}
