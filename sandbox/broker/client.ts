import type { Token } from '../account/token';
import type { BrokerCore } from './broker-core';
import type { Connection } from './connection';
import type { Delivery } from './delivery';
import { encodeDelivery } from './encode-delivery';
import { isExpired } from './message';
import type { Carrier } from './outbox';
import type { Publication } from './publication';
import type { Session } from './session';

/** A will that waits for its client to get lost (section 3.1.2.5). */
export interface Will {
  /** Its timestamp is still to be set. */
  publication: Publication;
  delaySeconds: number;
}

/** What was settled between client and broker by CONNECT and CONNACK. */
export interface Terms {
  /** The client's own limits: open deliveries, bytes of a packet, topic aliases. */
  receiveMaximum: number;
  packetBytes: number;
  topicAliases: number;
  /** What the broker announced. */
  announced: {
    receiveMaximum: number;
    topicAliasMaximum: number;
    maximumQoS: number;
    retain: boolean;
    wildcards: boolean;
    shared: boolean;
  };
  /** The Session Expiry Interval of CONNECT was 0, and may not be raised later [MQTT-3.14.2.2.2]. */
  endsWithConnection: boolean;
}

/** An accepted connection of a session. */
export class Client implements Carrier {
  will: Will | undefined;
  /** Topics by the alias that the client gave them; they last as long as the connection [MQTT-3.3.2-7]. */
  readonly aliases = new Map<number, string>();
  /** RPC calls that are being answered. */
  calls = 0;
  /** Aliases by topic that the broker gave; at most as many as the client takes. */
  readonly #outboundAliases = new Map<string, number>();

  constructor(
    private readonly core: BrokerCore,
    readonly connection: Connection,
    readonly session: Session,
    readonly token: Token,
    readonly terms: Terms,
  ) {}

  get version(): Connection['version'] {
    return this.connection.version;
  }

  get receiveMaximum(): number {
    return this.terms.receiveMaximum;
  }

  get backlog(): number {
    return this.connection.backlog;
  }

  sendDelivery(delivery: Delivery, messageId: number | undefined, dup: boolean): boolean {
    const { now, assumptions, stats, faults } = this.core;
    const time = now();
    if (isExpired(delivery.message.publication, time)) return false;
    const alias = this.#aliasOf(delivery);
    const bytes = encodeDelivery(delivery, { version: this.version, dup, messageId, alias, now: time, assumptions });
    if (bytes.length > this.terms.packetBytes) return false;
    if (alias?.known === false) this.#outboundAliases.set(delivery.message.publication.topic, alias.number);
    for (let times = faults.deliverTimes ?? 1; times > 0; times -= 1) this.connection.sendBytes(bytes);
    stats.delivered += 1;
    return true;
  }

  sendRelease(messageId: number): void {
    this.connection.send({ cmd: 'pubrel', messageId });
  }

  /** Sends the client away: with a reason where its version knows DISCONNECT from the server. Its session is free at once. */
  disconnect(reasonCode: number): void {
    if (this.version === 5) this.connection.end({ cmd: 'disconnect', reasonCode });
    else this.connection.end();
    this.core.sessions.leave(this);
  }

  #aliasOf(delivery: Delivery): { number: number; known: boolean } | undefined {
    if (this.terms.topicAliases === 0) return undefined;
    const number = this.#outboundAliases.get(delivery.message.publication.topic);
    if (number !== undefined) return { number, known: true };
    const next = this.#outboundAliases.size + 1;
    return next > this.terms.topicAliases ? undefined : { number: next, known: false };
  }
}
