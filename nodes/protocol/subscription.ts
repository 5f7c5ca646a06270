import type { SubscriptionState } from './connection-state';

/** What a node asks of the broker; two equal requests share one subscription on the wire. */
export interface SubscriptionRequest {
  /** The exact topic filter, with `$share/` and `$filter/` prefixes. */
  filter: string;
  qos: 0 | 1;
  /** MQTT 5 retain handling: 0 always, 1 only when the subscription is new, 2 never. */
  retainHandling?: 0 | 1 | 2;
  noLocal?: boolean;
  /** Account id sent as the user property `cid` of SUBSCRIBE. */
  cid?: number;
}

/** A message from the broker as a node gets it. Belongs to the listener: it may change it. */
export interface Delivery {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  dup: boolean;
  /** Null prototype; a repeated name has an array. */
  userProperties: Record<string, string | string[]>;
  /** Unix seconds, from the broker's user property. */
  timestamp?: number;
  /** Publisher's account, from the broker's user property. */
  cid?: number;
  responseTopic?: string;
  correlationData?: Buffer;
  contentType?: string;
  messageExpiryInterval?: number;
}

export interface SubscriptionListener {
  message(delivery: Delivery): void;
  state?(state: SubscriptionState): void;
}

/** One node's share of a subscription. */
export interface Subscription {
  readonly request: SubscriptionRequest;
  readonly state: SubscriptionState;
  /**
   * Ends this share; no message reaches the listener after the call. UNSUBSCRIBE goes out when nobody else has the same
   * subscription: at once with `forget`, otherwise after a grace time that a redeploy needs to come back.
   * Settles within a bound and never rejects.
   */
  close(forget: boolean): Promise<void>;
}
