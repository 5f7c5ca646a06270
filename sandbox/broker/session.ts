import type { Token } from '../account/token';
import type { Client } from './client';
import type { Outbox } from './outbox';
import type { Subscription } from './subscription';

/** What a client id stands for in its account: subscriptions and what is undelivered, with or without a connection. */
export class Session {
  /** By the topic as it was sent. */
  readonly subscriptions = new Map<string, Subscription>();
  /** Packet identifiers of QoS 2 publications that were taken and not released yet [MQTT-4.3.3-10]. */
  readonly received = new Set<number>();
  /** The connection, while there is one; never more than one [MQTT-3.1.4-3]. */
  client: Client | undefined;
  /** Seconds that it outlives its connection. */
  expiry = 0;
  /** Unix seconds at which it ends; 0 while it is connected or when it never does. */
  expires = 0;
  ip = '';
  /** Times that it was connected. */
  connects = 0;

  constructor(
    readonly id: number,
    readonly cid: number,
    readonly clientId: string,
    public token: Token | undefined,
    readonly outbox: Outbox,
  ) {}

  get isConnected(): boolean {
    return this.client !== undefined;
  }
}
