import type { BrokerCore } from './broker-core';
import type { Client } from './client';
import type { Delivery } from './delivery';
import { Message } from './message';
import type { Publication } from './publication';
import type { Session } from './session';
import { ShareGroup } from './shared-subscription';
import type { Subscription } from './subscription';
import { SubscriptionIndex } from './subscription-index';

/** The subscriptions of one account. */
class Account {
  readonly index = new SubscriptionIndex<Subscription | ShareGroup>();
  /** By the whole topic of the subscription; a group is here exactly while it has a member. */
  readonly groups = new Map<string, ShareGroup>();
}

/** What one session gets of a message: one copy for all of its subscriptions that match [MQTT-3.3.4-2]. */
interface Copy {
  qos: number;
  retain: boolean;
  identifiers: number[];
  group: ShareGroup | undefined;
}

/** Brings messages to the sessions that subscribed to them, in the account of the publisher and in the accounts above it. */
export class Router {
  readonly #accounts = new Map<number, Account>();

  constructor(private readonly core: Pick<BrokerCore, 'accounts' | 'assumptions' | 'faults' | 'limits' | 'random'>) {}

  add(subscription: Subscription): void {
    const { cid } = subscription.session;
    let account = this.#accounts.get(cid);
    if (account === undefined) this.#accounts.set(cid, (account = new Account()));
    if (subscription.share === undefined) {
      account.index.add(subscription.levels, subscription);
      return;
    }
    let group = account.groups.get(subscription.topic);
    if (group === undefined) {
      group = new ShareGroup(this.core.random);
      account.groups.set(subscription.topic, group);
      account.index.add(subscription.levels, group);
    }
    group.join(subscription);
  }

  delete(subscription: Subscription): void {
    const { cid } = subscription.session;
    const account = this.#accounts.get(cid);
    if (account === undefined) return;
    if (subscription.share === undefined) {
      account.index.delete(subscription.levels, subscription);
    } else {
      const group = account.groups.get(subscription.topic);
      group?.leave(subscription.session);
      if (group?.isEmpty === true) {
        account.groups.delete(subscription.topic);
        account.index.delete(subscription.levels, group);
      }
    }
    if (account.index.isEmpty) this.#accounts.delete(cid);
  }

  /**
   * Delivers a message. `from` is the session of the publisher, which No Local spares [MQTT-3.8.3-3]. Gives a subscriber that is too
   * slow for it, if there is one: the publisher should wait.
   */
  route(message: Message, from?: Session): Client | undefined {
    let slow: Client | undefined;
    const copies = new Map<Session, Copy>();
    const visit = (item: Subscription | ShareGroup): void => {
      if (item instanceof ShareGroup) {
        const member = item.pick(message);
        if (member !== undefined)
          slow = this.#deliver(member.session, message, merge(undefined, member, message, item)) ?? slow;
      } else if (accepts(item, message, from)) {
        copies.set(item.session, merge(copies.get(item.session), item, message, undefined));
      }
    };
    for (const cid of this.core.accounts.lineage(message.publication.cid))
      this.#accounts.get(cid)?.index.match(message.levels, visit);
    for (const [session, copy] of copies) slow = this.#deliver(session, message, copy) ?? slow;
    return slow;
  }

  /** Brings deliveries that a member of a shared subscription left behind to another one. */
  reroute(deliveries: readonly Delivery[], except: Session): void {
    for (const { message, group } of deliveries) {
      const member = group?.pick(message, except);
      if (member !== undefined) this.#deliver(member.session, message, merge(undefined, member, message, group));
    }
  }

  /** Retained messages for a new subscription; they pass its conditions like live ones. */
  replay(subscription: Subscription, retained: readonly Publication[]): void {
    const deliveries: Delivery[] = [];
    for (const publication of retained) {
      const message = new Message(publication);
      if (!accepts(subscription, message, undefined)) continue;
      const copy = merge(undefined, subscription, message, undefined);
      // Set on what a subscription brings, whatever Retain As Published says [MQTT-3.3.1-8].
      deliveries.push(this.#toDelivery(message, { ...copy, retain: true }));
    }
    if (deliveries.length > 0) subscription.session.outbox.replay(deliveries);
  }

  #deliver(session: Session, message: Message, copy: Copy): Client | undefined {
    session.outbox.deliver(this.#toDelivery(message, copy));
    const { client } = session;
    return client !== undefined && client.backlog > this.core.limits.backlogBytes ? client : undefined;
  }

  #toDelivery(message: Message, { qos, retain, identifiers, group }: Copy): Delivery {
    return {
      message,
      qos: Math.min(qos, this.core.assumptions.maximumQoS) as Delivery['qos'],
      retain,
      identifiers: this.core.faults.omitIdentifiers === true ? [] : identifiers,
      group,
    };
  }
}

function accepts(subscription: Subscription, message: Message, from: Session | undefined): boolean {
  if (subscription.noLocal && subscription.session === from) return false;
  for (const passes of subscription.conditions) if (!passes(message)) return false;
  return true;
}

/** The highest QoS of all subscriptions that match [MQTT-3.3.4-2], the retain flag if one wants it, and all identifiers. */
function merge(
  copy: Copy | undefined,
  subscription: Subscription,
  { publication }: Message,
  group: ShareGroup | undefined,
): Copy {
  const qos = Math.min(publication.qos, subscription.qos);
  const retain = subscription.retainAsPublished && publication.retain;
  if (copy === undefined) {
    const identifiers = subscription.identifier === undefined ? [] : [subscription.identifier];
    return { qos, retain, identifiers, group };
  }
  copy.qos = Math.max(copy.qos, qos);
  copy.retain ||= retain;
  if (subscription.identifier !== undefined) copy.identifiers.push(subscription.identifier);
  return copy;
}
