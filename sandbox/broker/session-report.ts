import type { Session } from './session';

/** An item of `mqtt/sessions` (flespi: MQTT API). Times are unix seconds, `size` is in bytes. */
export interface SessionItem {
  id: number;
  cid: number;
  client_id: string;
  ip: string;
  connected: boolean;
  /** It ends with its connection. */
  clean: boolean;
  expires: number;
  /** Bytes that are undelivered. */
  size: number;
}

/** An item of `mqtt/sessions/{selector}/subscriptions`, and of the user property `subscriptions` of CONNACK. */
export interface SubscriptionItem {
  topic: string;
  qos: number;
  no_local: boolean;
  rap: boolean;
  retain_handling: number;
  subscription_id?: number;
}

/** Something happened to a session; the item is how it is now, or was last. */
export type SessionEvent = (event: 'created' | 'updated' | 'deleted', session: SessionItem) => void;

export function describeSession(session: Session): SessionItem {
  return {
    id: session.id,
    cid: session.cid,
    client_id: session.clientId,
    ip: session.ip,
    connected: session.isConnected,
    clean: session.expiry === 0,
    expires: session.expires,
    size: session.outbox.bytes,
  };
}

export function listSubscriptions(session: Session): SubscriptionItem[] {
  return [...session.subscriptions.values()].map(
    ({ topic, qos, noLocal, retainAsPublished, retainHandling, identifier }) => ({
      topic,
      qos,
      no_local: noLocal,
      rap: retainAsPublished,
      retain_handling: retainHandling,
      ...(identifier === undefined ? {} : { subscription_id: identifier }),
    }),
  );
}
