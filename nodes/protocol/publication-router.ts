import type { IPublishPacket } from 'mqtt';
import type { SubscriptionShare } from './subscription-share';
import type { RetainedRound, SubscriptionWire } from './subscription-wire';
import { TopicTree } from './topic-match';

interface Index {
  tree: TopicTree<SubscriptionWire>;
  wireOf: Map<SubscriptionShare, SubscriptionWire>;
  /** Owners with several subscriptions: two of them may match the same publication. */
  severalOf: Map<object, SubscriptionShare[]>;
}

/**
 * Who gets a publication. By its subscription identifiers in constant time, whether it carries one or several; by its topic
 * when it carries none, or one that nobody here knows (of an earlier process, in a resumed session).
 */
export class PublicationRouter {
  readonly #rounds = new Map<number, RetainedRound>();
  /** Built when it is needed after a change. */
  #index: Index | undefined;

  constructor(
    private readonly wires: () => Iterable<SubscriptionWire>,
    private readonly now: () => number,
  ) {}

  /** Wires or shares came or went. */
  changed(): void {
    this.#index = undefined;
  }

  add(identifier: number, round: RetainedRound): void {
    this.#rounds.set(identifier, round);
  }

  remove(identifier: number): void {
    this.#rounds.delete(identifier);
  }

  round(identifier: number): RetainedRound | undefined {
    return this.#rounds.get(identifier);
  }

  route(packet: IPublishPacket): SubscriptionShare[] {
    const identifiers = packet.properties?.subscriptionIdentifier;
    const found: SubscriptionShare[] = [];
    if (typeof identifiers === 'number') {
      if (!this.#byIdentifier(identifiers, packet, found)) this.#byTopic(packet, found);
    } else if (identifiers === undefined) {
      this.#byTopic(packet, found);
    } else {
      let unknown = identifiers.length === 0;
      for (const identifier of identifiers) unknown = !this.#byIdentifier(identifier, packet, found) || unknown;
      if (unknown) this.#byTopic(packet, found);
    }
    const { severalOf } = this.#indexed();
    return severalOf.size === 0 ? found : found.filter((share) => this.#speaksForOwner(share, found, packet));
  }

  #byIdentifier(identifier: number, packet: IPublishPacket, found: SubscriptionShare[]): boolean {
    const round = this.#rounds.get(identifier);
    if (!round) return false;
    // RETAIN is set only on what a SUBSCRIBE brought [MQTT-3.3.1-8, 3.3.1-12]; live messages come without it.
    collect(round.wire, packet.retain ? round.audience : round.wire.shares, packet.topic, found);
    return true;
  }

  #byTopic(packet: IPublishPacket, found: SubscriptionShare[]): void {
    const { tree } = this.#indexed();
    for (const wire of tree.match(packet.topic)) {
      if (!packet.retain) {
        collect(wire, wire.shares, packet.topic, found);
        continue;
      }
      for (const round of wire.rounds) {
        if (round.takes(packet.topic, this.now())) collect(wire, round.audience, packet.topic, found);
      }
    }
  }

  /**
   * Of several subscriptions of one node that a publication matches, one speaks for the node. A broker may send one copy
   * with all identifiers or a copy for each [MQTT-3.3.4-2], so the choice must be the same for every copy: the first that
   * gets all of the topic, unconditionally.
   */
  #speaksForOwner(share: SubscriptionShare, found: readonly SubscriptionShare[], packet: IPublishPacket): boolean {
    const { severalOf, wireOf } = this.#indexed();
    const all = severalOf.get(share.owner);
    if (!all) return true;
    const speaker = all.find((other) => {
      const wire = wireOf.get(other);
      if (!wire?.plain || !wire.known || wire.status === 'refused' || !wire.matches(packet.topic)) return false;
      return !packet.retain || other.request.retainHandling !== 2;
    });
    return share === (speaker ?? found.find(({ owner }) => owner === share.owner));
  }

  #indexed(): Index {
    if (this.#index) return this.#index;
    const index: Index = { tree: new TopicTree(), wireOf: new Map(), severalOf: new Map() };
    for (const wire of this.wires()) {
      index.tree.add(wire.filter, wire);
      for (const share of wire.shares) {
        index.wireOf.set(share, wire);
        const shares = index.severalOf.get(share.owner);
        if (shares) shares.push(share);
        else index.severalOf.set(share.owner, [share]);
      }
    }
    for (const [owner, shares] of index.severalOf) if (shares.length === 1) index.severalOf.delete(owner);
    this.#index = index;
    return index;
  }
}

function collect(
  wire: SubscriptionWire,
  shares: ReadonlySet<SubscriptionShare>,
  topic: string,
  found: SubscriptionShare[],
): void {
  if (wire.group) {
    const member = wire.member(topic);
    if (member && !found.includes(member)) found.push(member);
    return;
  }
  for (const share of shares) {
    // Of the audience of an earlier SUBSCRIBE some may have left.
    if (wire.shares.has(share) && !found.includes(share)) found.push(share);
  }
}
