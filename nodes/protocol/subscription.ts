import type { SubscriptionState } from './connection-state';

/** What a node asks of the broker; two equal requests share one subscription on the wire. */
export interface SubscriptionRequest {
  /** The exact topic filter, with `$share/` and `$filter/` prefixes. */
  filter: string;
  qos: 0 | 1;
  /** MQTT 5 retain handling: 0 always, 1 only when the subscription is new, 2 never. */
  retainHandling?: 0 | 1 | 2;
  noLocal?: boolean;
  /** Only what this account publishes: the same as `$filter/cid=...` in the filter, which wins if it has one. */
  cid?: number;
}

/** A message from the broker as a node gets it. Belongs to the listener: it may change it. */
export interface Delivery {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  dup: boolean;
  /** Null prototype; a repeated name has an array. Only where the message has some. */
  userProperties?: Record<string, string | string[]>;
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
  /**
   * Who listens, stable over a redeploy (the node's id). The one who comes back under the same name within the grace time takes
   * up where it left: it gets what came meanwhile, and the retained values not again. Without a name: whoever comes first.
   */
  name?: string;
  /** Listeners of the same owner (one node with several topics) get a publication once between them. Default: the listener. */
  owner?: object;
  /**
   * The listener confirms each message by calling `confirm`. At most `window` are out at a time, the rest is held; a
   * message of QoS 1 is acknowledged to the broker only then. After `deadline` ms it counts as confirmed; without one the
   * listener itself takes care that each is confirmed some day.
   */
  confirms?: { window: number; deadline?: number };
  /** `confirm` is there when `confirms` is; calling it twice, or after a redeploy, does nothing. */
  message(delivery: Delivery, confirm?: () => void): void;
  state?(state: SubscriptionState): void;
}

/** What a share holds back, for a node's status. */
export interface Backlog {
  /** Messages and bytes that wait for the listener. */
  held: number;
  bytes: number;
  /** Handed over and not confirmed yet. */
  unconfirmed: number;
  /** QoS 0 messages dropped because too much was held, since the subscription began. */
  dropped: number;
  /** Messages that the listener did not confirm in time, since the subscription began. */
  overdue: number;
}

/** One node's share of a subscription. */
export interface Subscription {
  readonly request: SubscriptionRequest;
  readonly state: SubscriptionState;
  readonly backlog: Backlog;
  /**
   * Ends this share; no message reaches the listener after the call. UNSUBSCRIBE goes out when nobody else has the same
   * subscription: at once with `forget`, otherwise after a grace time that a redeploy needs to come back.
   * Settles within a bound and never rejects.
   */
  close(forget: boolean): Promise<void>;
}
