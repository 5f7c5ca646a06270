import { entities, entityOf } from './entities';
import type { Item } from './item';
import type { Platform } from './platform';
import { badRequest } from './rejection';

/** Numbers by name: limits, where -1 is none, and counters. */
export type Figures = Record<string, number>;

const announceEvery = 10_000;
const limitNames = Object.entries(entityOf('platform/limits').fields)
  .filter(([, { type, readOnly, default: value }]) => type === 'number' && !readOnly && value === undefined)
  .map(([name]) => name);

/** The accounts as their owners see them, `platform/customer`, with what they have and use. */
export class Customers {
  readonly #platform: Platform;
  readonly #names = new Map<number, Record<string, unknown>>();
  /** The counters as they were last announced, by account. */
  readonly #announced = new Map<number, Figures>();
  #timer: NodeJS.Timeout | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** The account's own item: its id is the account's cid. */
  get(cid: number): Item {
    const account = this.#platform.items('platform/subaccounts').get(cid);
    const name = account?.['name'] ?? 'Sandbox';
    return { id: cid, cid, name, configuration: {}, metadata: {}, ...this.#names.get(cid) };
  }

  change(cid: number, values: Readonly<Record<string, unknown>>): void {
    this.#names.set(cid, { ...this.#names.get(cid), ...values });
    this.#announceItem(cid);
  }

  /** The limits of the account, by the limit that its subaccount item names. */
  limits(cid: number): Figures {
    const account = this.#platform.items('platform/subaccounts').get(cid);
    const limit = this.#platform.items('platform/limits').get(Number(account?.['limit_id'] ?? 0));
    const figures: Figures = {};
    for (const name of limitNames) {
      const value = limit?.[name];
      figures[name] = typeof value === 'number' ? value : -1;
    }
    return figures;
  }

  /** What the account has now, and what it used in the running minute. */
  counters(cid: number): Figures {
    return this.#allCounters(new Set([cid])).get(cid) ?? {};
  }

  /** Publishes the counters of all accounts that changed, now and from then on every few seconds. */
  announce(): void {
    const accounts = this.#platform.accounts.subtree(this.#platform.accounts.rootCid);
    for (const [cid, counters] of this.#allCounters(accounts)) {
      if (!this.#announced.has(cid)) this.#announceItem(cid);
      const before = this.#announced.get(cid) ?? {};
      for (const [name, value] of Object.entries(counters)) {
        if (before[name] !== value) this.#platform.topics.state(`platform/customer/counters/${name}`, cid, value);
      }
      this.#announced.set(cid, counters);
    }
    this.#timer ??= setInterval(() => this.announce(), announceEvery).unref();
  }

  /** Throws a Rejection while anything belongs to the subaccount. */
  refuseInUse(account: Item): void {
    const inUse = entities.some(({ path }) => {
      for (const item of this.#platform.items(path).values()) if (item.cid === account.id) return true;
      return false;
    });
    if (inUse) throw badRequest('the subaccount still owns items', { id: account.id });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** In one walk over the items, however many accounts there are. */
  #allCounters(accounts: ReadonlySet<number>): ReadonlyMap<number, Figures> {
    const platform = this.#platform;
    const all = new Map<number, Figures>();
    for (const cid of accounts) {
      const { calls, traffic } = platform.usage.running(cid);
      const none = Object.fromEntries(entities.map(({ path }) => [counterName(path), 0]));
      const api = { 'api/calls': calls, 'api/traffic': traffic, 'mqtt/sessions': platform.sessionsOf(cid) };
      all.set(cid, { ...none, ...api });
    }
    for (const { path } of entities) {
      const name = counterName(path);
      for (const { cid } of platform.items(path).values()) {
        const figures = all.get(cid);
        if (figures) figures[name] = (figures[name] ?? 0) + 1;
      }
    }
    return all;
  }

  #announceItem(cid: number): void {
    const { metadata: _onRequest, ...item } = this.get(cid);
    this.#platform.topics.state('platform/customer', cid, item);
  }
}

/** `gw/devices` is counted as `devices/count` (flespi KB "Account limitations"). */
function counterName(path: string): string {
  return `${path.slice(path.indexOf('/') + 1).replaceAll('-', '_')}/count`;
}
