/** A subscription that the broker says a resumed session has (flespi: CONNACK user property `subscriptions`). */
export interface KnownSubscription {
  topic: string;
  qos?: number;
  subscription_id?: number;
}

/** flespi's CONNACK property `subscriptions`: JSON text. Anything else is as good as none. */
export function knownSubscriptions(text: string | string[] | undefined): KnownSubscription[] | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) return undefined;
    return list.filter((one): one is KnownSubscription => typeof (one as KnownSubscription | null)?.topic === 'string');
  } catch {
    return undefined;
  }
}
