import type { IPublishPacket } from 'mqtt';
import { AckLedger } from './ack-ledger';
import type { Cancel, Clock } from './clock';
import { toDelivery } from './to-delivery';
import { FlespiError } from './flespi-error';
import type { HoldBounds } from './held-deliveries';
import type { LinkDown, MqttLink, ServerProperties, Suback } from './mqtt-link';
import { subscribeRefused } from './mqtt-refusal';
import { PublicationRouter } from './publication-router';
import type { Subscription, SubscriptionListener, SubscriptionRequest } from './subscription';
import { SubscriptionShare } from './subscription-share';
import { RetainedRound, SubscriptionWire } from './subscription-wire';
import { bareFilter } from './topic-match';
import { checkTopic } from './topic';

/** A subscription that the broker says a resumed session has (flespi: CONNACK user property `subscriptions`). */
export interface KnownSubscription {
  topic: string;
  qos?: number;
  subscription_id?: number;
}

export interface RegistryOptions {
  clock: Clock;
  random: () => number;
  /** Milliseconds that a redeploy has to come back. */
  grace: number;
  /** Milliseconds until SUBACK. */
  answerTimeout: number;
  /** Milliseconds after which a refused filter is asked for again on the same link. */
  refusedPause: number;
  protocolVersion: 4 | 5;
  hold: HoldBounds;
  receiveMaximum: number;
  /** Somebody subscribed, or the last has gone. */
  changed: () => void;
}

/** What a link that has come up brings. */
export interface LinkUp {
  link: MqttLink;
  sessionPresent: boolean;
  /** Only some brokers tell; flespi does. */
  known?: readonly KnownSubscription[] | undefined;
  serverProperties: ServerProperties;
}

/** Reason codes of DISCONNECT that may be a broker's answer to a SUBSCRIBE it cannot bear; 143 surely is. */
const blames = new Set([0x80, 0x81, 0x82, 0x83, 0x8f, 0x95, 0x97, 0x9e, 0xa1, 0xa2]);
const filterInvalid = 0x8f;
/** Identifiers go to 268,435,455 [MQTT-3.8.2.1.2]; each process begins elsewhere, so that those of an earlier one are unknown. */
const firstIdentifiers = 0x0800_0000;

/**
 * Everything that is wanted of the broker, connected or not, and who wants it. The one place that sends SUBSCRIBE and
 * UNSUBSCRIBE: one filter each, every answer read.
 */
export class SubscriptionRegistry {
  /** By filter and subaccount. A wire is here exactly while somebody takes part in it, or may come back within the grace time. */
  readonly #wires = new Map<string, SubscriptionWire>();
  readonly #router: PublicationRouter;
  readonly #options: RegistryOptions;
  /** Filters given up while there was no link: a resumed session still has them. */
  readonly #leftovers = new Set<string>();
  readonly #timers = new Set<Cancel>();
  #up: LinkUp | undefined;
  #ledger: AckLedger | undefined;
  #identifier: number;
  #asking = 0;
  #scheduled = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#identifier = 1 + Math.floor(options.random() * firstIdentifiers);
    this.#router = new PublicationRouter(
      () => this.#wires.values(),
      () => options.clock.elapsed(),
    );
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
    const poison = checkTopic(request.filter);
    if (poison) {
      queueMicrotask(() => share.departed || share.enter({ kind: 'refused', reason: poison }));
      return share;
    }
    this.#join(this.#wireFor(request), share);
    this.#options.changed();
    return share;
  }

  linkUp(up: LinkUp): void {
    this.#up = up;
    this.#ledger = new AckLedger((packetId) => up.link.acknowledge(packetId), this.#options.receiveMaximum);
    this.#asking = 0;
    const known = new Map(up.known?.map((one) => [one.topic, one]));
    for (const wire of this.#wires.values()) this.#greet(wire, up, known);
    for (const filter of this.#leftovers)
      if (up.sessionPresent && !this.#wanted(filter)) void this.#unsubscribe(filter);
    this.#leftovers.clear();
    if (known.size > 0) {
      this.#later(this.#options.grace, () => {
        if (this.#up !== up) return;
        for (const topic of known.keys()) if (!this.#wanted(topic)) void this.#unsubscribe(topic);
      });
    }
    this.#ask();
  }

  /** Returns whether a SUBSCRIBE seems to have done it. */
  linkDown(end: LinkDown): boolean {
    this.#up = undefined;
    this.#ledger?.void();
    this.#ledger = undefined;
    const blamed = this.#blame(end);
    for (const wire of this.#wires.values()) {
      if (wire.status === 'refused') continue;
      if (wire.status === 'granted') wire.known = true;
      wire.status = 'wanted';
      for (const share of wire.shares) share.enter({ kind: 'pending' });
    }
    return blamed;
  }

  /** Gives a publication to those it is for; returns whether it is to be acknowledged at once. */
  publication(packet: IPublishPacket): boolean {
    const shares = this.#router.route(packet);
    const ledger = this.#ledger;
    const { messageId } = packet;
    const ticket =
      packet.qos === 1 && ledger && messageId !== undefined && (ledger.size > 0 || shares.some(({ defers }) => defers))
        ? ledger.add(messageId, shares.length + 1)
        : undefined;
    let own = true;
    for (const share of shares) {
      share.offer(toDelivery(packet, own), ticket);
      own = false;
    }
    ticket?.release();
    return ticket === undefined;
  }

  /** Gives everything up, without a word to the broker: a session that is kept keeps its subscriptions. */
  close(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#up = undefined;
    this.#ledger?.void();
    for (const wire of this.#wires.values()) for (const share of wire.shares) share.abandon();
    this.#wires.clear();
    this.#router.changed();
  }

  /** Refused filters are asked for again: somebody changed something, or wants to know. */
  retryRefused(): void {
    for (const wire of this.#wires.values()) if (wire.status === 'refused') this.#retry(wire);
    this.#askSoon();
  }

  // --- who wants what

  #wireFor(request: SubscriptionRequest): SubscriptionWire {
    const key = `${request.cid ?? ''} ${request.filter}`;
    const known = this.#wires.get(key);
    if (known) return known;
    // The broker keeps one subscription per filter, whatever its properties. Where two want the same filter for different
    // subaccounts, and where there are no properties, the subaccount goes into the filter: flespi takes both.
    const taken = [...this.#wires.values()].some(({ filter }) => filter === request.filter);
    const inFilter = request.cid !== undefined && (taken || this.#options.protocolVersion === 4);
    const wire = inFilter
      ? new SubscriptionWire(withCid(request.filter, request.cid as number), undefined)
      : new SubscriptionWire(request.filter, request.cid);
    this.#wires.set(key, wire);
    this.#leftovers.delete(wire.filter);
    return wire;
  }

  #join(wire: SubscriptionWire, share: SubscriptionShare): void {
    const before = [...wire.shares].find(({ departed, name }) => departed && name === share.name);
    wire.shares.add(share);
    if (before) {
      wire.shares.delete(before);
      this.#router.changed();
      if (wire.newcomers.delete(before)) wire.newcomers.add(share);
      // What came between two deploys is handed over when the deploy is through.
      queueMicrotask(() => {
        share.takeOver(before);
        if (wire.status === 'granted') this.#tell(share, wire);
      });
    } else if (
      wire.status === 'granted' &&
      wire.qos <= wire.grantedQos &&
      (wire.group || share.request.retainHandling === 2)
    ) {
      // Nothing is to be had from another SUBSCRIBE.
      queueMicrotask(() => this.#tell(share, wire));
    } else {
      wire.newcomers.add(share);
    }
    this.#router.changed();
    if (wire.status === 'refused') this.#retry(wire);
    this.#askSoon();
  }

  async #leave(share: SubscriptionShare, forget: boolean): Promise<void> {
    const found = [...this.#wires].find(([, { shares }]) => shares.has(share));
    if (!found) return;
    const [key, wire] = found;
    const gone = (): Promise<void> => {
      if (!wire.shares.delete(share)) return Promise.resolve();
      share.abandon();
      wire.newcomers.delete(share);
      this.#router.changed();
      return wire.shares.size > 0 || this.#wires.get(key) !== wire ? Promise.resolve() : this.#giveUp(key, wire);
    };
    this.#options.changed();
    if (forget) await gone();
    else this.#later(this.#options.grace, () => void gone());
  }

  async #giveUp(key: string, wire: SubscriptionWire): Promise<void> {
    this.#wires.delete(key);
    for (const { identifier } of wire.rounds) if (identifier !== undefined) this.#router.remove(identifier);
    this.#router.changed();
    if (this.#up) await this.#unsubscribe(wire.filter);
    else if (wire.known) this.#leftovers.add(wire.filter);
  }

  #wanted(filter: string): boolean {
    return [...this.#wires.values()].some((wire) => wire.filter === filter);
  }

  // --- what the broker is asked

  /** A link is up: what of this subscription must be asked for on it. */
  #greet(wire: SubscriptionWire, up: LinkUp, known: ReadonlyMap<string, KnownSubscription>): void {
    if (wire.status === 'refused' && wire.strikes > 0) return;
    wire.status = 'wanted';
    if (!up.sessionPresent) {
      wire.known = false;
      for (const share of wire.shares) wire.newcomers.add(share);
      return;
    }
    for (const share of wire.shares) share.dropRedelivered();
    const told = known.get(wire.filter);
    // Unless the session's subscription is exactly what is wanted, it is asked for again: that replaces and confirms it.
    if (up.known) {
      wire.known = told !== undefined;
      if (!told) for (const share of wire.shares) wire.newcomers.add(share);
      if (told && this.#adopt(wire, told)) return;
    } else if (wire.known && this.#options.protocolVersion === 4 && wire.newcomers.size === 0) {
      // MQTT 3.1.1 cannot confirm a subscription without fetching its retained values again.
      this.#granted(wire, wire.grantedQos);
    }
  }

  /** Whether a subscription of the resumed session can stay as it is. */
  #adopt(wire: SubscriptionWire, told: KnownSubscription): boolean {
    const identifier = told.subscription_id;
    if (identifier === undefined || (told.qos ?? 0) < wire.qos) return false;
    const round = this.#router.round(identifier);
    if (round && round.wire !== wire) return false;
    if (!round) this.#begin(new RetainedRound(wire, identifier, new Set(), this.#options.clock.elapsed()));
    // Only those who want the values whenever they subscribe still want to be part of a SUBSCRIBE.
    for (const share of wire.newcomers) if (share.request.retainHandling === 1) wire.newcomers.delete(share);
    if (wire.newcomers.size > 0) return false;
    this.#granted(wire, (told.qos ?? 0) > 0 ? 1 : 0);
    return true;
  }

  #askSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A deploy makes many nodes in one go: those with the same filter share one SUBSCRIBE.
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#ask();
    });
  }

  #ask(): void {
    const up = this.#up;
    if (!up) return;
    const open = [...this.#wires.values()].filter(
      (wire) => wire.status === 'wanted' || (wire.status === 'granted' && wire.newcomers.size > 0),
    );
    for (const wire of open) if (!wire.suspect) this.#subscribe(up, wire);
    const suspect = open.find((wire) => wire.suspect);
    if (suspect && this.#asking === 0) this.#subscribe(up, suspect);
  }

  #subscribe(up: LinkUp, wire: SubscriptionWire): void {
    const unsupported = unsupportedBy(up.serverProperties, wire.filter);
    if (unsupported !== undefined) {
      this.#refuse(wire, this.#refusal(wire, { code: unsupported }));
      return;
    }
    const { clock, answerTimeout } = this.#options;
    const askedBy = new Set(wire.newcomers);
    const audience = new Set([...askedBy].filter(({ request }) => request.retainHandling !== 2));
    const identifiers =
      this.#options.protocolVersion === 5 && up.serverProperties.subscriptionIdentifiersAvailable !== false;
    const round = new RetainedRound(wire, identifiers ? this.#nextIdentifier() : undefined, audience, clock.elapsed());
    this.#begin(round);
    const again = wire.known;
    wire.status = 'asking';
    this.#asking += 1;
    const answered = (result: Suback | FlespiError): void => {
      cancel();
      if (this.#up !== up || round !== wire.rounds.at(-1) || wire.status !== 'asking') return;
      this.#asking -= 1;
      if (result instanceof FlespiError) this.#refuse(wire, result);
      else if (result.code >= 0x80) this.#refuse(wire, this.#refusal(wire, result));
      else {
        for (const share of askedBy) wire.newcomers.delete(share);
        this.#granted(wire, result.code > 0 ? 1 : 0);
      }
      this.#ask();
    };
    const cancel = clock.after(answerTimeout, () => {
      answered(
        new FlespiError('FLESPI_TIMEOUT', {
          attempted: `subscribe to ${wire.filter}`,
          params: { seconds: Math.round(answerTimeout / 1000) },
        }),
      );
    });
    up.link
      .subscribe(wire.filter, {
        qos: wire.qos,
        noLocal: wire.noLocal,
        retainHandling: retainHandlingOf(audience, again),
        identifier: round.identifier,
        userProperties: wire.cid === undefined ? undefined : { cid: String(wire.cid) },
      })
      .then(answered, cancel);
  }

  #begin(round: RetainedRound): void {
    const { identifier, wire } = round;
    if (identifier !== undefined) this.#router.add(identifier, round);
    const old = wire.remember(round);
    if (old?.identifier !== undefined) this.#router.remove(old.identifier);
  }

  #nextIdentifier(): number {
    this.#identifier = (this.#identifier % 0x0fff_ffff) + 1;
    return this.#identifier;
  }

  async #unsubscribe(filter: string): Promise<void> {
    const up = this.#up;
    if (!up) return;
    const { clock } = this.#options;
    let cancel: Cancel = () => {};
    const enough = new Promise<void>((resolve) => {
      cancel = clock.after(1000, resolve);
    });
    // Without a link the broker has nothing to forget, or is told with the next one.
    await Promise.race([enough, up.link.unsubscribe(filter).catch(() => {})]);
    cancel();
  }

  // --- what came of it

  #granted(wire: SubscriptionWire, qos: 0 | 1): void {
    wire.status = 'granted';
    wire.known = true;
    wire.suspect = false;
    wire.strikes = 0;
    wire.grantedQos = qos;
    for (const share of wire.shares) if (!wire.newcomers.has(share)) this.#tell(share, wire);
  }

  #tell(share: SubscriptionShare, wire: SubscriptionWire): void {
    if (share.departed || wire.status !== 'granted') return;
    const { filter, qos: asked } = share.request;
    if (asked <= wire.grantedQos) {
      share.enter({ kind: 'subscribed', qos: asked });
      return;
    }
    const warning = new FlespiError('FLESPI_QOS_LOWERED', {
      attempted: `subscribe to ${filter}`,
      params: { filter, asked, granted: wire.grantedQos },
    });
    share.enter({ kind: 'subscribed', qos: wire.grantedQos, warning });
  }

  #refuse(wire: SubscriptionWire, reason: FlespiError): void {
    wire.status = 'refused';
    for (const share of wire.shares) share.enter({ kind: 'refused', reason });
    this.#later(this.#options.refusedPause, () => {
      if (wire.status !== 'refused') return;
      this.#retry(wire);
      this.#askSoon();
    });
  }

  #retry(wire: SubscriptionWire): void {
    wire.status = 'wanted';
    wire.strikes = 0;
    for (const share of wire.shares) share.enter({ kind: 'pending' });
  }

  #refusal(wire: SubscriptionWire, { code: reasonCode, reasonString }: Suback): FlespiError {
    const { filter } = wire;
    return subscribeRefused({ attempted: `subscribe to ${filter}`, reasonCode, reasonString, params: { filter } });
  }

  /** The link went down while SUBSCRIBEs were open: one of them may be why, and would be again on every link. */
  #blame({ reasonCode }: LinkDown): boolean {
    const open = [...this.#wires.values()].filter(({ status }) => status === 'asking');
    if (open.length === 0 || (reasonCode !== undefined && !blames.has(reasonCode))) return false;
    for (const wire of open) {
      if (open.length === 1 && (wire.suspect || reasonCode === filterInvalid)) wire.strikes += 1;
      wire.suspect = true;
    }
    const [only] = open;
    if (only && (only.strikes >= 2 || (only.strikes === 1 && reasonCode !== undefined))) {
      this.#refuse(only, this.#refusal(only, { code: reasonCode ?? 0x80 }));
    }
    return true;
  }

  #later(milliseconds: number, run: () => void): void {
    const cancel = this.#options.clock.after(milliseconds, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
  }
}

/** What a SUBSCRIBE shall bring: for those who come to an existing subscription, "when it is new" means now. */
function retainHandlingOf(audience: ReadonlySet<SubscriptionShare>, again: boolean): 0 | 1 | 2 {
  if (audience.size === 0) return 2;
  return again || [...audience].some(({ request }) => request.retainHandling !== 1) ? 0 : 1;
}

/** The reason code that the broker would answer with, by what its CONNACK says that it cannot do. */
function unsupportedBy(server: ServerProperties, filter: string): number | undefined {
  if (server.sharedSubscriptionAvailable === false && filter.startsWith('$share/')) return 0x9e;
  if (server.wildcardSubscriptionAvailable === false && /[+#]/.test(bareFilter(filter))) return 0xa2;
  return undefined;
}

/** The subaccount as a condition of the filter: flespi's `$filter/cid=...`, together with conditions that are there already. */
export function withCid(filter: string, cid: number): string {
  return filter.replace(/^(\$share\/[^/]*\/)?(?:\$filter\/([^/]*)\/)?/, (_, share = '', conditions = '') => {
    return `${share}$filter/${conditions === '' ? '' : `${conditions}&`}cid=${cid}/`;
  });
}
