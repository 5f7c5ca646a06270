import type { Clock } from './clock';
import { FlespiError } from './flespi-error';
import type { KnownSubscription } from './known-subscriptions';
import type { LinkDown } from './link-end';
import type { MqttLink, ServerProperties, Suback } from './mqtt-link';
import { subscribeRefused } from './mqtt-refusal';
import type { PublicationRouter } from './publication-router';
import type { SubscriptionShare } from './subscription-share';
import { RetainedRound, type SubscriptionWire } from './subscription-wire';
import { retainHandlingOf, unsupportedBy } from './subscribe-rules';
import { Timers } from './timers';

/** What a link that has come up brings. */
export interface LinkUp {
  link: MqttLink;
  sessionPresent: boolean;
  /** Only some brokers tell; flespi does. */
  known?: readonly KnownSubscription[] | undefined;
  serverProperties: ServerProperties;
}

export interface ExchangeOptions {
  clock: Clock;
  random: () => number;
  /** Milliseconds after which subscriptions that a resumed session has and nobody wants are given up. */
  grace: number;
  /** Milliseconds until SUBACK. */
  answerTimeout: number;
  /** Milliseconds after which a refused filter is asked for again on the same link. */
  refusedPause: number;
  protocolVersion: 4 | 5;
  /** Filters that a kept session may have and nobody wants; may outlive the connection, for the next one of the same session. */
  leftovers: Set<string>;
}

/** Reason codes of DISCONNECT that may be a broker's answer to a SUBSCRIBE it cannot bear; 143 surely is. */
const blames = new Set([0x80, 0x81, 0x82, 0x83, 0x8f, 0x95, 0x97, 0x9e, 0xa1, 0xa2]);
const filterInvalid = 0x8f;
/** Identifiers go to 268,435,455 [MQTT-3.8.2.1.2]; each process begins elsewhere, so that those of an earlier one are unknown. */
const firstIdentifiers = 0x0800_0000;

/**
 * The one place that sends SUBSCRIBE and UNSUBSCRIBE: one filter each, every answer read. It brings the broker, over
 * whatever link there is, to have exactly the wires that are wanted.
 */
export class SubscribeExchange {
  readonly #options: ExchangeOptions;
  readonly #wires: () => Iterable<SubscriptionWire>;
  readonly #router: PublicationRouter;
  readonly #timers: Timers;
  /** Given up while there was no link, or with an UNSUBSCRIBE that went down with it. */
  readonly #leftovers: Set<string>;
  #up: LinkUp | undefined;
  #identifier: number;
  /** SUBSCRIBEs without an answer yet. */
  #asking = 0;
  #scheduled = false;

  constructor(options: ExchangeOptions, wires: () => Iterable<SubscriptionWire>, router: PublicationRouter) {
    this.#options = options;
    this.#wires = wires;
    this.#router = router;
    this.#timers = new Timers(options.clock);
    this.#leftovers = options.leftovers;
    this.#identifier = 1 + Math.floor(options.random() * firstIdentifiers);
  }

  linkUp(up: LinkUp): void {
    this.#up = up;
    this.#asking = 0;
    const known = new Map(up.known?.map((one) => [one.topic, one]));
    for (const wire of this.#wires()) this.#greet(wire, up, known);
    if (up.sessionPresent)
      for (const filter of this.#leftovers) if (!this.#wanted(filter)) void this.#unsubscribe(filter);
    this.#leftovers.clear();
    if (known.size > 0) {
      this.#timers.after(this.#options.grace, () => {
        if (this.#up !== up) return;
        for (const topic of known.keys()) if (!this.#wanted(topic)) void this.#unsubscribe(topic);
      });
    }
    this.#ask();
  }

  /** Returns whether a SUBSCRIBE seems to have done it. The shares are told by `announce`, when the connection has told its state. */
  linkDown(end: LinkDown): boolean {
    this.#up = undefined;
    const blamed = this.#blame(end);
    for (const wire of this.#wires()) if (wire.status !== 'refused') wire.status = 'wanted';
    return blamed;
  }

  /** Tells those who have nothing, as there is no link. */
  announce(): void {
    for (const wire of this.#wires()) {
      if (wire.status === 'wanted') for (const share of wire.shares) share.enter({ kind: 'pending' });
    }
  }

  /** Something is wanted that was not; a deploy makes many nodes in one go, and those with the same filter share one SUBSCRIBE. */
  askSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#ask();
    });
  }

  /** A refused wire is asked for again. */
  retry(wire: SubscriptionWire): void {
    wire.status = 'wanted';
    wire.strikes = 0;
    for (const share of wire.shares) share.enter({ kind: 'pending' });
    this.askSoon();
  }

  /** Tells a share what has been granted. */
  tell(share: SubscriptionShare, wire: SubscriptionWire): void {
    if (share.departed || wire.status !== 'granted' || wire.outdated) return;
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

  /** Nobody wants it any more. Settles when the broker has answered, or within a second. */
  async giveUp(wire: SubscriptionWire): Promise<void> {
    if (this.#up) await this.#unsubscribe(wire.filter);
    else if (wire.known) this.#leftovers.add(wire.filter);
  }

  /** A filter is wanted again that was given up. */
  keep(filter: string): void {
    this.#leftovers.delete(filter);
  }

  close(): void {
    this.#timers.clear();
    this.#up = undefined;
  }

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

  #ask(): void {
    const up = this.#up;
    if (!up) return;
    const open = [...this.#wires()].filter(
      (wire) => wire.status === 'wanted' || (wire.status === 'granted' && (wire.newcomers.size > 0 || wire.outdated)),
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
    const { qos, noLocal } = wire;
    wire.asked = { qos, noLocal };
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
        qos,
        noLocal,
        retainHandling: retainHandlingOf(audience, again),
        identifier: round.identifier,
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
    let cancel = (): void => {};
    const enough = new Promise<void>((resolve) => {
      cancel = clock.after(1000, resolve);
    });
    // The broker may not have heard it: it is told again with the next link.
    const told = up.link.unsubscribe(filter).catch(() => void this.#leftovers.add(filter));
    await Promise.race([enough, told]);
    cancel();
  }

  #granted(wire: SubscriptionWire, qos: 0 | 1): void {
    wire.status = 'granted';
    wire.known = true;
    wire.suspect = false;
    wire.strikes = 0;
    wire.grantedQos = qos;
    for (const share of wire.shares) if (!wire.newcomers.has(share)) this.tell(share, wire);
  }

  #refuse(wire: SubscriptionWire, reason: FlespiError): void {
    wire.status = 'refused';
    for (const share of wire.shares) share.enter({ kind: 'refused', reason });
    this.#timers.after(this.#options.refusedPause, () => {
      if (wire.status !== 'refused') return;
      this.retry(wire);
    });
  }

  #refusal(wire: SubscriptionWire, { code: reasonCode, reasonString }: Suback): FlespiError {
    const { filter } = wire;
    return subscribeRefused({ attempted: `subscribe to ${filter}`, reasonCode, reasonString, params: { filter } });
  }

  /** The link went down while SUBSCRIBEs were open: one of them may be why, and would be again on every link. */
  #blame({ reasonCode }: LinkDown): boolean {
    const open = [...this.#wires()].filter(({ status }) => status === 'asking');
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

  #wanted(filter: string): boolean {
    for (const wire of this.#wires()) if (wire.filter === filter) return true;
    return false;
  }
}
