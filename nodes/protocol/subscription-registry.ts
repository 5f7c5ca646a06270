import type { IPublishPacket } from 'mqtt';
import { AckLedger } from './ack-ledger';
import { checkSubscription } from './check-subscription';
import type { Clock } from './clock';
import type { HoldBounds } from './held-deliveries';
import type { LinkDown } from './link-end';
import { OrphanBacklog } from './orphan-backlog';
import { PublicationRouter } from './publication-router';
import { SubscribeExchange, type ExchangeOptions, type LinkUp } from './subscribe-exchange';
import type { Subscription, SubscriptionListener, SubscriptionRequest } from './subscription';
import { SubscriptionShare } from './subscription-share';
import { SubscriptionWire } from './subscription-wire';
import { Timers } from './timers';
import { toDelivery } from './to-delivery';

export interface RegistryOptions extends ExchangeOptions {
  clock: Clock;
  /** Milliseconds that a redeploy has to come back. */
  grace: number;
  hold: HoldBounds;
  receiveMaximum: number;
  /** Somebody subscribed, or the last has gone. */
  changed: () => void;
}

/** Everything that is wanted of the broker, connected or not, and who wants it: who comes and goes, and who gets what. */
export class SubscriptionRegistry {
  /** By filter. A wire is here exactly while somebody takes part in it, or may come back within the grace time. */
  readonly #wires = new Map<string, SubscriptionWire>();
  readonly #router: PublicationRouter;
  readonly #exchange: SubscribeExchange;
  readonly #options: RegistryOptions;
  readonly #timers: Timers;
  readonly #orphans: OrphanBacklog;
  #ledger: AckLedger | undefined;

  constructor(options: RegistryOptions) {
    const wires = (): Iterable<SubscriptionWire> => this.#wires.values();
    this.#options = options;
    this.#timers = new Timers(options.clock);
    this.#orphans = new OrphanBacklog(options.hold);
    this.#router = new PublicationRouter(wires, () => options.clock.elapsed());
    this.#exchange = new SubscribeExchange(options, wires, this.#router);
  }

  /** Shares that want messages, without those that may come back. */
  get size(): number {
    let size = 0;
    for (const wire of this.#wires.values()) for (const share of wire.shares) if (!share.departed) size += 1;
    return size;
  }

  /** Never throws: a filter that cannot be used gives a subscription that is refused. */
  add(request: SubscriptionRequest, listener: SubscriptionListener): Subscription {
    const share = new SubscriptionShare(request, listener, {
      clock: this.#options.clock,
      hold: this.#options.hold,
      closed: (closed, forget) => this.#leave(closed, forget),
    });
    const poison = checkSubscription(request.filter);
    if (poison) {
      queueMicrotask(() => share.departed || share.enter({ kind: 'refused', reason: poison }));
      return share;
    }
    this.#join(this.#wireFor(request), share);
    this.#options.changed();
    return share;
  }

  linkUp(up: LinkUp): void {
    const { receiveMaximum: window, hold } = this.#options;
    this.#ledger = new AckLedger((packetId) => up.link.acknowledge(packetId), { window, ...hold });
    if (up.sessionPresent) {
      this.#orphans.begin();
      this.#timers.after(this.#options.grace, () => this.#orphans.end());
    }
    this.#exchange.linkUp(up);
  }

  /** Returns whether a SUBSCRIBE seems to have done it; `announce` follows. */
  linkDown(end: LinkDown): boolean {
    this.#ledger?.void();
    this.#ledger = undefined;
    this.#orphans.end();
    return this.#exchange.linkDown(end);
  }

  /** Tells the shares that there is no link. */
  announce(): void {
    this.#exchange.announce();
  }

  /** Gives a publication to those it is for; returns whether it is to be acknowledged at once. */
  publication(packet: IPublishPacket): boolean {
    const shares = this.#router.route(packet);
    const ledger = this.#ledger;
    const { messageId } = packet;
    const orphan = shares.length === 0 && this.#orphans.keeps;
    const ticket =
      packet.qos === 1 &&
      ledger &&
      messageId !== undefined &&
      (orphan || ledger.size > 0 || shares.some(({ defers }) => defers))
        ? ledger.add(messageId, packet.payload.length, shares.length + 1)
        : undefined;
    if (orphan && ticket) {
      this.#orphans.keep(packet, ticket);
      return false;
    }
    // The original goes to the last: whoever has it may change it.
    for (const share of shares) share.offer(toDelivery(packet, share === shares.at(-1)), ticket);
    ticket?.release();
    return ticket === undefined;
  }

  /** When more messages of QoS 1 are held than may be: settles as soon as there is room again. */
  room(): Promise<void> | undefined {
    return this.#ledger?.full ? this.#ledger.room() : undefined;
  }

  /** Gives everything up, without a word to the broker: a session that is kept keeps its subscriptions. */
  close(): void {
    this.#timers.clear();
    this.#exchange.close();
    this.#ledger?.void();
    this.#orphans.end();
    for (const wire of this.#wires.values()) for (const share of wire.shares) share.abandon();
    this.#wires.clear();
    this.#router.changed();
  }

  /** Refused filters are asked for again: somebody changed something, or wants to know. */
  retryRefused(): void {
    for (const wire of this.#wires.values()) if (wire.status === 'refused') this.#exchange.retry(wire);
  }

  #wireFor({ filter, cid }: SubscriptionRequest): SubscriptionWire {
    // The broker keeps one subscription per filter, whatever its properties. As a part of the filter the subaccount makes two
    // of what two nodes want for two subaccounts; it works on 3.1.1 too.
    const full = cid === undefined ? filter : withCid(filter, cid);
    const known = this.#wires.get(full);
    if (known) return known;
    const wire = new SubscriptionWire(full);
    this.#wires.set(full, wire);
    this.#exchange.keep(full);
    return wire;
  }

  #join(wire: SubscriptionWire, share: SubscriptionShare): void {
    const before = [...wire.shares].find(({ departed, name }) => departed && name === share.name);
    wire.shares.add(share);
    if (before) {
      wire.shares.delete(before);
      this.#router.changed();
      if (wire.newcomers.delete(before)) wire.newcomers.add(share);
      share.takeOver(before);
      queueMicrotask(() => this.#exchange.tell(share, wire));
    } else if (wire.status === 'granted' && !wire.outdated && (wire.group || share.request.retainHandling === 2)) {
      // Nothing is to be had from another SUBSCRIBE.
      queueMicrotask(() => this.#exchange.tell(share, wire));
    } else {
      wire.newcomers.add(share);
    }
    this.#adopt(wire, share);
    this.#router.changed();
    if (wire.status === 'refused') this.#exchange.retry(wire);
    else this.#exchange.askSoon();
  }

  /** What came for it before it was there. */
  #adopt(wire: SubscriptionWire, share: SubscriptionShare): void {
    for (const { packet, ticket } of this.#orphans.take((topic) => wire.matches(topic))) {
      share.inherit(toDelivery(packet, true), ticket);
    }
  }

  async #leave(share: SubscriptionShare, forget: boolean): Promise<void> {
    const wire = [...this.#wires.values()].find(({ shares }) => shares.has(share));
    if (!wire) return;
    const gone = (): Promise<void> => {
      if (!wire.shares.delete(share)) return Promise.resolve();
      share.abandon();
      wire.newcomers.delete(share);
      this.#router.changed();
      return wire.shares.size > 0 || this.#wires.get(wire.filter) !== wire ? Promise.resolve() : this.#giveUp(wire);
    };
    this.#options.changed();
    if (forget) await gone();
    else this.#timers.after(this.#options.grace, () => void gone());
  }

  async #giveUp(wire: SubscriptionWire): Promise<void> {
    this.#wires.delete(wire.filter);
    for (const { identifier } of wire.rounds) if (identifier !== undefined) this.#router.remove(identifier);
    this.#router.changed();
    await this.#exchange.giveUp(wire);
  }
}

/** The subaccount as a condition of the filter (flespi: "Topic filtering"), together with conditions that are there already. */
export function withCid(filter: string, cid: number): string {
  const [, share = '', conditions, topic = ''] =
    /^(\$share\/[^/]*\/)?(?:\$filter\/([^/]*)\/)?(.*)$/s.exec(filter) ?? [];
  if (conditions !== undefined && /(?:^|&)cid=(?!=)/.test(conditions)) return filter;
  return `${share}$filter/${conditions === undefined ? '' : `${conditions}&`}cid=${cid}/${topic}`;
}
