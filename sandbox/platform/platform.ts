import { AccountTree } from '../account/account-tree';
import type { Token } from '../account/token';
import type { Assumptions } from '../assumptions';
import type { PublishEvent } from '../broker/publication';
import type { DeviceLink, History } from '../fleet/gateway';
import { Calculators } from '../calculator/calculators';
import { Announcer, linkTopic, publicItem } from './announcer';
import { Bin } from './bin';
import { completeItem } from './complete-item';
import { Customers } from './customers';
import { DeviceCommands } from './device-commands';
import { DeviceGateway } from './device-gateway';
import { DeviceSettings } from './device-settings';
import { DeviceStates } from './device-state';
import { entities, entityOf } from './entities';
import { Idents } from './idents';
import type { Entity, Item } from './item';
import { ItemStore } from './item-store';
import { LinkStore, type LinkData } from './link-store';
import { LiveStates } from './live-states';
import { Logs } from './logs';
import { MessageBuffers } from './message-buffers';
import { newItem } from './new-item';
import { relations, type Relation } from './relations';
import { badRequest } from './rejection';
import { Topics } from './topics';
import { Usage } from './usage';

export interface PlatformOptions {
  assumptions: Assumptions;
  publish: PublishEvent;
  /** Unix seconds, with fractions. */
  now: () => number;
  rootCid: number;
}

/** The state of the platform and the writes to it; every write is announced on the standard topics and logged. */
export class Platform {
  readonly assumptions: Assumptions;
  readonly now: () => number;
  readonly topics: Topics;
  readonly accounts: AccountTree;
  readonly logs: Logs;
  readonly announcer: Announcer;
  readonly bin: Bin;
  readonly devices = new DeviceStates();
  readonly idents: Idents;
  readonly gateway: DeviceGateway;
  readonly calculators: Calculators;
  readonly commands: DeviceCommands;
  readonly settings: DeviceSettings;
  /** What came in by each channel, whichever device it was for. */
  readonly channelMessages: MessageBuffers;
  /** Intervals that were posted to each asset. */
  readonly assetIntervals: MessageBuffers;
  readonly usage: Usage;
  readonly customers: Customers;
  readonly liveStates: LiveStates;
  /** Where it can be reached, for `auth/regions`. */
  addresses = { http: '', mqtt: '', ws: '' };
  /** How many MQTT sessions an account has; the broker knows. */
  sessionsOf: (cid: number) => number = () => 0;
  /** Told of tokens that were deleted or disabled, for the broker to send away whoever is connected with them. */
  tokenGone: (tokenId: number) => void = () => {};
  /** Records of each container, by its id. */
  readonly containerMessages: MessageBuffers;
  /** Made-up past of the devices that the fleet plays: from `historyFrom` to `startedAt`. */
  history: History | undefined;
  historyFrom = 0;
  /** The way to the vehicles, once there are any. */
  deviceLink: DeviceLink | undefined;
  readonly startedAt: number;
  /** Aborted when the platform closes: long work ends then. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }
  readonly #closing = new AbortController();
  readonly #items: ReadonlyMap<string, ItemStore>;
  readonly #links: ReadonlyMap<string, LinkStore>;

  constructor({ assumptions, publish, now, rootCid }: PlatformOptions) {
    this.assumptions = assumptions;
    this.now = now;
    this.startedAt = now();
    this.topics = new Topics(publish);
    this.logs = new Logs(assumptions.recordsPerItem);
    this.announcer = new Announcer(this.topics, this.logs, assumptions.itemEvents, now);
    this.bin = new Bin(assumptions.deletedDays, now, (path, item) => this.logs.delete(path, item.id));
    this.#items = new Map(entities.map(({ path, firstId }) => [path, new ItemStore(firstId)]));
    this.#links = new Map(relations.map(({ path }) => [path, new LinkStore()]));
    this.channelMessages = new MessageBuffers(assumptions.recordsPerItem, 'server.timestamp');
    this.containerMessages = new MessageBuffers(assumptions.recordsPerItem, 'key');
    this.assetIntervals = new MessageBuffers(assumptions.recordsPerItem, 'begin');
    this.usage = new Usage(assumptions.recordsPerItem, now);
    this.idents = new Idents(this.items('gw/devices'));
    this.gateway = new DeviceGateway(this);
    this.customers = new Customers(this);
    this.liveStates = new LiveStates(this);
    this.calculators = new Calculators(this);
    this.commands = new DeviceCommands(this);
    this.settings = new DeviceSettings(this);
    this.accounts = new AccountTree({
      rootCid,
      now,
      tokens: this.items('platform/tokens'),
      subaccounts: this.items('platform/subaccounts'),
      inGroups: (path, id, groups) => this.inGroups(path, id, groups),
      removeToken: (token) => this.remove('platform/tokens', token),
    });
  }

  close(): void {
    this.#closing.abort(new Error('The platform is closed'));
    this.calculators.close();
    this.customers.close();
    this.liveStates.close();
    this.commands.close();
    this.settings.close();
  }

  items(path: string): ItemStore {
    return this.#items.get(path) ?? new ItemStore(entityOf(path).firstId);
  }

  links(path: string): LinkStore {
    return this.#links.get(path) ?? new LinkStore();
  }

  /** Is the item in one of the groups? With `all`, in any group. */
  inGroups(path: string, id: number, groups: ReadonlySet<number> | 'all'): boolean {
    if (path === 'gw/groups') return groups === 'all' || groups.has(id);
    for (const group of this.links(`gw/groups/${path.slice(path.indexOf('/') + 1)}`).parents(id)) {
      if (groups === 'all' || groups.has(group)) return true;
    }
    return false;
  }

  /** Makes an item of checked values. Throws a Rejection when it cannot be. */
  create(path: string, cid: number, values: Readonly<Record<string, unknown>>, actor?: Token): Item {
    const entity = entityOf(path);
    const store = this.items(path);
    const item = newItem(entity, store.nextId(), cid, values);
    completeItem[path]?.(item, this);
    store.set(item);
    this.#changedAccounts(path);
    this.#announceItem(path, item);
    this.announcer.itemEvent(entity, 'created', item, { new: publicItem(entity, item) }, actor);
    return item;
  }

  /** Puts an item that is there when the platform starts: no log, and topics only when {@link announce} is called. */
  seed(path: string, cid: number, values: Readonly<Record<string, unknown>>, id?: number): Item {
    const store = this.items(path);
    const item = newItem(entityOf(path), id ?? store.nextId(), cid, values);
    completeItem[path]?.(item, this);
    store.set(item);
    this.#changedAccounts(path);
    return item;
  }

  /** Publishes the state of all items and links; where there are very many, without the single properties. */
  announce(): void {
    for (const entity of entities) {
      const items = this.items(entity.path);
      const alone = items.size > mostAnnounced;
      for (const item of items.values()) this.topics.item(entity.path, publicItem(entity, item), alone);
    }
    this.liveStates.announceAll();
    for (const relation of relations) {
      const links = this.links(relation.path);
      for (const parent of this.items(relation.parent.path).values()) {
        for (const id of links.children(parent.id)) {
          this.announcer.link(relation, parent, id, links.get(parent.id, id) ?? {});
        }
      }
    }
    this.customers.announce();
  }

  /** Stores new values of some fields, already checked. */
  change(path: string, item: Item, values: Readonly<Record<string, unknown>>, actor?: Token): Item {
    const entity = entityOf(path);
    const next: Item = { ...item, ...values };
    completeItem[path]?.(next, this);
    this.items(path).set(next);
    if (path === 'gw/calcs') this.calculators.forget(item.id);
    if (path === 'platform/tokens' && next['enabled'] === false) this.tokenGone(item.id);
    if (path === 'gw/devices' && next['device_type_id'] !== item['device_type_id']) this.settings.forget(next);
    const [old, now] = [publicItem(entity, item), publicItem(entity, next)];
    if (next.cid === item.cid) this.topics.changes(path, old, now);
    else {
      // What is retained belongs to an account, and the old one must not see the item any more.
      this.#withdrawItem(path, item);
      this.#announceItem(path, next);
    }
    this.announcer.itemEvent(entity, 'updated', next, { old, new: now }, actor);
    return next;
  }

  /** Moves an item to another account; the caller has checked that it may. */
  move(path: string, item: Item, cid: number, actor?: Token): Item {
    if (path === 'gw/devices' && item['enabled'] === true) {
      throw badRequest('a device must be disabled before it is moved', { id: item.id });
    }
    return this.change(path, item, { cid }, actor);
  }

  remove(path: string, item: Item, actor?: Token): void {
    const entity = entityOf(path);
    if (path === 'platform/subaccounts') this.customers.refuseInUse(item);
    if (path === 'gw/devices') {
      this.gateway.connection(item.id, false);
      this.idents.release(item.id);
    }
    if (path === 'gw/calcs') this.calculators.forget(item.id);
    this.#unlinkAll(entity, item.id);
    this.items(path).delete(item.id);
    this.#changedAccounts(path);
    if (entity.restorable) this.bin.put(entity, item);
    this.#messagesOf(path)?.delete(item.id);
    this.#withdrawItem(path, item);
    if (path === 'gw/devices') this.devices.delete(item.id);
    if (path === 'platform/tokens') this.tokenGone(item.id);
    this.announcer.itemEvent(entity, 'deleted', item, { old: publicItem(entity, item) }, actor);
    // Nobody can ask for the logs of what is gone for good.
    if (!entity.restorable) this.logs.delete(path, item.id);
  }

  /** Puts a deleted item back under its old id. */
  restore(path: string, item: Item, actor?: Token): Item {
    const entity = entityOf(path);
    const back = { ...item };
    completeItem[path]?.(back, this);
    if (path === 'gw/devices' && back['blocked'] === true) throw badRequest('its ident is in use', { id: item.id });
    this.items(path).set(back);
    this.#announceItem(path, back);
    this.announcer.itemEvent(entity, 'created', back, { new: publicItem(entity, back) }, actor);
    return back;
  }

  link(relation: Relation, parent: Item, child: Item, data: LinkData): void {
    this.links(relation.path).set(parent.id, child.id, data);
    this.announcer.link(relation, parent, child.id, data);
    this.announcer.linkEvent(relation, 'created', parent, child.id);
  }

  changeLink(relation: Relation, parent: Item, childId: number, data: LinkData): void {
    this.links(relation.path).set(parent.id, childId, data);
    this.announcer.link(relation, parent, childId, data);
    this.announcer.linkEvent(relation, 'updated', parent, childId);
  }

  unlink(relation: Relation, parent: Item, childId: number): void {
    if (!this.links(relation.path).delete(parent.id, childId)) return;
    const topic = linkTopic(relation, parent.id, childId);
    this.topics.state(topic, parent.cid, undefined);
    if (relation.path === 'gw/calcs/devices') {
      this.calculators.forget(parent.id, childId);
      for (const name of ['synced', 'last', 'active']) this.topics.state(`${topic}/${name}`, parent.cid, undefined);
    }
    this.announcer.linkEvent(relation, 'deleted', parent, childId);
  }

  #unlinkAll(entity: Entity, id: number): void {
    for (const relation of relations) {
      const links = this.links(relation.path);
      if (relation.child === entity) {
        for (const parentId of links.parents(id)) {
          const parent = this.items(relation.parent.path).get(parentId);
          if (parent) this.unlink(relation, parent, id);
        }
      }
      const parent = relation.parent === entity ? this.items(entity.path).get(id) : undefined;
      if (parent) for (const childId of links.children(id)) this.unlink(relation, parent, childId);
    }
  }

  /** Tells what is retained of an item. */
  #announceItem(path: string, item: Item): void {
    this.topics.item(path, publicItem(entityOf(path), item));
    this.liveStates.announce(path, item);
  }

  #withdrawItem(path: string, item: Item): void {
    this.topics.gone(path, publicItem(entityOf(path), item));
    this.liveStates.withdraw(path, item);
  }

  /** The messages or intervals that go with an item of this kind. */
  #messagesOf(path: string): MessageBuffers | undefined {
    if (path === 'gw/channels') return this.channelMessages;
    if (path === 'storage/containers') return this.containerMessages;
    return path === 'gw/assets' ? this.assetIntervals : undefined;
  }

  #changedAccounts(path: string): void {
    if (path === 'platform/subaccounts') this.accounts.changed();
  }
}

/** Items of a kind whose properties are all retained from the start: a dozen messages each. */
const mostAnnounced = 5000;
